"""Charges of atoms and fragments, from densities and populations."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
