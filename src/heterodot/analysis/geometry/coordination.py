"""Bond lengths, angles and coordination numbers of structures, and the shape of an adsorbate.

Bonds are those of :func:`heterodot.bonds.find_bonds` (closer than 1.2 times the sum of the covalent
radii unless another scale is given).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from ase import Atoms

from heterodot.adsorbate import find_adsorbate, why_none
from heterodot.bonds import DEFAULT_SCALE, find_bonds
from heterodot.errors import StructureError
from heterodot.provenance import details
from heterodot.records import Record


@dataclass(frozen=True)
class BondStatistics(Record):
    """Lengths of the bonds between two elements, Å.

    Attributes
    ----------
    pair : (str, str)
        Chemical symbols in alphabetical order.
    count : int
    mean, std, shortest, longest : float
        Å.
    """

    pair: tuple[str, str]
    count: int
    mean: float
    std: float
    shortest: float
    longest: float


@dataclass(frozen=True)
class Coordination(Record):
    """Coordination of the atoms of one element.

    Attributes
    ----------
    symbol : str
    n_atoms : int
    mean : float
        Mean number of bonds, what EXAFS reports as the coordination number.
    histogram : dict of int to int
        Number of atoms by number of bonds.
    partners : dict of str to float
        Mean number of bonds to each element; they sum to ``mean``.
    """

    symbol: str
    n_atoms: int
    mean: float
    histogram: dict[int, int] = field(default_factory=dict)
    partners: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class AdsorbateGeometry(Record):
    """Shape of an adsorbate and how it sits; lengths in Å, angles in degrees.

    Attributes
    ----------
    name : str
    indices : tuple of int
        Its atoms.
    co_lengths : tuple of float
        C–O bonds within it, shortest first.
    oco_angle : float or None
        O–C–O, where one carbon has two oxygens.
    oh_lengths : tuple of float
    site : int or None
        The atom it was put on.
    site_symbol : str
    site_distance : float or None
        From the site to its nearest adsorbate atom.
    metal_carbon : float or None
        From its carbon to the nearest metal atom of the dot.
    nearest : (int, int)
        The closest (adsorbate, dot) pair, measured against the sum of the covalent radii.
    nearest_distance : float
    bonds_to_dot : tuple of (int, int)
        (adsorbate, dot) pairs within bonding distance; none: physisorbed.
    """

    name: str
    indices: tuple[int, ...]
    co_lengths: tuple[float, ...]
    oco_angle: float | None
    oh_lengths: tuple[float, ...]
    site: int | None
    site_symbol: str
    site_distance: float | None
    metal_carbon: float | None
    nearest: tuple[int, int]
    nearest_distance: float
    bonds_to_dot: tuple[tuple[int, int], ...]

    def summary(self) -> str:
        """Return the shape in one line."""
        parts = []
        if self.co_lengths:
            parts.append("C–O " + ", ".join(f"{d:.3f}" for d in self.co_lengths) + " Å")
        if self.oco_angle is not None:
            parts.append(f"O–C–O {self.oco_angle:.1f}°")
        if self.metal_carbon is not None:
            parts.append(f"metal–C {self.metal_carbon:.2f} Å")
        parts.append("bonded" if self.bonds_to_dot else "not bonded to the dot")
        return f"{self.name}: " + "; ".join(parts)


def bond_statistics(atoms: Atoms, scale: float = DEFAULT_SCALE) -> list[BondStatistics]:
    """Bond lengths by pair of elements, in alphabetical order.

    Parameters
    ----------
    atoms : Atoms
    scale : float
        Factor on the sum of the covalent radii.
    """
    bonds = find_bonds(atoms, scale)
    symbols = np.array(atoms.get_chemical_symbols(), dtype=object)
    lengths: dict[tuple[str, str], list[float]] = {}
    for (i, j), length in zip(bonds.pairs, bonds.lengths, strict=True):
        first, second = sorted((symbols[i], symbols[j]))
        lengths.setdefault((first, second), []).append(float(length))
    return [
        BondStatistics(
            pair, len(d), float(np.mean(d)), float(np.std(d)), float(min(d)), float(max(d))
        )
        for pair, d in sorted(lengths.items())
    ]


def coordination_table(atoms: Atoms, scale: float = DEFAULT_SCALE) -> list[Coordination]:
    """Coordination of every element, in alphabetical order.

    Parameters
    ----------
    atoms : Atoms
    scale : float
        Factor on the sum of the covalent radii.
    """
    bonds = find_bonds(atoms, scale)
    symbols = np.array(atoms.get_chemical_symbols())
    table = []
    for symbol in sorted(set(symbols)):
        members = np.flatnonzero(symbols == symbol)
        counts = Counter(int(bonds.coordination[i]) for i in members)
        partners = Counter(str(symbols[j]) for i in members for j in bonds.neighbours(int(i)))
        table.append(
            Coordination(
                symbol=str(symbol),
                n_atoms=len(members),
                mean=float(bonds.coordination[members].mean()),
                histogram=dict(sorted(counts.items())),
                partners={s: n / len(members) for s, n in sorted(partners.items())},
            )
        )
    return table


def adsorbate_indices(atoms: Atoms) -> np.ndarray:
    """Return the adsorbate's atoms: recorded in ``atoms.info``, of that ``domain``, or guessed.

    Raises
    ------
    StructureError
        The structure has none.
    """
    record = find_adsorbate(atoms)
    if record is None:
        raise StructureError(
            f"the structure carries no adsorbate ({why_none(atoms)}): expected one from "
            "add_adsorbate"
        )
    return np.asarray(record["indices"], int)


def adsorbate_geometry(atoms: Atoms, scale: float = DEFAULT_SCALE) -> AdsorbateGeometry:
    """Measure the adsorbate of a structure.

    Parameters
    ----------
    atoms : Atoms
        With an adsorbate from ``add_adsorbate``.
    scale : float
        Factor on the sum of the covalent radii for bonds.

    Raises
    ------
    StructureError
        No adsorbate, or nothing but the adsorbate.
    """
    own = adsorbate_indices(atoms)
    rest = np.setdiff1d(np.arange(len(atoms)), own)
    if not len(rest):
        raise StructureError("the structure is only the adsorbate: expected a dot under it")
    record = details(atoms).get("adsorbate", {})  # a guess does not know where it was put
    site = record.get("site")
    inside = set(own.tolist())
    bonds = find_bonds(atoms, scale)
    internal = [tuple(map(int, p)) for p in bonds.pairs if inside.issuperset(p.tolist())]
    across = [tuple(map(int, p)) for p in bonds.pairs if len(inside.intersection(p.tolist())) == 1]
    i, j, distance = _closest(atoms, own, rest)
    return AdsorbateGeometry(
        name=str(record.get("name", atoms[own].get_chemical_formula())),
        indices=tuple(int(k) for k in own),
        co_lengths=_lengths(atoms, internal, {"C", "O"}),
        oco_angle=_oco_angle(atoms, internal),
        oh_lengths=_lengths(atoms, internal, {"O", "H"}),
        site=None if site is None else int(site),
        site_symbol="" if site is None else atoms[int(site)].symbol,
        site_distance=None if site is None else float(_distances(atoms, int(site), own).min()),
        metal_carbon=_metal_carbon(atoms, own, rest),
        nearest=(i, j),
        nearest_distance=distance,
        bonds_to_dot=tuple((a, b) if a in inside else (b, a) for a, b in across),
    )


def _distances(atoms: Atoms, index: int, others: np.ndarray) -> np.ndarray:
    return np.asarray(atoms.get_distances(index, others, mic=bool(atoms.pbc.any())))


def _lengths(atoms: Atoms, pairs: list[tuple[int, ...]], elements: set[str]) -> tuple[float, ...]:
    chosen = [p for p in pairs if {atoms[p[0]].symbol, atoms[p[1]].symbol} == elements]
    mic = bool(atoms.pbc.any())
    return tuple(sorted(float(atoms.get_distance(i, j, mic=mic)) for i, j in chosen))


def _oco_angle(atoms: Atoms, pairs: list[tuple[int, ...]]) -> float | None:
    """O–C–O angle of the first carbon with two oxygens, degrees."""
    oxygens: dict[int, list[int]] = {}
    for i, j in pairs:
        for a, b in ((i, j), (j, i)):
            if atoms[a].symbol == "C" and atoms[b].symbol == "O":
                oxygens.setdefault(a, []).append(b)
    for carbon, found in sorted(oxygens.items()):
        if len(found) == 2:
            return float(atoms.get_angle(found[0], carbon, found[1], mic=bool(atoms.pbc.any())))
    return None


def _metal_carbon(atoms: Atoms, own: np.ndarray, rest: np.ndarray) -> float | None:
    """Distance from the adsorbate's carbon to the nearest metal of the rest, Å."""
    carbons = [int(i) for i in own if atoms[int(i)].symbol == "C"]
    metals = np.array([i for i in rest if is_metal(int(atoms.numbers[i]))], int)
    if not carbons or not len(metals):
        return None
    return float(min(_distances(atoms, c, metals).min() for c in carbons))


def is_metal(number: int) -> bool:
    """Return whether an element is neither a non-metal nor a metalloid, by its atomic number."""
    non_metals = {1, 2, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 32, 33, 34, 35, 36, 52, 53, 54}
    return number not in non_metals


def _closest(atoms: Atoms, own: np.ndarray, rest: np.ndarray) -> tuple[int, int, float]:
    """Pair of adsorbate and dot closest relative to covalent radii, and its distance in Å."""
    from ase.data import covalent_radii

    radii = covalent_radii[atoms.numbers]
    distances = np.array([_distances(atoms, int(i), rest) for i in own])
    scaled = distances / (radii[own][:, None] + radii[rest][None, :])
    a, b = np.unravel_index(np.argmin(scaled), scaled.shape)
    return int(own[a]), int(rest[b]), float(distances[a, b])
