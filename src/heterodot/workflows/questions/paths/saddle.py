"""Whether the highest image is the saddle between the two ends, and the vibrations there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.motion.rates.harmonic import LIGHT
from heterodot.analysis.thermo.external_modes import n_external
from heterodot.calculators import Level
from heterodot.constraints import free_indices, n_rigid_motions
from heterodot.structures.paths.mapping import displacements
from heterodot.workflows.parts.gates import recovery_gate
from heterodot.workflows.tasks.outcomes import Asks
from heterodot.workflows.tasks.results import HessianResult
from heterodot.workflows.tasks.tasks import Hessian, Relax

NUDGE = 0.15
"""Å the atom that moves most is pushed along the imaginary mode, to each side. Chosen."""

SAME = 0.3
"""Å: a geometry no atom of which is further from another's is the same minimum. Chosen: a third of
the shortest jump between sites."""

SLIGHT = 20.0
"""cm⁻¹: imaginary modes beside the path's own that are smaller are not counted: forces that are
wrong by 1 meV/Å make as much (see ``ACOUSTIC_MODE``)."""

MOVED = 0.2
"""Å: atoms that move further from one end to the other, or to the saddle, are those "moving"."""

DOWNHILL = "BFGS"
"""Optimizer from there: it turns round at no negative curvature, where LBFGS climbs back."""

RELAXATION = 300
"""Geometries of a relaxation from the saddle at most."""


@dataclass(frozen=True)
class CheckedSaddle:
    """What the vibrations say of a saddle.

    Attributes
    ----------
    start, saddle, end : (m,) float array
        Real vibrations, cm⁻¹, translations and rotations left out.
    imaginary : float
        Of the saddle, cm⁻¹, negative; 0 where there is none.
    flags : tuple of Flag
    indices : tuple of int
        Atoms that were displaced.
    along : (2,) tuple of float
        Frequency of start and end along the leg of the path beside them, cm⁻¹; 0 where it is not
        real.
    """

    start: np.ndarray
    saddle: np.ndarray
    end: np.ndarray
    imaginary: float
    flags: tuple[Flag, ...]
    indices: tuple[int, ...]
    along: tuple[float, float] = (0.0, 0.0)


def vibrating(images: Sequence[Atoms], which: str) -> tuple[int, ...]:
    """Return the atoms to displace: all that are free, or those of them that move on the path."""
    free = free_indices(images[0])
    if which == "all":
        return tuple(free)
    moved = np.max([np.linalg.norm(displacements(images[0], b), axis=1) for b in images], axis=0)
    return tuple(i for i in free if moved[i] > MOVED) or tuple(free)


def check_saddle(
    runner: Asks,
    level: Level,
    images: Sequence[Atoms],
    saddle: Atoms,
    indices: tuple[int, ...],
    fmax: float,
    name: str,
) -> CheckedSaddle:
    """Take the vibrations of ends and saddle; go down from the saddle to both sides.

    Returns
    -------
    CheckedSaddle
        With the flags ``not-a-saddle`` where there is not exactly one imaginary mode,
        ``other-end`` where it does not lead to both ends, ``imaginary-mode`` where an end has one.
    """
    ends = (images[0], images[-1])
    asked = zip((ends[0], saddle, ends[1]), ("start", "saddle", "end"), strict=True)
    hessians: list[HessianResult] = runner.gather(
        Hessian(atoms, level, indices, label=f"{name} {what} vibrations") for atoms, what in asked
    )
    flags = tuple(f for h in hessians for f in recovery_gate(h.recovery, "vibrations"))
    at_start, at_saddle, at_end = (
        internal(h, atoms) for h, atoms in zip(hessians, (ends[0], saddle, ends[1]), strict=True)
    )
    for what, modes in (("start", at_start), ("end", at_end)):
        if (modes < -SLIGHT).any():
            worst = f"{-modes.min():.0f}i cm⁻¹"
            flags += (Flag("imaginary-mode", f"the {what} is no minimum: {worst}"),)
    beyond = at_saddle[at_saddle < -SLIGHT]
    if len(beyond) != 1:
        found = ", ".join(f"{-nu:.0f}i" for nu in beyond) or "none"
        message = f"imaginary modes of the highest image (cm⁻¹): {found}; expected one"
        flags += (Flag("not-a-saddle", message),)
    if len(beyond):
        flags += _sides(runner, level, ends, saddle, hessians[1], fmax, name)
    lowest = float(at_saddle.min())
    start, top, end = (modes[modes > 0] for modes in (at_start, at_saddle, at_end))
    along = (
        frequency_along(hessians[0], images[0], images[1]),
        frequency_along(hessians[2], images[-1], images[-2]),
    )
    return CheckedSaddle(start, top, end, min(0.0, lowest), flags, indices, along)


def frequency_along(hessian: HessianResult, atoms: Atoms, towards: Atoms) -> float:
    """Return the frequency (cm⁻¹) of a minimum along the way to another geometry; 0 if not real.

    Of the mass-weighted direction u of the displaced atoms it is √(u·Du), D the dynamical matrix.
    """
    from ase import units

    indices = list(hessian.indices)
    roots = np.sqrt(np.repeat(atoms.get_masses()[indices], 3))
    way = roots * displacements(atoms, towards)[indices].ravel()
    size = float(np.linalg.norm(way))
    if size == 0:
        return 0.0
    way /= size
    square = float(way @ (hessian.hessian / np.outer(roots, roots)) @ way)
    return float(np.sqrt(max(square, 0.0)) / (2 * np.pi) * units.second / LIGHT)


def internal(hessian: HessianResult, atoms: Atoms) -> np.ndarray:
    """Return the frequencies (cm⁻¹) but for translations and rotations of the whole."""
    found = hessian.frequencies(atoms)
    if len(hessian.indices) == len(atoms):
        outer = n_external(atoms)
    elif len(hessian.indices) == len(free_indices(atoms)):
        outer = n_rigid_motions(atoms)
    else:
        outer = 0  # the rest stands still
    by_size = found[np.argsort(np.abs(found), kind="stable")]
    return np.sort(by_size[outer:])


def _sides(
    runner: Asks,
    level: Level,
    ends: tuple[Atoms, Atoms],
    saddle: Atoms,
    hessian: HessianResult,
    fmax: float,
    name: str,
) -> tuple[Flag, ...]:
    """Relax from both sides of the saddle and flag what is not the two ends."""
    mode = _imaginary_mode(hessian, saddle)
    pushed = []
    for sign in (1, -1):
        atoms = saddle.copy()
        atoms.set_positions(saddle.positions + sign * NUDGE * mode, apply_constraint=False)
        label = f"{name} down from the saddle"
        pushed.append(Relax(atoms, level, fmax, RELAXATION, DOWNHILL, label=label))
    down = [one.structure for one in runner.gather(pushed)]
    away = np.array([[apart(one, end) for end in ends] for one in down])
    straight, crossed = max(away[0, 0], away[1, 1]), max(away[0, 1], away[1, 0])
    if min(straight, crossed) <= SAME:
        return ()
    lost = [
        f"the {what} (nearest {away[:, n].min():.2f} Å off)"
        for n, what in enumerate(("start", "end"))
        if away[:, n].min() > SAME
    ]
    where = " and ".join(lost) or "both, but to one of them from both sides"
    return (Flag("other-end", f"down from the saddle the path does not lead to {where}"),)


def apart(a: Atoms, b: Atoms) -> float:
    """Return the largest displacement of an atom between two structures, Å.

    Free structures without held atoms are laid upon each other first.
    """
    from ase.build import minimize_rotation_and_translation

    if not a.pbc.any() and not a.constraints and len(a) > 1:
        b = b.copy()
        minimize_rotation_and_translation(a, b)
    return float(np.linalg.norm(displacements(a, b), axis=1).max())


def _imaginary_mode(hessian: HessianResult, atoms: Atoms) -> np.ndarray:
    """Return the (a, 3) displacements of the lowest mode, the largest 1."""
    indices = list(hessian.indices)
    roots = np.sqrt(np.repeat(atoms.get_masses()[indices], 3))
    _, vectors = np.linalg.eigh(hessian.hessian / np.outer(roots, roots))
    mode = np.zeros((len(atoms), 3))
    mode[indices] = (vectors[:, 0] / roots).reshape(-1, 3)
    return mode / float(np.linalg.norm(mode, axis=1).max())
