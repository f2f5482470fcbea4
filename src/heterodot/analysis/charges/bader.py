"""Bader charges: the density divided along its surfaces of zero flux.

The weight method of M. Yu and D. R. Trinkle, J. Chem. Phys. 134, 064111 (2011): every point hands
its electrons to its higher neighbours in proportion to a_ij (ρ_j − ρ_i) / l_ij, where a_ij is the
facet that the Voronoi cells of the two points share and l_ij their distance, so that any cell,
right-angled or not, is treated alike. The electrons that reach the maxima, f = ρ + Jᵀ f, are one
triangular system once the points are sorted by density: no loop over points or basins.

Accuracy: on smooth densities within 0.005 e of following the gradient itself, at 0.05 to 0.2 Å
between points; ZnS by GPAW 0.846, 0.859, 0.862 e at 0.12, 0.06, 0.04 Å.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase.data import chemical_symbols
from ase.units import Bohr

from heterodot.checks import is_number
from heterodot.data.density import GridDensity
from heterodot.data.flags import Flag
from heterodot.errors import InputError
from heterodot.records import Record

VACUUM = 1e-6 / Bohr**3
"""e/Å³ (10⁻⁶ e/bohr³): thinner than this belongs to no atom. Chosen: no more than its density times
the volume goes uncounted, 0.007 e in 1000 Å³."""

FAR_MAXIMUM = 0.6
"""Å from its atom, beyond which a maximum that holds electrons is not the nucleus's own. Chosen:
further than a maximum at a nucleus is off by the points of a grid (0.2 Å apart, at most 0.17 Å),
nearer than half of any bond of heavier atoms; no charge depends on it, only which atoms are said to
have no maximum and which maxima are reported as stray."""

NO_MAXIMUM = (
    "no maximum of the density at the nucleus, so its electrons were counted to a neighbour; draw "
    "the surfaces by the all-electron density: bader(density, reference=…), for VASP "
    "read_grid(['AECCAR0', 'AECCAR2']) (on the command line --surfaces AECCAR0 --surfaces AECCAR2)"
)
"""What is said of an atom without a maximum, and what to do."""

MAX_POINTS = 40_000_000
"""Points above which a grid is refused: the triangular system takes 0.2 to 0.3 kB for each.
Measured by benchmarks/bader.py."""


@dataclass(frozen=True, eq=False)
class BaderCharges(Record, also=("flags",)):
    """Electrons and volume of each atom.

    Attributes
    ----------
    charges : (a,) float array or None
        Nuclear charge (less the core) minus electrons, e; None where the density does not know it.
    electrons : (a,) float array
        e.
    volumes : (a,) float array
        Å³.
    vacuum_electrons, vacuum_volume : float
        Left to no atom, e and Å³.
    n_maxima : int
        Maxima of the density that hold more than 0.001 e.
    stray : tuple of (float, int, float)
        Maxima farther than 0.6 Å from every atom that hold more than 0.01 e: electrons, nearest
        atom (which was given them), distance in Å.
    missing : tuple of int
        Atoms without a maximum of their own (none within 0.6 Å that holds 0.01 e): their electrons
        were counted to a neighbour, and neither charge is to be believed.
    numbers : (a,) int array or None
        Atomic numbers.
    """

    charges: np.ndarray | None
    electrons: np.ndarray
    volumes: np.ndarray
    vacuum_electrons: float
    vacuum_volume: float
    n_maxima: int
    stray: tuple[tuple[float, int, float], ...] = ()
    missing: tuple[int, ...] = ()
    numbers: np.ndarray | None = None

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What makes the charges doubtful: atoms without a maximum, maxima without an atom."""
        found = []
        if self.missing:
            names = ", ".join(self._name(i) for i in self.missing)
            found.append(Flag("no-maximum", f"{names}: {NO_MAXIMUM}"))
        if self.stray:
            most = sorted(self.stray, reverse=True)
            held = ", ".join(f"{n:.2f} e at {d:.2f} Å from {self._name(i)}" for n, i, d in most[:6])
            if len(most) > 6:
                rest = sum(n for n, _, _ in most[6:])
                held += f" and {len(most) - 6} more, {rest:.2f} e"
            found.append(Flag("stray-maximum", f"maxima away from every nucleus: {held}"))
        return tuple(found)

    def _name(self, index: int) -> str:
        symbol = "atom " if self.numbers is None else chemical_symbols[self.numbers[index]]
        return f"{symbol}{index}"

    def summary(self, numbers: np.ndarray | None = None) -> str:
        """Return a line for each atom, then what makes them doubtful.

        Parameters
        ----------
        numbers : (a,) int array, optional
            Atomic numbers; those of the density unless given.
        """
        known = self.numbers if numbers is None else numbers
        names = (
            [""] * len(self.electrons) if known is None else [chemical_symbols[z] for z in known]
        )
        lines = []
        for i, name in enumerate(names):
            charge = "" if self.charges is None else f"{self.charges[i]:+9.4f} e, "
            held = f"{self.electrons[i]:.4f} electrons in {self.volumes[i]:.2f} Å³"
            lines.append(f"{name}{i}: {charge}{held}")
        lines.append(f"vacuum: {self.vacuum_electrons:.4f} electrons, {self.vacuum_volume:.1f} Å³")
        lines += [f"flag {flag}" for flag in self.flags]
        return "\n".join(lines)


