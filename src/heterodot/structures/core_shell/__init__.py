"""Core/shell nanocrystals: building, relaxing, oxidising their interfaces, capping them."""

from __future__ import annotations

from heterodot.structures.core_shell.builder import core_shell
from heterodot.structures.core_shell.keating_parameters import keating_parameters, keating_table
from heterodot.structures.core_shell.relaxation import (
    relax_valence_force_field,
    valence_force_field,
)

__all__ = [
    "core_shell",
    "keating_parameters",
    "keating_table",
    "relax_valence_force_field",
    "valence_force_field",
]
