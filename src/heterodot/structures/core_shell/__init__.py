"""Core/shell nanocrystals: building, relaxing, oxidising their interfaces, capping them."""

from __future__ import annotations

from heterodot.structures.core_shell.builder import core_shell
from heterodot.structures.core_shell.core_options import CoreOptions
from heterodot.structures.core_shell.interface_chemistry import (
    interface_anions,
    oxidize_interface,
    substitute_halide,
)
from heterodot.structures.core_shell.z_ligands import add_z_ligands
from heterodot.structures.force_field.keating_parameters import keating_parameters, keating_table
from heterodot.structures.force_field.relaxation import (
    relax_valence_force_field,
    valence_force_field,
)

__all__ = [
    "CoreOptions",
    "add_z_ligands",
    "core_shell",
    "interface_anions",
    "keating_parameters",
    "keating_table",
    "oxidize_interface",
    "relax_valence_force_field",
    "substitute_halide",
    "valence_force_field",
]
