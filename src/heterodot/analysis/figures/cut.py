"""A core/shell dot cut in half, coloured by material."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

from heterodot import provenance
from heterodot.analysis.figures.view import camera
from heterodot.errors import InputError

DOMAIN_COLOURS = ("#8F3B76", "#E69F00", "#56B4E9", "#0B6E99", "#009E73", "#B0A990")
"""Of the materials from the core outward."""

OTHER_COLOURS = {"oxide": "#D7191C", "halide": "#3FA34D", "ligand": "#9A9A9A"}
"""Of what is not the lattice of a material."""

_SEEN = 9.0
"""Å; what lies deeper below the cut is hidden by what lies above it."""


@dataclass(frozen=True, eq=False)
class Half:
    """What is seen of a dot cut open.

    Attributes
    ----------
    atoms : Atoms
    seen : (N, 3) float array
        Right, up and to the viewer, Å.
    radii : (N,) float array
        Å.
    shades : (N, 3) float array
        0…1; anions are lighter.
    colours : dict of str to str
        Of each domain, from the inside outward.
    """

    atoms: Atoms
    seen: np.ndarray
    radii: np.ndarray
    shades: np.ndarray
    colours: dict[str, str]


def is_core_shell(atoms: Atoms) -> bool:
    """Return whether a structure is a core/shell dot with the arrays a cut needs."""
    arrays = {"domain", "layer", "sublattice"} <= set(atoms.arrays)
    return arrays and bool(provenance.details(atoms).get("core_shell"))


def direction(normal: Sequence[float]) -> np.ndarray:
    """Return the (3,) unit vector of a normal.

    Raises
    ------
    InputError
        Not three numbers, or all 0.
    """
    axis = np.asarray(normal, float)
    if axis.shape != (3,) or not np.isfinite(axis).all() or np.linalg.norm(axis) < 1e-9:
        raise InputError(f"normal {normal!r}: expected three numbers, not all 0")
    return axis / np.linalg.norm(axis)


def domain_colours(atoms: Atoms) -> dict[str, str]:
    """Return the colour of each domain of a structure, materials from the inside outward."""
    domain, layer = atoms.arrays["domain"], atoms.arrays["layer"]
    first = {name: layer[domain == name].min() for name in dict.fromkeys(domain.tolist())}
    ordered = sorted((n for n in first if n not in OTHER_COLOURS), key=lambda n: first[n])
    colours = {n: DOMAIN_COLOURS[k % len(DOMAIN_COLOURS)] for k, n in enumerate(ordered)}
    return colours | {n: c for n, c in OTHER_COLOURS.items() if n in first}


def cut_half(atoms: Atoms, axis: np.ndarray) -> Half:
    """Return what is seen of a dot cut through its centre, the half along ``axis`` taken off."""
    from matplotlib.colors import to_rgb

    middle = atoms.positions[atoms.arrays["layer"] == 0].mean(axis=0)
    height = (atoms.positions - middle) @ axis
    half = atoms[(height <= 0.5) & (height > 0.5 - _SEEN)]
    colours = domain_colours(atoms)
    up = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    seen = (half.positions - middle) @ camera(axis + 0.15 * up, up).T
    shades = np.array([to_rgb(colours[name]) for name in half.arrays["domain"].tolist()])
    anion = half.arrays["sublattice"] == "anion"
    shades[anion] = 0.7 * shades[anion] + 0.3
    return Half(half, seen, 0.85 * covalent_radii[half.numbers], shades, colours)
