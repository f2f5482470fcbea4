"""Rates of what happens over barriers, and energies along the way."""
