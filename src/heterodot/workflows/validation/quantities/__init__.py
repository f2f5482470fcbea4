"""The quantities, one module a kind: whatever is a Comparison with a name is asked for."""
