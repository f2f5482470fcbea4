"""Miller indices in any named setting: Pbnm, Pnma, pseudo-cubic, or a matrix given.

A setting is a change of basis: its axes are the rows of P @ cell. Directions [uvw] of a setting are
uvw @ P in the crystal's own axes, planes (hkl) are P⁻¹ @ hkl.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.checks import is_whole
from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import symmetry_dataset
from heterodot.structures.matching.surface_cell import SYMPREC, format_plane

SETTINGS = ("own", "Pbnm", "Pnma", "pseudo-cubic")
"""Settings known by name; the last three need a crystal of space group 62 (or, for pseudo-cubic,
a cubic one, whose own axes they are)."""

_PBNM_FROM_PNMA = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], float)
_CUBIC_FROM_PBNM = np.array([[0.5, 0.5, 0], [-0.5, 0.5, 0], [0, 0, 0.5]])
"""a_pc = (a + b)/2, b_pc = (b - a)/2, c_pc = c/2: the axes of the perovskite's octahedra."""

_BRACKETS = {"(": "plane", "{": "plane family", "[": "direction", "<": "direction family"}
_CLOSING = {"(": ")", "{": "}", "[": "]", "<": ">"}
_SIZE_LIMIT = 10_000


@dataclass(frozen=True)
class Indices:
    """Three indices with their kind.

    Attributes
    ----------
    kind : str
        "plane", "plane family", "direction" or "direction family".
    values : tuple of int
        As written (four indices of hexagonal crystals already brought to three).
    setting : str or None
        The setting written before them.
    """

    kind: str
    values: tuple[int, int, int]
    setting: str | None = None

    def __str__(self) -> str:
        """Write them with their brackets and setting."""
        bracket = next(b for b, kind in _BRACKETS.items() if kind == self.kind)
        core = format_plane(self.values)[1:-1]
        prefix = f"{self.setting}:" if self.setting else ""
        return f"{prefix}{bracket}{core}{_CLOSING[bracket]}"


def parse_indices(given: Any, kind: str = "plane") -> Indices:
    """Read indices: (1, 0, 0), "2-1-1", "(2-1-1)", "{220}", "pseudo-cubic:(220)", "(10-10)".

    Parameters
    ----------
    given : str or sequence of int
        In a text, brackets tell planes () and {} from directions [] and <>; several digits need
        spaces or commas; a bar may be the minus sign or a combining overline.
    kind : str
        What it is when there are no brackets.

    Raises
    ------
    StructureError
        It cannot be read, or is all zero.
    """
    setting, text = None, given
    if isinstance(given, Indices):
        return given
    if isinstance(given, str):
        text = given.strip()
        prefixed = re.match(r"^\s*([A-Za-z][\w\-/ ]*?)\s*:\s*(.*)$", text)
        if prefixed:
            setting, text = prefixed.group(1), prefixed.group(2).strip()
        if text[:1] in _BRACKETS:
            if text[-1:] != _CLOSING[text[0]]:
                raise StructureError(f"indices {given!r}: the bracket {text[0]} is not closed")
            kind, text = _BRACKETS[text[0]], text[1:-1]
        values = _numbers(text, given)
    else:
        values = _integers(text)
    return Indices(kind, _three(values, kind, given), setting)


def _numbers(text: str, given: str) -> list[int]:
    """Read the integers of a text."""
    plain = unicodedata.normalize("NFD", text).replace("\u2212", "-").replace("\u2013", "-")
    plain = re.sub("(\\d)[\u0304\u0305]", r"-\1", plain)
    pattern = r"[+-]?\d+" if re.search(r"[,;\s]", plain.strip()) else r"[+-]?\d"
    if re.sub(rf"{pattern}|[,;\s]", "", plain):
        raise StructureError(f"indices {given!r}: expected three integers, such as (2-1-1)")
    return [int(number) for number in re.findall(pattern, plain)]


def _integers(given: Any) -> list[int]:
    numbers = list(given) if isinstance(given, Sequence | np.ndarray) else []
    whole = [is_whole(n) for n in numbers]
    if not numbers or not all(whole):
        raise StructureError(f"Miller indices {given!r}: expected three integers")
    return [int(n) for n in numbers]


def _three(values: list[int], kind: str, given: Any) -> tuple[int, int, int]:
    """Bring four hexagonal indices to three; refuse what is neither, or zero."""
    if len(values) == 4 and values[0] + values[1] + values[2] == 0:
        u, v, t, w = values
        values = [u, v, w] if kind.startswith("plane") else [u - t, v - t, w]
    if len(values) != 3 or max(map(abs, values)) > _SIZE_LIMIT:
        raise StructureError(f"indices {given!r}: expected three integers, such as (2-1-1)")
    if not any(values):
        what = "plane" if kind.startswith("plane") else "direction"
        raise StructureError(f"indices {given!r} are no {what}: give at least one nonzero")
    return values[0], values[1], values[2]


