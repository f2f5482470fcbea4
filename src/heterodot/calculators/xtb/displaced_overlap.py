"""Overlap of xTB's atomic orbitals at one geometry with those at another.

tblite gives the overlap of one geometry only. Its orbitals are Slater functions expanded in
Gaussians; exponents and numbers of Gaussians are asked of tblite itself, the expansions are
Stewart's (J. Chem. Phys. 52, 431 (1970), doi:10.1063/1.1672702). Integrals of two Gaussians by the
recursion of S. Obara and A. Saika, J. Chem. Phys. 84, 3963 (1986), doi:10.1063/1.450106.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols
from ase.units import Bohr

from heterodot.errors import CalculationError

NEGLECTED = 1e-11
"""Decay exp(-αβ/(α+β) R²) of a pair of Gaussians that is left out, as in tblite."""

AT_ONCE = 200_000
"""Pairs of Gaussians in memory at once."""

_ROOT3 = np.sqrt(3.0)
_POWERS: dict[int, tuple[tuple[int, int, int], ...]] = {
    0: ((0, 0, 0),),
    1: ((0, 1, 0), (0, 0, 1), (1, 0, 0)),  # m = -1, 0, 1: y, z, x
    2: ((2, 0, 0), (0, 2, 0), (0, 0, 2), (1, 1, 0), (1, 0, 1), (0, 1, 1)),
}
_REAL: dict[int, np.ndarray] = {
    0: np.eye(1),
    1: np.eye(3),
    2: np.array(  # xy, yz, z², xz, x² − y² of Cartesian functions normalised as x² is
        [
            [0, 0, 0, _ROOT3, 0, 0],
            [0, 0, 0, 0, 0, _ROOT3],
            [-0.5, -0.5, 1, 0, 0, 0],
            [0, 0, 0, 0, _ROOT3, 0],
            [_ROOT3 / 2, -_ROOT3 / 2, 0, 0, 0, 0],
        ]
    ),
}


@dataclass(frozen=True)
class Contraction:
    """A shell: angular momentum, exponents (Bohr⁻²) and coefficients of normalised Gaussians."""

    l: int  # noqa: E741 - the field's name for it
    exponents: np.ndarray
    coefficients: np.ndarray

    @property
    def size(self) -> int:
        """Number of orbitals."""
        return 2 * self.l + 1


def displaced_overlap(method: str, first: Atoms, second: Atoms) -> np.ndarray:
    """Return ⟨χ_μ at the first geometry | χ_ν at the second⟩, an (M, M) array.

    Orbitals in tblite's order; in a periodic structure the images of the second's are summed, as
    at the Γ point. Beside tblite's own overlap of one geometry: the same digits for light atoms,
    1e-4 at most for six Gaussians of n = 4 and 5.

    Parameters
    ----------
    method : {"GFN1-xTB", "GFN2-xTB"}
    first, second : Atoms
        The same atoms in the same order and cell; positions may differ.
    """
    numbers = first.numbers
    bases = {int(z): contractions(method, int(z)) for z in np.unique(numbers)}
    sizes = np.array([sum(shell.size for shell in bases[int(z)]) for z in numbers])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    overlap = np.zeros((starts[-1], starts[-1]))
    for a, b in product(bases, bases):
        ia, jb = np.flatnonzero(numbers == a), np.flatnonzero(numbers == b)
        i, j, vectors = _near(first, second, ia, jb, _reach(bases[a], bases[b]))
        if not len(i):
            continue
        row = starts[i]
        for left in bases[a]:
            column = starts[j]
            for right in bases[b]:
                block = _block(left, right, vectors)
                rows = row[:, None, None] + np.arange(left.size)[:, None]
                columns = column[:, None, None] + np.arange(right.size)[None, :]
                np.add.at(overlap, (rows, columns), block)
                column = column + right.size
            row = row + left.size
    return overlap


def _near(
    first: Atoms, second: Atoms, ia: np.ndarray, jb: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of atoms (images included) within ``reach`` (Bohr) and their vectors, Bohr."""
    left, right = first.positions[ia] / Bohr, second.positions[jb] / Bohr
    straight = right[None, :, :] - left[:, None, :]
    found = [
        (ia[i], jb[j], vectors)
        for shift in _images(second, reach, np.abs(straight).max())
        for i, j, vectors in [_within(straight + shift, reach)]
    ]
    i, j, vectors = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return i, j, vectors