def bader(
    density: GridDensity,
    reference: GridDensity | None = None,
    vacuum: float = VACUUM,
) -> BaderCharges:
    """Divide a density among the atoms by Bader's surfaces.

    A valence density of pseudopotentials has its maxima beside the nuclei, and where hydrogen is
    bound to oxygen none at all, which the flags say: give the all-electron density as reference
    (VASP: ``reference=read_grid(["AECCAR0", "AECCAR2"])``, of a run with LAECHG = .TRUE.).

    Parameters
    ----------
    density : GridDensity
        What is counted.
    reference : GridDensity, optional
        What the surfaces are drawn by; ``density`` unless given.
    vacuum : float
        e/Å³ of the reference; points below (in magnitude) are nobody's.

    Returns
    -------
    BaderCharges

    Raises
    ------
    InputError
        No atoms, all vacuum, other grids, too many points.
    """
    drawn = density if reference is None else reference
    _check(density, drawn, vacuum)
    rank, order = _sorted_points(drawn.values, vacuum)
    held = np.empty((len(order), 2))
    held[:, 0] = density.values.ravel()[order]
    held[:, 1] = 1.0
    total = held[:, 0].sum()
    tops, collected = _collect(drawn, rank, order, held)
    collected *= density.voxel
    atom, distance = _nearest_atoms(drawn, order[tops])
    n = len(density.numbers)
    electrons = np.bincount(atom, collected[:, 0], n)
    volumes = np.bincount(atom, collected[:, 1], n)
    near = (distance <= FAR_MAXIMUM) & (collected[:, 0] > 0.01)
    missing = np.setdiff1d(np.arange(n), atom[near])
    far = np.flatnonzero((distance > FAR_MAXIMUM) & (collected[:, 0] > 0.01))
    known = density.nuclear_charges
    return BaderCharges(
        charges=None if known is None else known - electrons,
        electrons=electrons,
        volumes=volumes,
        vacuum_electrons=density.integral - float(total) * density.voxel,
        vacuum_volume=density.volume - len(order) * density.voxel,
        n_maxima=int((collected[:, 0] > 1e-3).sum()),
        stray=tuple((float(collected[i, 0]), int(atom[i]), float(distance[i])) for i in far),
        missing=tuple(int(i) for i in missing),
        numbers=density.numbers,
    )


def bader_charges(density: GridDensity, valence: Mapping[str, float] | None = None) -> np.ndarray:
    """Return the (a,) Bader charges, e.

    Raises
    ------
    InputError
        As :func:`bader`, or the density does not tell how many electrons each nucleus brings, or
        an atom has no maximum.
    """
    known = density if valence is None else density.with_valence(valence)
    found = bader(known)
    if found.missing:
        raise InputError(str(found.flags[0]))
    charges = found.charges
    if charges is None:
        raise InputError(
            "Bader charges need the electrons each nucleus brings: give valence = {symbol: "
            "electrons} (ZVAL of the POTCAR), or take bader(density).electrons"
        )
    return charges


def _check(density: GridDensity, drawn: GridDensity, vacuum: float) -> None:
    if not density.same_grid(drawn):
        raise InputError(
            f"density on {density.values.shape} points, reference on {drawn.values.shape}: "
            "expected one grid"
        )
    if not is_number(vacuum) or vacuum < 0:
        raise InputError(f"vacuum {vacuum!r}: expected a density >= 0, e/Å³")
    if not len(density.numbers):
        raise InputError("density without atoms: expected the structure it belongs to")
    if density.values.size > MAX_POINTS:
        raise InputError(
            f"{density.values.size} grid points: expected at most {MAX_POINTS}; use a coarser grid "
            "or density.thinned"
        )


