"""Lattice matching: which supercells of two surfaces fit each other, and how well."""

from __future__ import annotations
