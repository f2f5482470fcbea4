"""Builders: plain functions that take and return ``ase.Atoms``; no energies, no files, no state."""

from __future__ import annotations

__all__: list[str] = []
