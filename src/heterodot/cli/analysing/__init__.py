"""``heterodot analyse``: the analyses of calculations that others made."""