def _sorted_points(values: np.ndarray, vacuum: float) -> tuple[np.ndarray, np.ndarray]:
    """Rank of each point by falling density (−1 in the vacuum), and the points by rank."""
    flat = values.ravel()
    inside = np.flatnonzero(np.abs(flat) > vacuum)
    if not len(inside):
        raise InputError(f"density below {vacuum:g} e/Å³ everywhere: nothing to divide")
    order = inside[np.argsort(-flat[inside], kind="stable")].astype(np.int32)
    rank = np.full(flat.size, -1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank.reshape(values.shape), order


def _collect(
    density: GridDensity, rank: np.ndarray, order: np.ndarray, held: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ranks of the maxima, and what reaches them of the (n, c) quantities the points hold."""
    from scipy.sparse import csc_matrix
    from scipy.sparse.linalg import spsolve_triangular

    lower, upper, flux = _fluxes(density, rank)
    n = len(order)
    leaving = np.bincount(lower, flux, n)
    flux /= leaving[lower]
    tops = np.flatnonzero(leaving == 0)
    # column i of I − Jᵀ holds what point i hands to its higher neighbours
    index = np.arange(n, dtype=np.int32)
    rows, columns = np.concatenate([upper, index]), np.concatenate([lower, index])
    entries = np.concatenate([-flux, np.ones(n)])
    del lower, upper, flux
    matrix = csc_matrix((entries, (rows, columns)), shape=(n, n))
    del rows, columns, entries
    found = spsolve_triangular(
        matrix, held, lower=False, unit_diagonal=True, overwrite_A=True, overwrite_b=True
    )
    return tops, found[tops]


def _fluxes(density: GridDensity, rank: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rank of the lower and of the upper point of each pair of neighbours, and the flux between."""
    parts = []
    for offset, conductance in voronoi_neighbours(density.steps):
        here, there = _paired(rank, offset, density.pbc)
        rise = _paired(density.values, offset, density.pbc)
        known = (here >= 0) & (there >= 0)
        difference = rise[1][known] - rise[0][known]
        a, b = here[known], there[known]
        sloping = difference != 0
        a, b, difference = a[sloping], b[sloping], difference[sloping]
        swap = difference < 0
        lower, upper = np.where(swap, b, a), np.where(swap, a, b)
        parts.append((lower, upper, conductance * np.abs(difference)))
    lower, upper, flux = (np.concatenate(list(part)) for part in zip(*parts, strict=True))
    return lower, upper, flux


def _paired(
    values: np.ndarray, offset: tuple[int, ...], pbc: tuple[bool, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Values of all points that have a neighbour at ``offset``, and of these neighbours."""
    here, there = values, np.roll(values, [-o for o in offset], axis=(0, 1, 2))
    for axis, (shift, periodic) in enumerate(zip(offset, pbc, strict=True)):
        if periodic or shift == 0:
            continue
        n = values.shape[axis]
        keep = slice(0, max(n - shift, 0)) if shift > 0 else slice(min(-shift, n), n)
        inside = tuple(keep if i == axis else slice(None) for i in range(3))
        here, there = here[inside], there[inside]
    return here, there


def voronoi_neighbours(steps: np.ndarray) -> list[tuple[tuple[int, int, int], float]]:
    """One of each opposite pair of neighbours of a lattice point, with facet area over distance.

    Parameters
    ----------
    steps : (3, 3) float array
        Lattice vectors, Å; rows.

    Returns
    -------
    list of (offset, float)
        Offsets in steps; at most seven. Å.
    """
    from ase.geometry import minkowski_reduce
    from scipy.spatial import Voronoi

    reduced, turn = minkowski_reduce(steps)
    grid = np.array(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij")).reshape(3, -1).T
    scale = float(abs(np.linalg.det(reduced))) ** (1 / 3)
    cells = Voronoi(grid @ reduced / scale)
    centre = len(grid) // 2
    found = []
    for pair, corners in zip(cells.ridge_points, cells.ridge_vertices, strict=True):
        if centre not in pair or -1 in corners:
            continue
        other = grid[pair[0] if pair[1] == centre else pair[1]]
        area = _polygon_area(cells.vertices[corners]) * scale**2
        offset = tuple(int(x) for x in np.rint(other @ turn))
        if area > 1e-7 * scale**2 and offset > (0, 0, 0):
            ratio = area / float(np.linalg.norm(other @ reduced))
            found.append(((offset[0], offset[1], offset[2]), ratio))
    return sorted(found)


def _polygon_area(corners: np.ndarray) -> float:
    """Area of a convex polygon in space, its corners in order."""
    spokes = corners[1:] - corners[0]
    return 0.5 * float(np.linalg.norm(np.cross(spokes[:-1], spokes[1:]).sum(axis=0)))


def _nearest_atoms(density: GridDensity, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest atom of each grid point (by flat index) and its distance, Å."""
    from ase.geometry import find_mic

    index = np.array(np.unravel_index(points, density.values.shape)).T
    places = density.corner + index @ density.steps
    atom = np.empty(len(points), int)
    distance = np.empty(len(points))
    block = max(1, 2_000_000 // len(density.numbers))
    for start in range(0, len(points), block):
        part = slice(start, start + block)
        apart = (places[part, None, :] - density.positions[None]).reshape(-1, 3)
        _, lengths = find_mic(apart, density.cell, density.pbc)
        table = lengths.reshape(-1, len(density.numbers))
        atom[part] = table.argmin(axis=1)
        distance[part] = table.min(axis=1)
    return atom, distance
