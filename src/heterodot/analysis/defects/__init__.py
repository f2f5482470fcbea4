"""Defects of crystals: which charge is stable at which Fermi level."""
