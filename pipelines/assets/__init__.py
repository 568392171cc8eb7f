"""The assets, one module a layer: each calls one function and returns what it wrote."""
