"""Units of compute: pure functions of their content."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
