"""The reconciliations of the definitions as SQL: each file selects what breaks its rule, so nothing is right."""
