"""Keating's valence force field."""
