"""Model surfaces whose stationary points are known, reached by import path from the tests."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.constraints import FixAtoms

from heterodot.calculators import Level

# K. Müller, L. D. Brown, Theor. Chim. Acta 53, 75 (1979)
_A = np.array([-200.0, -100.0, -170.0, 15.0])
_XX = np.array([-1.0, -1.0, -6.5, 0.7])
_XY = np.array([0.0, 0.0, 11.0, 0.6])
_YY = np.array([-10.0, -10.0, -6.5, 0.7])
_X0 = np.array([1.0, 0.0, -0.5, -1.0])
_Y0 = np.array([0.0, 0.5, 1.5, 1.0])

SCALE = 0.01
"""eV for one unit of the paper's energies."""

MINIMA = {"A": (-0.558, 1.442, -146.70), "B": (-0.050, 0.467, -80.77), "C": (0.623, 0.028, -108.17)}
SADDLES = {"AB": (-0.822, 0.624, -40.66), "BC": (0.212, 0.293, -72.25)}
"""x, y and energy, of the paper's table, in its units."""


class MullerBrown(Calculator):
    """The surface in x and y of the first atom, a spring along z; further atoms feel nothing."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]

    def calculate(self, atoms=None, properties=None, system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        x, y, z = atoms.positions[0]
        dx, dy = x - _X0, y - _Y0
        terms = _A * np.exp(_XX * dx**2 + _XY * dx * dy + _YY * dy**2)
        forces = np.zeros((len(atoms), 3))
        forces[0, 0] = -SCALE * (terms * (2 * _XX * dx + _XY * dy)).sum()
        forces[0, 1] = -SCALE * (terms * (_XY * dx + 2 * _YY * dy)).sum()
        forces[0, 2] = -z
        self.results = {"energy": SCALE * terms.sum() + 0.5 * z**2, "forces": forces}


class Slope(Calculator):
    """Downhill along x of the first atom all the way."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]

    def calculate(self, atoms=None, properties=None, system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        x, y, z = atoms.positions[0]
        forces = np.zeros((len(atoms), 3))
        forces[0] = (0.3, -y, -z)
        self.results = {"energy": -0.3 * x + 0.5 * (y**2 + z**2), "forces": forces}


def level(name: str) -> Level:
    """Return the level of one of the surfaces."""
    return Level.from_ase(f"tests.workflows.questions.paths.surfaces:{name}")


def particle(x: float, y: float) -> Atoms:
    """Return an atom at a place of a surface; three that are held keep it from being turned."""
    frame = [(30, 0, 0), (0, 30, 0), (0, 0, 30)]
    atoms = Atoms("He4", [(x, y, 0.0), *frame])
    atoms.set_constraint(FixAtoms([1, 2, 3]))
    return atoms
