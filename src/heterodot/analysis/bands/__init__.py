"""Densities of states, band centres, and their figures."""
