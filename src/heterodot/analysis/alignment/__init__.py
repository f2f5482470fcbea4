"""Band edges on one scale: vacuum, potential, redox levels."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