def _within(vectors: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    i, j = np.nonzero((vectors**2).sum(axis=-1) < reach**2)
    return i, j, vectors[i, j]


def _images(atoms: Atoms, reach: float, extent: float) -> np.ndarray:
    """Return the lattice vectors, Bohr, whose images may be within reach of a cell's atoms."""
    cell = atoms.cell.complete().array / Bohr
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    far = reach + np.sqrt(3) * extent
    periodic = bool(atoms.pbc.any())  # tblite repeats every direction where one is periodic
    counts = [int(np.ceil(far / h)) if periodic else 0 for h in heights]
    grid = np.array(list(product(*(range(-n, n + 1) for n in counts))), float)
    return np.asarray(grid @ cell)


def _reach(left: tuple[Contraction, ...], right: tuple[Contraction, ...]) -> float:
    """Return the distance (Bohr) from which on the most diffuse Gaussians overlap no more."""
    a = min(shell.exponents.min() for shell in left)
    b = min(shell.exponents.min() for shell in right)
    return float(np.sqrt(-np.log(NEGLECTED) * (a + b) / (a * b)))


def _block(left: Contraction, right: Contraction, vectors: np.ndarray) -> np.ndarray:
    """Return the (pair, M, M') overlaps of two shells at each vector from left to right."""
    n_gaussians = len(left.exponents) * len(right.exponents)
    step = max(1, AT_ONCE // n_gaussians)
    parts = [_part(left, right, vectors[k : k + step]) for k in range(0, len(vectors), step)]
    cartesian = np.concatenate(parts, axis=1)
    turned: np.ndarray = np.einsum(
        "mp,pqn,kq->nmk",
        _REAL[left.l],
        cartesian.reshape(len(_POWERS[left.l]), len(_POWERS[right.l]), -1),
        _REAL[right.l],
        optimize=True,
    )
    return turned


def _part(left: Contraction, right: Contraction, vectors: np.ndarray) -> np.ndarray:
    """Return the overlaps of Cartesian functions, (powers × powers', pair)."""
    a, b = (g.ravel() for g in np.meshgrid(left.exponents, right.exponents, indexing="ij"))
    weight = np.outer(left.coefficients, right.coefficients).ravel() * (np.pi / (a + b)) ** 1.5
    decay = np.outer(a * b / (a + b), (vectors**2).sum(axis=1))
    gaussian, pair = np.nonzero(decay < -np.log(NEGLECTED))
    scale = weight[gaussian] * np.exp(-decay[gaussian, pair])
    a, b = a[gaussian], b[gaussian]
    lines = _lines(a, b, np.ascontiguousarray(vectors[pair].T), left.l, right.l)
    return np.array(
        [
            np.bincount(
                pair,
                scale
                * lines[one[0], other[0]][0]
                * lines[one[1], other[1]][1]
                * lines[one[2], other[2]][2],
                len(vectors),
            )
            for one in _POWERS[left.l]
            for other in _POWERS[right.l]
        ]
    )


def _lines(
    alpha: np.ndarray, beta: np.ndarray, vectors: np.ndarray, most_left: int, most_right: int
) -> dict[tuple[int, int], np.ndarray]:
    """Return the (3, pair) integrals of powers i, j along each axis over that of 0, 0."""
    to_left, to_right = beta / (alpha + beta) * vectors, -alpha / (alpha + beta) * vectors
    half = 0.5 / (alpha + beta)
    lines = {(0, 0): np.ones_like(vectors)}
    for i, j in product(range(most_left + 1), range(most_right + 1)):
        if i == j == 0:
            continue
        if i:
            value = to_left * lines[i - 1, j]
            if i > 1:
                value = value + half * (i - 1) * lines[i - 2, j]
            if j:
                value = value + half * j * lines[i - 1, j - 1]
        else:
            value = to_right * lines[i, j - 1]
            if j > 1:
                value = value + half * (j - 1) * lines[i, j - 2]
        lines[i, j] = value
    return lines


@cache
def contractions(method: str, number: int) -> tuple[Contraction, ...]:
    """Return the shells of an element, in tblite's order."""
    shells: list[Contraction] = []
    for name, zeta, n_gaussians in parameters_of(method)[chemical_symbols[number]]:
        exponents, coefficients = _expansions()[f"{name} {n_gaussians}"]
        l_of = "spd".index(name[1])
        alpha = np.array(exponents) * zeta**2
        odd = (1.0, 1.0, 3.0)[l_of]  # (2l − 1)!!
        norm = (2 * alpha / np.pi) ** 0.75 * np.sqrt(4 * alpha) ** l_of / np.sqrt(odd)
        shell = Contraction(l_of, alpha, np.array(coefficients) * norm)
        before = [s for s in shells if s.l == l_of]
        shells.append(_orthogonal(before[0], shell) if before else shell)
    return tuple(shells)


def _orthogonal(first: Contraction, second: Contraction) -> Contraction:
    """Return the second shell of an element and l made orthogonal to the first (hydrogen's 2s)."""
    shared = _product(first, second)
    joined = Contraction(
        second.l,
        np.concatenate([second.exponents, first.exponents]),
        np.concatenate([second.coefficients, -shared * first.coefficients]),
    )
    scale = 1 / np.sqrt(_product(joined, joined))
    return Contraction(joined.l, joined.exponents, joined.coefficients * scale)


def _product(first: Contraction, second: Contraction) -> float:
    total = np.pi / (first.exponents[:, None] + second.exponents)
    return float(first.coefficients @ total**1.5 @ second.coefficients)


@cache
def _expansions() -> dict[str, Any]:
    file = resources.files("heterodot.calculators.xtb").joinpath("slater_expansions.json")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["expansions"]
    return found


@cache
def parameters_of(method: str) -> dict[str, tuple[tuple[str, float, int], ...]]:
    """Return name, Slater exponent and number of Gaussians of each shell, by element.

    Raises
    ------
    CalculationError
        tblite does not give its parameters.
    """
    from heterodot.calculators.xtb import calculator  # noqa: F401 - loads OpenBLAS first

    from tblite._libtblite import ffi, lib  # isort: skip

    error, parameters = lib.tblite_new_error(), lib.tblite_new_param()
    getattr(lib, f"tblite_export_{method.partition('-')[0].lower()}_param")(error, parameters)
    table = lib.tblite_new_table(ffi.NULL)
    lib.tblite_dump_param(error, parameters, table)
    elements = lib.tblite_table_get_table(error, table, ffi.new("char[]", b"element"))
    found = {}
    for rank in range(1, lib.tblite_table_get_n_keys(error, elements) + 1):
        key = ffi.new("char[32]")
        lib.tblite_table_get_key(error, elements, rank, key, 32)
        entry = lib.tblite_table_get_table(error, elements, key)
        symbol = ffi.string(key).decode().strip()
        found[symbol] = _shells(lib, ffi, error, entry)
    if lib.tblite_check_error(error):
        raise CalculationError(f"{method}: tblite does not give the parameters of its orbitals")
    return found


def _shells(lib: Any, ffi: Any, error: Any, entry: Any) -> tuple[tuple[str, float, int], ...]:
    names, exponents, counts = (
        lib.tblite_table_get_array(error, entry, ffi.new("char[]", key))
        for key in (b"shells", b"slater", b"ngauss")
    )
    shells = []
    for rank in range(1, lib.tblite_array_size(error, names) + 1):
        name, zeta, n = ffi.new("char[8]"), ffi.new("double*"), ffi.new("int64_t*")
        lib.tblite_array_get_char(error, names, rank, name, 8)
        lib.tblite_array_get_double(error, exponents, rank, zeta)
        lib.tblite_array_get_int64_t(error, counts, rank, n)
        shells.append((ffi.string(name).decode().strip(), float(zeta[0]), int(n[0])))
    return tuple(shells)
