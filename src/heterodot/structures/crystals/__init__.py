"""Crystals by name and structures from files."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
