"""How journeys are counted as SQL: the facts that each of them gives, and how the counts follow those that changed."""
