"""Placeholder ids: what sites and their tools write where there is no id; one of them would join many strangers."""

PLACEHOLDER_IDS = (
    *("undefined", "null", "none", "nan", "nil", "na", "n/a", "#n/a", "<na>", "<null>", "<none>"),
    *("(not set)", "(none)", "(null)", "(not provided)", "(data deleted)", "(direct)", "(other)"),
    *("not set", "not_set", "notset", "not available", "not provided", "not logged in", "logged out"),
    *("anonymous", "anon", "guest", "visitor", "unknown", "false", "true", "-1", "[object object]"),
)
"""In lower case; besides these, an id of nothing but zeros, points and dashes is none: 0, 0.0, --, an empty UUID."""
