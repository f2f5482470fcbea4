"""Calculators of ASE: its own potentials, and any a user names."""
