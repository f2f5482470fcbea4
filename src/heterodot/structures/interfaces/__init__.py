"""Surfaces and interfaces: terminations, slabs and two slabs joined by a lattice match."""

from __future__ import annotations

from heterodot.structures.interfaces.building import build_interface, interface
from heterodot.structures.interfaces.joining import Interface, join
from heterodot.structures.interfaces.options import JoinOptions
from heterodot.structures.interfaces.sides import SideOptions
from heterodot.structures.interfaces.slab_options import SlabFaces, SlabSize
from heterodot.structures.interfaces.slabs import slab
from heterodot.structures.interfaces.terminations import Termination, terminations

__all__ = [
    "Interface",
    "JoinOptions",
    "SideOptions",
    "SlabFaces",
    "SlabSize",
    "Termination",
    "build_interface",
    "interface",
    "join",
    "slab",
    "terminations",
]
