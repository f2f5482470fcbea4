"""Point defects, pairs of them, and how they are written."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
