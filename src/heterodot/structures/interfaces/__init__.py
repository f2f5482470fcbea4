"""Surfaces and interfaces: terminations, slabs and two slabs joined by a lattice match."""

from __future__ import annotations
