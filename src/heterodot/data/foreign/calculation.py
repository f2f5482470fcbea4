"""What a calculation of another code becomes here, and the checks it must pass."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import ArrayLike

from heterodot.data.electronic_structure import ElectronicStructure, Projections
from heterodot.errors import InputError

PACKED = (".gz", ".bz2", ".xz")
"""Endings of packed files that are read as they are."""

BROKEN = (
    ValueError, KeyError, IndexError, AttributeError, TypeError, EOFError, OSError, zlib.error,
    lzma.LZMAError,
)  # fmt: skip
"""What parsers raise at a file that is not what its name says, or cut short."""

LOST = 2e-3
"""Electrons for each electron by which occupations may miss the number a code printed: occupations
are printed to four or five digits."""

BEYOND_ONE = 0.02
"""By how much the weights of a state on orthogonal orbitals may sum to more than one: codes print
three digits of each."""

ANGULAR = "spdf"


@dataclass(frozen=True)
class ForeignCalculation:
    """A calculation another code made, as far as its files say.

    Attributes
    ----------
    path : Path
        The file that was named.
    program : str
        Code and version, e.g. ``VASP 6.4.2``.
    states : ElectronicStructure
        What every analysis reads.
    atoms : Atoms
        The structure of these states, positions in Å.
    files : tuple of Path
        All files that were read for it.
    """

    path: Path
    program: str
    states: ElectronicStructure
    atoms: Atoms
    files: tuple[Path, ...] = field(default=())

    def summary(self) -> str:
        """Return structure, states, levels and projections in a few lines, what is missing last."""
        states = self.states
        shape = f"{states.energies.shape[1]} k-point(s), {states.energies.shape[2]} bands"
        spin = "spin-polarised" if states.n_spins == 2 else "spin-paired"
        fermi = ", ".join(f"{level:.4f}" for level in dict.fromkeys(states.fermi_levels))
        lines = [
            f"{self.path}: {self.atoms.get_chemical_formula()}, {self.program}",
            f"  {shape}, {spin}, {states.n_electrons:g} electrons, E_F {fermi} eV",
            f"  {describe_gap(states)}",
        ]
        for kind, each in states.projections.items():
            lines.append(f"  projections: {kind}, {describe_projections(each)}")
        lines += [f"  no {what}: {advice}" for what, advice in missing(states).items()]
        lines += [f"  {text}" for text in states.caveats]
        return "\n".join(lines)


def missing(states: ElectronicStructure) -> dict[str, str]:
    """Return what the files did not hold, and how the code writes it."""
    told: Mapping[str, str] = states.level.get("missing", {})
    return dict(told)


def describe_gap(states: ElectronicStructure) -> str:
    """Return VBM, CBM and gap in words, eV on the code's own scale."""
    if states.gapless:
        return "no gap (a metal)" if states.metallic else "no gap"
    if not np.isfinite(states.lumo):
        return f"highest filled state {states.homo:.4f} eV, no empty state calculated"
    return f"gap {states.gap:.4f} eV, VBM {states.homo:.4f}, CBM {states.lumo:.4f} eV"


def describe_projections(projections: Projections) -> str:
    """Return by what the states are resolved."""
    shells = "".join(ANGULAR[number] for number in sorted(set(projections.l.tolist())))
    resolved = "atoms" if projections.groups is None else "kinds of atoms"
    return f"on {resolved}, l ({shells})" + ("" if projections.m is None else " and m")


