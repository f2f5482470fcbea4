"""GPAW, and what is its own: settings, files, remedies."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
