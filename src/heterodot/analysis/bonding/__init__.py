"""Overlap and Hamilton populations, bond orders, and their figures."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
