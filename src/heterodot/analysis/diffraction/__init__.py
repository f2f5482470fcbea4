"""Powder patterns of crystals and of dots."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
