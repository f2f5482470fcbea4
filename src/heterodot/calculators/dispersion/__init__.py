"""London dispersion, D3(BJ) or D4, on top of any code that leaves it out."""
