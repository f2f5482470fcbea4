"""Projected densities of states layer by layer: how bands bend across an interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.analysis.bands.broadening import broaden
from heterodot.analysis.bands.deep_level import DeepLevel, reference_name, reference_zero
from heterodot.analysis.bands.pdos import PAW_NOTE, energy_grid
from heterodot.analysis.bands.selection import combined_selection, select_projectors
from heterodot.checks import is_number
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.deprecation import renamed
from heterodot.errors import InputError
from heterodot.records import Ints, Record

EDGE_WEIGHT = 0.05
"""Electrons per atom: a layer's band begins where its states, counted from the gap, hold these.
Chosen, and edges of layers move with it where a band sets in slowly: an argument (``edge_weight``)
wherever it is used."""


@dataclass(frozen=True)
class LayeredPDOS(Record, keep_arrays=True):
    """Density of states of each layer, and where its bands begin.

    Attributes
    ----------
    energies : (E,) float array
        eV, relative to ``reference``.
    values : (L, E) float array
        1/eV per atom, summed over the spin channels.
    layers : (L,) int array
        Numbers of the layers, from one end to the other.
    heights : (L,) float array
        Mean position along the axis, Å.
    domains : tuple of str
        Domain of each layer; empty where the structure has none.
    vbm, cbm : (L,) float array
        Edges of each layer, eV: where its states, counted from the middle of the gap of the whole,
        hold ``edge_weight`` electrons per atom.
    spread : (L, 2) float array
        By how much either edge moves, eV, when the weight is halved or doubled.
    edge_weight : float
    reference, kind, level : str
    width : float
        Gaussian broadening, eV.
    caveats : tuple of str
    """

    energies: np.ndarray
    values: np.ndarray
    layers: Ints
    heights: np.ndarray
    domains: tuple[str, ...]
    vbm: np.ndarray
    cbm: np.ndarray
    spread: np.ndarray
    edge_weight: float
    reference: str | None
    kind: str
    width: float
    level: str = ""
    caveats: tuple[str, ...] = ()


@renamed(structure="atoms")
def layered_pdos(
    es: ElectronicStructure,
    atoms: Atoms,
    axis: int = 2,
    kind: str | None = None,
    energies: np.ndarray | None = None,
    width: float = 0.1,
    reference: str | DeepLevel | None = "fermi",
    layers: Sequence[int] | np.ndarray | None = None,
    edge_weight: float = EDGE_WEIGHT,
) -> LayeredPDOS:
    """Density of states of each layer of a structure, with the layer's band edges.

    Parameters
    ----------
    es : ElectronicStructure
    atoms : Atoms
        The atoms of the calculation.
    axis : int
        Direction along which layers are put in order.
    kind : {"Mulliken", "Löwdin", "PAW"} or None
    energies : (E,) float array, optional
        eV, relative to the reference.
    width : float
        Gaussian broadening, eV.
    reference : {"fermi", "vbm", "vacuum"}, DeepLevel or None
    layers : (N,) int array, optional
        Layer of each atom; the structure's array ``layer`` unless given.
    edge_weight : float
        Electrons per atom that make an edge.

    Raises
    ------
    InputError
        No layers, a layer without projectors, or a weight that is not positive.
    """
    of_atom = _layers_of(atoms, layers)
    combined_selection(es.numbers, None, atoms)
    if len(atoms) != len(es.numbers):
        raise InputError(f"structure of {len(atoms)} atoms: expected {len(es.numbers)}")
    if not is_number(edge_weight) or not 0 < edge_weight < 1:
        raise InputError(f"edge_weight {edge_weight!r}: expected electrons per atom, 0 to 1")
    zero = reference_zero(es, reference)
    grid = energy_grid(es, width, reference=reference) if energies is None else energies
    height = atoms.positions @ _normal(atoms, axis)
    order = sorted(set(of_atom.tolist()), key=lambda n: float(height[of_atom == n].mean()))
    rows, edges = [], []
    for layer in order:
        inside = of_atom == layer
        projections, mask = select_projectors(es, inside, kind=kind)
        weights = projections.weights @ mask.astype(float) / inside.sum()
        rows.append(broaden(es, weights, grid, width, "gaussian", zero).sum(axis=0))
        edges.append([_edges(es, weights, edge_weight * f) for f in (1.0, 0.5, 2.0)])
    found = np.array(edges)
    vbm, cbm = (found[:, 0] - zero).T
    return LayeredPDOS(
        energies=np.asarray(grid, float),
        values=np.array(rows),
        layers=np.array(order),
        heights=np.array([height[of_atom == n].mean() for n in order]),
        domains=_domains(atoms, of_atom, order),
        vbm=vbm,
        cbm=cbm,
        spread=np.abs(found[:, 1:] - found[:, :1]).max(axis=1),
        edge_weight=float(edge_weight),
        reference=reference_name(reference),
        kind=projections.kind,
        width=float(width),
        level=str(es.level.get("label", "")),
        caveats=es.caveats + ((PAW_NOTE,) if projections.kind == "PAW" else ()),
    )


def _layers_of(structure: Atoms, layers: Sequence[int] | np.ndarray | None) -> np.ndarray:
    if layers is None and "layer" not in structure.arrays:
        raise InputError("layered PDOS: the structure has no array 'layer'; give layers=")
    found = np.asarray(structure.arrays["layer"] if layers is None else layers)
    if found.shape != (len(structure),) or found.dtype.kind not in "iu":
        raise InputError(
            f"layers of shape {found.shape}, type {found.dtype}: expected ({len(structure)},) "
            "whole numbers"
        )
    return found


def _normal(structure: Atoms, axis: int) -> np.ndarray:
    """Return the unit normal of the planes the other two cell vectors span; else the axis."""
    if axis not in (0, 1, 2):
        raise InputError(f"axis {axis!r}: expected 0, 1 or 2")
    a, b = (structure.cell.array[i] for i in range(3) if i != axis)
    normal, unit = np.cross(a, b), np.eye(3)[axis]
    length = float(np.linalg.norm(normal))
    if length < 1e-9:
        return unit
    along = structure.cell.array[axis] if structure.cell.array[axis].any() else unit
    return normal / length * (1.0 if normal @ along >= 0 else -1.0)


def _domains(structure: Atoms, of_atom: np.ndarray, order: list[int]) -> tuple[str, ...]:
    if "domain" not in structure.arrays:
        return ()
    values = structure.arrays["domain"]
    return tuple("/".join(dict.fromkeys(values[of_atom == n].tolist())) for n in order)


def _edges(es: ElectronicStructure, weights: np.ndarray, needed: float) -> tuple[float, float]:
    """Edges (eV, code's own scale) at which filled and empty states hold the weight needed."""
    degeneracy = 2.0 / es.n_spins
    held = (degeneracy * es.k_weights[None, :, None] * weights).ravel()
    filled = es.filled.ravel()
    energies = es.energies.ravel()
    down = _where_held(-energies[filled], held[filled], needed)
    up = _where_held(energies[~filled], held[~filled], needed)
    return -down, up


def _where_held(energies: np.ndarray, held: np.ndarray, needed: float) -> float:
    order = np.argsort(energies, kind="stable")
    index = int(np.searchsorted(np.cumsum(held[order]), needed))
    return float(energies[order[index]]) if index < len(order) else float("inf")
