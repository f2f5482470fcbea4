"""Structures from lists of building steps."""
