"""Mail: the way to the server, and the message that a report is."""
