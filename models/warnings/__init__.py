"""What stops no night and yet has to be known: each file selects, in words, what its rule warns of."""
