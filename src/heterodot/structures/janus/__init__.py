"""Janus nanocrystals: a cuboid of one crystal with a cap of another on one of its faces."""

from __future__ import annotations

from heterodot.structures.janus.build import janus

__all__ = ["janus"]
