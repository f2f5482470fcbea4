"""Imaginary modes of a crystal: at which wave vector, how large, and which atoms move how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis.motion.phonons.crystal import (
    WAVENUMBER,
    HarmonicCrystal,
    ase_atoms,
    modes_at,
    quiet,
)
from heterodot.analysis.motion.phonons.spectra import PhononBands, special_points
from heterodot.data.movies import Movie

IMAGINARY = 0.1
"""THz (3.3 cm⁻¹): an imaginary frequency below this is not told from zero. Chosen: interpolated
acoustic modes near Γ of stable crystals come out at up to 0.05i THz; decides the flags."""

SAME = 0.01
"""THz: modes that are one another's image by symmetry differ by less."""

AMPLITUDE = 0.3
"""Å: of the atom that moves most, in a structure that shows a mode."""

_MOST_CELLS = 64
"""Primitive cells in a structure that shows a mode."""

_FRAMES = 11
"""From one turning point of a mode to the other."""

_LISTED = 3
"""Modes that are named, and shown, at most."""


@dataclass(frozen=True, eq=False)
class ImaginaryMode:
    """A mode along which the crystal gains energy.

    Attributes
    ----------
    point : str
        The label of the wave vector, such as X; empty where it has none.
    wave_vector : (3,) float array
        In the reciprocal basis of the primitive cell.
    frequency : float
        THz, negative.
    degeneracy : int
        Modes of this frequency at this wave vector.
    pattern : str
        Which atoms move along which direction, in words.
    exact : bool
        Whether the wave fits into the supercell; if not, the frequency is interpolated.
    structure : Atoms or None
        A cell the wave fits into, its atoms displaced; None where that would be too large.
    band : int
        Which mode at the wave vector, in phonopy's order.
    """

    point: str
    wave_vector: np.ndarray
    frequency: float
    degeneracy: int
    pattern: str
    exact: bool
    structure: Atoms | None = None
    band: int = 0

    @property
    def place(self) -> str:
        """The wave vector in words: ``X (1/2, 0, 1/2)``."""
        numbers = ", ".join(_fraction(x) for x in self.wave_vector)
        return f"{self.point} ({numbers})".strip()

    def __str__(self) -> str:
        """Return the mode in words."""
        times = f" (× {self.degeneracy})" if self.degeneracy > 1 else ""
        size = abs(self.frequency)
        return (
            f"{size:.2f}i THz, {size * WAVENUMBER:.0f}i cm⁻¹{times} at q = {self.place}: "
            f"{self.pattern}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the structure as plain JSON values."""
        return {
            "point": self.point,
            "wave_vector": self.wave_vector.tolist(),
            "frequency": self.frequency,
            "frequency_cm": self.frequency * WAVENUMBER,
            "degeneracy": self.degeneracy,
            "pattern": self.pattern,
            "exact": self.exact,
        }


def imaginary_modes(
    crystal: HarmonicCrystal, bands: PhononBands, limit: float = IMAGINARY
) -> tuple[ImaginaryMode, ...]:
    """Return the imaginary modes, the largest first; each once of those symmetry makes the same.

    Those that fit into the supercell, and where none of these is imaginary, the largest along the
    bands, which is interpolated.

    Parameters
    ----------
    crystal : HarmonicCrystal
    bands : PhononBands
    limit : float
        THz; see :data:`IMAGINARY`.
    """
    points, _ = special_points(crystal.primitive, crystal.symprec)
    vectors = _irreducible(crystal, [*points.values(), *crystal.commensurate])
    vectors = [q for q in vectors if _fits(crystal, q)]
    lowest = crystal.frequencies(vectors)[:, 0]
    found: list[ImaginaryMode] = []
    for i in np.argsort(lowest, kind="stable"):
        if lowest[i] > -limit:
            break
        if not any(abs(lowest[i] - mode.frequency) < SAME for mode in found):
            found.append(_mode(crystal, vectors[i], points, exact=True))
    if not found and bands.lowest < -limit:
        line = int(np.argmin([f.min() for f in bands.frequencies]))
        q = bands.wave_vectors[line][int(np.argmin(bands.frequencies[line][:, 0]))]
        found.append(_mode(crystal, q, points, exact=False))
    return tuple(found[:_LISTED])


def _mode(
    crystal: HarmonicCrystal, q: np.ndarray, points: dict[str, np.ndarray], *, exact: bool
) -> ImaginaryMode:
    values, vectors = modes_at(crystal.model, [q])
    order = np.argsort(values[0], kind="stable")
    frequencies = values[0][order]
    times = int((np.abs(frequencies - frequencies[0]) < SAME).sum())
    vector = vectors[0][:, order[0]].reshape(-1, 3)
    masses = np.asarray(crystal.model.primitive.masses)
    moves = vector / np.sqrt(masses)[:, None]
    label = next((name for name, p in points.items() if _equivalent(p, q)), "")
    displaced = mode_structure(crystal, q, int(order[0]))
    return ImaginaryMode(
        label,
        np.asarray(q, float),
        float(frequencies[0]),
        times,
        _pattern(crystal, moves, displaced),
        exact,
        displaced,
        int(order[0]),
    )


def _pattern(crystal: HarmonicCrystal, moves: np.ndarray, displaced: Atoms | None) -> str:
    """Say which elements move, by how much of the motion, and along which direction."""
    symbols = np.array(crystal.model.primitive.symbols)
    sizes = np.linalg.norm(moves, axis=1)
    shares = {s: float(sizes[symbols == s].max() / sizes.max()) for s in dict.fromkeys(symbols)}
    listed = sorted(shares, key=lambda s: -shares[s])
    names = ", ".join(f"{s} {shares[s]:.2f}" for s in listed if shares[s] >= 0.05)
    largest = moves[int(np.argmax(sizes))]
    turned = largest * np.exp(-1j * np.angle(largest[np.argmax(np.abs(largest))]))
    direction = turned.real / np.abs(turned.real).max()
    along = ", ".join(f"{x + 0.0:.2g}" for x in np.where(np.abs(direction) < 0.005, 0, direction))
    cells = "" if displaced is None else f", in {len(displaced) // len(symbols)} primitive cells"
    return f"amplitudes {names}, {listed[0]} along [{along}]{cells}"


def mode_structure(
    crystal: HarmonicCrystal, q: Sequence[float] | np.ndarray, band: int
) -> Atoms | None:
    """Return the primitive cell repeated until a wave fits, its atoms displaced along a mode.

    Parameters
    ----------
    crystal : HarmonicCrystal
    q : (3,) sequence of float
        In the reciprocal basis of the primitive cell.
    band : int
        From 0, in phonopy's order.

    Returns
    -------
    Atoms or None
        The atom that moves most by 0.3 Å; None where no cell of 64 primitive ones holds the wave.
    """
    found = _mode_frames(crystal, q, band, (1.0,))
    return found[0] if found else None


def mode_movie(
    crystal: HarmonicCrystal, q: Sequence[float] | np.ndarray, band: int, caption: str
) -> Movie | None:
    """Return a mode as it swings; see :func:`mode_structure`."""
    phases = np.linspace(-np.pi / 2, np.pi / 2, _FRAMES)
    found = _mode_frames(crystal, q, band, np.sin(phases).tolist())
    return Movie(found, (caption,) * len(found), swings=True) if found else None


def _mode_frames(
    crystal: HarmonicCrystal,
    q: Sequence[float] | np.ndarray,
    band: int,
    amplitudes: Sequence[float],
) -> list[Atoms]:
    """Return a cell that holds a wave, displaced by so many times 0.3 Å; none if it is large."""
    repeat = [Fraction(float(x)).limit_denominator(24).denominator for x in q]
    fits = all(abs(x * n - round(x * n)) < 1e-4 for x, n in zip(q, repeat, strict=True))
    if not fits or np.prod(repeat) > _MOST_CELLS:
        return []
    with quiet():
        crystal.model.run_modulations(repeat, [(list(map(float, q)), band, 1.0, 0.0)])
        shifts, supercell = crystal.model.get_modulations_and_supercell()
    moves = np.real(np.asarray(shifts)[0])
    if np.abs(moves).max() < 1e-9:  # a quarter of a wave further on
        moves = np.imag(np.asarray(shifts)[0])
    moves = AMPLITUDE * moves / np.linalg.norm(moves, axis=1).max()
    frames = []
    for amplitude in amplitudes:
        atoms = ase_atoms(supercell)
        atoms.positions += amplitude * moves
        frames.append(atoms)
    return frames


def _irreducible(crystal: HarmonicCrystal, vectors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the first of all wave vectors that symmetry, or time reversal, makes the same."""
    turns = np.asarray(crystal.model.primitive_symmetry.reciprocal_operations)
    kept: list[np.ndarray] = []
    for q in vectors:
        star = turns @ np.asarray(q)
        if not any(_equivalent(image, other) for image in (*star, *-star) for other in kept):
            kept.append(np.asarray(q, float))
    return kept


def _fits(crystal: HarmonicCrystal, q: np.ndarray) -> bool:
    """Whether a wave fits into the supercell."""
    return any(_equivalent(q, other) for other in crystal.commensurate)


def _equivalent(p: np.ndarray, q: np.ndarray) -> bool:
    difference = np.asarray(p) - np.asarray(q)
    return bool(np.abs(difference - np.rint(difference)).max() < 1e-5)


def _fraction(value: float) -> str:
    nearest = Fraction(float(value)).limit_denominator(24)
    return str(nearest) if abs(float(nearest) - value) < 1e-4 else f"{value:.3f}"