def setting_matrix(crystal: Atoms, setting: str | Sequence[Any] | np.ndarray | None) -> np.ndarray:
    """Return P (3, 3): the axes of a setting are the rows of P @ cell.

    Parameters
    ----------
    crystal : Atoms
        The crystal.
    setting : str, 3×3 numbers, or None
        One of :data:`SETTINGS`, or P itself (integers, or fractions as numbers or text); None is
        the crystal's own axes.

    Raises
    ------
    StructureError
        The name is unknown or does not apply to the crystal, or P is singular.
    """
    if setting is None or (isinstance(setting, str) and setting == "own"):
        return np.eye(3)
    if not isinstance(setting, str):
        return _given_matrix(setting)
    name = {s.lower().replace("-", ""): s for s in SETTINGS}.get(
        setting.lower().replace("-", "").replace(" ", "")
    )
    if name is None:
        raise StructureError(
            f"setting {setting!r}: expected {', '.join(SETTINGS)}, or a 3×3 change of basis"
        )
    cell = (crystal.cell.array, crystal.get_scaled_positions(), crystal.numbers)
    data = symmetry_dataset(cell, SYMPREC)
    if name == "pseudo-cubic" and data.number >= 195:
        return np.eye(3)
    if data.number != 62:
        raise StructureError(
            f"setting {setting}: for crystals of space group 62 (Pnma, Pbnm); this one is "
            f"{data.international} ({data.number})"
        )
    pnma = _proper_permutation(np.linalg.inv(data.transformation_matrix).T)
    pbnm = _PBNM_FROM_PNMA @ pnma
    return {"Pnma": pnma, "Pbnm": pbnm, "pseudo-cubic": _CUBIC_FROM_PBNM @ pbnm}[name]


def _given_matrix(setting: Any) -> np.ndarray:
    try:
        rows = [[float(Fraction(x) if isinstance(x, str) else x) for x in row] for row in setting]
        matrix = np.array(rows)
    except (TypeError, ValueError, ZeroDivisionError):
        matrix = np.zeros((0, 0))
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise StructureError(f"setting {setting!r}: expected a name or a 3×3 change of basis")
    if abs(np.linalg.det(matrix)) < 1e-9:
        raise StructureError(f"setting {setting!r}: the change of basis is singular")
    return matrix


def _proper_permutation(matrix: np.ndarray) -> np.ndarray:
    """Drop the signs of a signed permutation of orthogonal axes; keep it right-handed."""
    plain = np.rint(np.abs(matrix))
    if np.linalg.det(plain) < 0:
        plain[2] *= -1
    return plain


def to_crystal(indices: Indices, matrix: np.ndarray) -> tuple[int, int, int]:
    """Return indices of a setting in the crystal's own axes, as the smallest integers.

    Raises
    ------
    StructureError
        No integers up to 1000 are parallel to them.
    """
    values = np.asarray(indices.values, float)
    plane = indices.kind.startswith("plane")
    own = np.linalg.solve(matrix, values) if plane else values @ matrix
    scaled = own / np.abs(own).max()
    for n in range(1, 1001):
        whole = np.rint(scaled * n)
        if np.allclose(whole, scaled * n, atol=1e-6 * n):
            out = whole.astype(int) // np.gcd.reduce(whole.astype(int))
            return int(out[0]), int(out[1]), int(out[2])
    raise StructureError(f"{indices}: no integer indices in the crystal's own axes are parallel")


def in_settings(crystal: Atoms, miller: Sequence[int]) -> dict[str, Indices]:
    """Return a plane of a crystal in every named setting that applies to it.

    Parameters
    ----------
    crystal : Atoms
        From :func:`heterodot.structures.crystal`.
    miller : three int
        In the crystal's own axes.

    Returns
    -------
    dict of str to Indices
        Smallest integers; empty unless the space group is 62.
    """
    cell = (crystal.cell.array, crystal.get_scaled_positions(), crystal.numbers)
    if symmetry_dataset(cell, SYMPREC).number != 62:
        return {}
    own = Indices("plane", (int(miller[0]), int(miller[1]), int(miller[2])))
    found = {}
    for name in SETTINGS[1:]:
        back = np.linalg.inv(setting_matrix(crystal, name))
        found[name] = Indices("plane", to_crystal(own, back), name)
    return found


def family(indices: Indices, matrix: np.ndarray, crystal: Atoms) -> list[Indices]:
    """Return the members of a family {hkl} or <uvw>; of single indices, themselves.

    In the setting "pseudo-cubic" all permutations and signs; else what the crystal's point group
    makes equivalent.
    """
    if "family" not in indices.kind:
        return [indices]
    values = np.array(indices.values)
    kind = indices.kind.split()[0]
    if (indices.setting or "").lower().replace("-", "").replace(" ", "") == "pseudocubic":
        operations = _signed_permutations()
        members = operations @ values
    else:
        cell = (crystal.cell.array, crystal.get_scaled_positions(), crystal.numbers)
        rotations = symmetry_dataset(cell, SYMPREC).rotations
        back = np.linalg.inv(matrix)
        in_setting = back.T @ rotations @ matrix.T  # acts on coordinates in the setting
        members = values @ in_setting if kind == "plane" else in_setting @ values
    unique = np.unique(np.rint(members).astype(int), axis=0)[::-1]
    return [Indices(kind, (int(h), int(k), int(j)), indices.setting) for h, k, j in unique]


def _signed_permutations() -> np.ndarray:
    from itertools import permutations, product

    return np.array(
        [
            np.diag(s) @ np.eye(3)[list(p)]
            for p in permutations(range(3))
            for s in product((1, -1), repeat=3)
        ]
    )
