"""Strained cells of a crystal as tasks, and the constants their stresses or energies give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.units import GPa

from heterodot.analysis import Flag
from heterodot.analysis.elasticity.strains import (
    energy_patterns,
    fit_to_energies,
    fit_to_stresses,
    invariant_basis,
    opposite,
    strain_tensor,
    stress_patterns,
    stress_tensor,
    stress_vector,
)
from heterodot.calculators import Level
from heterodot.workflows.parts.gates import force_gate, relaxation_gates
from heterodot.workflows.questions.crystals.judging import largest_move
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.results import RelaxResult
from heterodot.workflows.tasks.tasks import Relax

JUMPED = 0.25
"""Å: atoms that moved further beside a strain of a percent have left their minimum. Chosen:
internal strains are of the size of the strain times a bond, 0.01 to 0.05 Å."""

_NAMES = ("xx", "yy", "zz", "yz", "xz", "xy")


@dataclass(frozen=True, eq=False)
class Strained:
    """What strained cells gave.

    Attributes
    ----------
    stiffness : (6, 6) float array
        Relaxed ions, GPa.
    clamped : (6, 6) float array or None
        Atoms where the strain puts them; None where a record of before does not say.
    residual : float
        GPa that do not fit the symmetry, at most.
    n_strains : int
    flags : tuple of Flag
    stress : (6,) float array or None
        eV/Å³ of the crystal unstrained, where it was calculated.
    """

    stiffness: np.ndarray
    clamped: np.ndarray | None
    residual: float
    n_strains: int
    flags: tuple[Flag, ...]
    stress: np.ndarray | None = None


def strained(atoms: Atoms, voigt: np.ndarray) -> Atoms:
    """Return the crystal under a Voigt strain (6,), its atoms where the strain puts them."""
    new: Atoms = atoms.copy()
    new.set_cell(atoms.cell.array @ (np.eye(3) + strain_tensor(voigt)), scale_atoms=True)
    return new


def strained_stresses(
    runner: Runner,
    atoms: Atoms,
    level: Level,
    rotations: np.ndarray,
    size: float,
    criteria: tuple[float, int],
    name: str,
) -> Strained:
    """Return the constants from central differences of the stress.

    A strain whose negative an operation of the crystal gives is calculated one way.

    Parameters
    ----------
    runner : Runner
    atoms : Atoms
        At its minimum.
    level : Level
    rotations : (G, 3, 3) float array
        Point operations in the Cartesian frame.
    size : float
        Of the strains.
    criteria : (float, int)
        Largest force, eV/Å, and geometries at most.
    name : str
    """
    basis = invariant_basis(rotations)
    patterns = stress_patterns(basis)
    turns = [opposite(pattern, rotations) for pattern in patterns]
    keys = [
        (k, sign)
        for k, turn in enumerate(turns)
        for sign in ((1,) if turn is not None else (1, -1))
    ]
    tasks = {(k, s): strained(atoms, s * size * patterns[k]) for k, s in keys}
    fmax, steps = criteria
    found = runner.gather(
        [
            RelaxCell(atoms, level, fmax, steps, hold_cell=True, label=f"{name} unstrained"),
            *(
                RelaxCell(
                    new, level, fmax, steps, hold_cell=True,
                    label=f"{name} strain {_pattern_name(patterns[k])} {'+' if s > 0 else '−'}",
                )
                for (k, s), new in tasks.items()
            ),
        ]
    )  # fmt: skip
    unstrained, by_key = found[0], dict(zip(keys, found[1:], strict=True))
    flags: tuple[Flag, ...] = ()
    for (k, _), one in by_key.items():
        what = f"strain {_pattern_name(patterns[k])}"
        flags += force_gate(one.fmax, fmax, what)
    for key, new in tasks.items():
        flags += _jump_gate(new, by_key[key].structure, _pattern_name(patterns[key[0]]))

    def constants(which: str) -> tuple[np.ndarray, float] | None:
        stresses = {key: getattr(one, which) for key, one in by_key.items()}
        if any(stress is None for stress in stresses.values()):
            return None
        slopes = []
        for k, turn in enumerate(turns):
            up = stress_tensor(stresses[k, 1])
            down = stress_tensor(stresses[k, -1]) if turn is None else turn @ up @ turn.T
            slopes.append(stress_vector(up - down) / (2 * size * GPa))
        return fit_to_stresses(basis, patterns, np.array(slopes))

    relaxed, clamped = constants("stress"), constants("first_stress")
    assert relaxed is not None  # noqa: S101 - every result has the stress of its end
    return Strained(
        relaxed[0], None if clamped is None else clamped[0], relaxed[1], len(keys), flags,
        unstrained.stress,
    )  # fmt: skip


def strained_energies(
    runner: Runner,
    atoms: Atoms,
    level: Level,
    rotations: np.ndarray,
    size: float,
    criteria: tuple[float, int],
    name: str,
) -> Strained:
    """Return the constants from second differences of the energy; as :func:`strained_stresses`."""
    basis = invariant_basis(rotations)
    patterns = energy_patterns(basis)
    both = [(1,) if opposite(p, rotations) is not None else (1, -1) for p in patterns]
    fmax, steps = criteria
    starts = [atoms]
    labels = ["unstrained"]
    for pattern, signs in zip(patterns, both, strict=True):
        for sign in signs:
            starts.append(strained(atoms, sign * size * pattern))
            labels.append(f"strain {_pattern_name(pattern)} {'+' if sign > 0 else '−'}")
    found: list[RelaxResult] = runner.gather(
        Relax(one, level, fmax, steps, label=f"{name} {label}")
        for one, label in zip(starts, labels, strict=True)
    )
    flags: tuple[Flag, ...] = ()
    for one, start, label in zip(found, starts, labels, strict=True):
        flags += relaxation_gates(one, fmax, label) + _jump_gate(start, one.structure, label)
    volume = atoms.get_volume()

    def constants(energies: list[float]) -> tuple[np.ndarray, float]:
        rest = iter(energies[1:])
        curvatures = []
        for signs in both:
            mean = sum(next(rest) for _ in signs) / len(signs)
            curvatures.append(2 * (mean - energies[0]) / (size**2 * volume * GPa))
        return fit_to_energies(basis, patterns, np.array(curvatures))

    stiffness, residual = constants([float(one.energy) for one in found])
    clamped, _ = constants([float(one.energies[0]) for one in found])
    return Strained(stiffness, clamped, residual, len(starts) - 1, flags)


def _jump_gate(start: Atoms, relaxed: Atoms, what: str) -> tuple[Flag, ...]:
    moved = largest_move(start, relaxed)
    if moved <= JUMPED:
        return ()
    message = f"{what}: an atom moved by {moved:.2f} Å; the crystal left its minimum"
    return (Flag("left-minimum", message),)


def _pattern_name(pattern: np.ndarray) -> str:
    return "+".join(name for name, value in zip(_NAMES, pattern, strict=True) if value)