def level_of(
    code: str, program: str, theory: str = "", lacking: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what the states say of where they come from."""
    label = f"{program}, {theory}" if theory else program
    return {"code": code, "label": label, "missing": dict(lacking or {})}


def text_of(path: Path) -> str:
    """Return the content of a text file, packed or not; any line endings."""
    unpack = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
    data = path.read_bytes()
    data = unpack[path.suffix](data) if path.suffix in PACKED else data
    return data.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def beginning(path: Path, size: int = 20_000) -> str:
    """Return the first characters of a file, packed or not; empty for what is no text."""
    openers: Mapping[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    try:
        with openers.get(path.suffix, open)(path, "rb") as file:
            data: bytes = file.read(size)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return ""
    return "" if b"\0" in data else data.decode("utf-8", errors="replace")


def beside(path: Path, names: Iterable[str]) -> Path | None:
    """Return the first of these files, packed or not, that is in the folder of another."""
    for name in names:
        for ending in ("", *PACKED):
            found = path.parent / f"{name}{ending}"
            if found.is_file():
                return found
    return None


def normalised(weights: np.ndarray) -> np.ndarray:
    """Return (k,) weights of k-points that sum to one.

    Raises
    ------
    InputError
        They sum to nothing.
    """
    total = float(weights.sum())
    if not np.isfinite(total) or total <= 0:
        raise InputError(f"the weights of the k-points sum to {total:g}: expected a positive sum")
    return weights / total


def checked(states: ElectronicStructure, counted: bool = True) -> ElectronicStructure:
    """Return states whose sums are those the code printed, their Fermi level in their gap.

    Where every band is full or empty at every k-point there is a gap, and a Fermi level beside it
    (of another run, or of a coarse grid of energies) is replaced by the highest filled state.

    Parameters
    ----------
    states : ElectronicStructure
    counted : bool
        Whether the occupations must hold the electrons (of bands along lines they do not).

    Raises
    ------
    InputError
        Occupations that miss the electrons, or weights of a state that cannot be.
    """
    if not np.isfinite(states.energies).all():
        raise InputError("energies that are no numbers; is the file whole?")
    held = float((states.k_weights[None, :, None] * states.occupations).sum())
    if counted and abs(held - states.n_electrons) > max(LOST * states.n_electrons, 0.01):
        raise InputError(
            f"its states hold {held:.4f} electrons, the code says {states.n_electrons:.4f}; "
            "is the file whole?"
        )
    for projections in states.projections.values():
        _check_weights(projections)
    return _with_level_in_gap(states)


def _with_level_in_gap(states: ElectronicStructure) -> ElectronicStructure:
    full = 2.0 / states.n_spins
    filled = states.occupations > 0.5 * full
    whole = np.abs(states.occupations - full * filled).max(initial=0.0) < 1e-3
    alike = bool((filled == filled[:, :1]).all())
    if not (whole and alike and filled.any()) or len(set(states.fermi_levels)) > 1:
        return states
    below = float(states.energies[filled].max())
    above = float(states.energies[~filled].min(initial=np.inf))
    level = float(states.fermi_levels[0])
    if below >= above or below - 1e-6 <= level <= above + 1e-6:
        return states
    text = (
        f"the Fermi level of the file, {level:.4f} eV, is not in the gap of its states: the "
        "highest filled one stands for it"
    )
    return replace(states, fermi_level=below, caveats=(*states.caveats, text))


def _check_weights(projections: Projections) -> None:
    if not np.isfinite(projections.weights).all():
        raise InputError("projections that are no numbers; is the file whole?")
    if projections.kind == "PAW":
        return
    largest = float(projections.weights.sum(axis=-1).max(initial=0.0))
    if largest > 1 + BEYOND_ONE:
        raise InputError(
            f"{projections.kind} weights of one state sum to {largest:.3f}: expected at most 1"
        )


def is_path(points: ArrayLike, weights: ArrayLike) -> bool:
    """Return whether k-points of a list are those of a path: equal weights, and no even cover.

    Points that cover the zone evenly make Σ cos 2πk vanish along each direction of several values,
    and Σ cos 4πk along those of more than two.

    Parameters
    ----------
    points : (k, 3) float array
        In units of the reciprocal vectors.
    weights : (k,) float array
    """
    k, w = np.asarray(points, float), np.asarray(weights, float)
    if len(w) < 3 or np.ptp(w) > 1e-6 * w.max():
        return False
    values = np.array([len(np.unique(np.round(column % 1.0, 6))) for column in k.T])
    once, twice = (np.abs(np.cos(2 * np.pi * n * k).mean(axis=0)) > 1e-3 for n in (1, 2))
    return bool(once[values > 1].any() or twice[values > 2].any())


def along_lines(states: ElectronicStructure) -> ElectronicStructure:
    """Return states that say that their k-points are those of a band structure."""
    text = (
        "k-points along lines of a band structure: energies and gap along them hold, a density of "
        "states or a band centre does not"
    )
    return replace(states, caveats=(*states.caveats, text))
