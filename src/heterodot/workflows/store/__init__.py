"""Results as files, one record for each finished task."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
