"""Energy, forces and stress of London dispersion, by s-dftd3 and dftd4.

Both are compiled libraries of their own, called in this process; neither depends on what another
code has loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from ase.units import Bohr, Hartree

from heterodot.calculators.dispersion.setting import EXTRA, METHODS, NAME
from heterodot.calculators.translation import one_line
from heterodot.errors import CalculationError, MissingDependencyError


@dataclass(frozen=True)
class Contribution:
    """What dispersion adds to a structure.

    Attributes
    ----------
    energy : float
        eV.
    forces : (n, 3) array
        eV/Å.
    stress : (6,) array or None
        eV/Å³, in the order xx, yy, zz, yz, xz, xy; None without a cell of three vectors.
    """

    energy: float
    forces: np.ndarray
    stress: np.ndarray | None


class Dispersion:
    """The dispersion of structures, the last one remembered.

    Parameters
    ----------
    method, functional : str
        As in :mod:`heterodot.calculators.dispersion.setting`.
    charge : int
        Total charge, e; D4's coefficients depend on it, D3's do not.

    Raises
    ------
    MissingDependencyError
        If the method's package is not installed.
    """

    def __init__(self, method: str, functional: str, charge: int = 0) -> None:
        self.method, self.functional, self.charge = method, functional, charge
        self._calculate = _LIBRARIES[method](functional.lower(), charge)
        self._last: tuple[Atoms, Contribution] | None = None

    def of(self, atoms: Atoms) -> Contribution:
        """Return what dispersion adds to a structure.

        Raises
        ------
        CalculationError
            If the library refuses it.
        """
        if self._last is None or not _same(self._last[0], atoms):
            bare = Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
            self._last = bare, self._contribution(bare)
        return self._last[1]

    def _contribution(self, atoms: Atoms) -> Contribution:
        try:
            found = self._calculate(atoms)
        except RuntimeError as error:
            raise CalculationError(
                f"{METHODS[self.method].package} failed for {atoms.get_chemical_formula()}: "
                f"{one_line(error)}"
            ) from error
        energy, gradient = float(found["energy"]) * Hartree, np.asarray(found["gradient"])
        forces = -gradient * Hartree / Bohr
        stress = None
        if atoms.cell.rank == 3:
            virial = np.asarray(found["virial"]) * Hartree / atoms.get_volume()
            stress = virial.flat[[0, 4, 8, 5, 2, 1]]
        if not (np.isfinite(energy) and np.isfinite(forces).all()):
            raise CalculationError(
                f"{METHODS[self.method].package} gave numbers that are not finite for "
                f"{atoms.get_chemical_formula()}: check the geometry"
            )
        return Contribution(energy, forces, stress)


_Calculate = Callable[[Atoms], Mapping[str, Any]]
"""Gives ``energy``, ``gradient`` and ``virial`` in Hartree and Bohr.

Nothing of the library outlives a call: dftd4's objects complain when the interpreter ends.
"""


def _d3(functional: str, charge: int) -> _Calculate:  # noqa: ARG001 - D3 knows none
    with _library("d3bj"):
        from dftd3.interface import DispersionModel, RationalDampingParam

    def calculate(atoms: Atoms) -> Mapping[str, Any]:
        damping = RationalDampingParam(method=functional, atm=False)
        model = DispersionModel(atoms.numbers, atoms.positions / Bohr, **_lattice(atoms))
        return dict(model.get_dispersion(damping, grad=True))

    return calculate


def _d4(functional: str, charge: int) -> _Calculate:
    with _library("d4"):
        from dftd4.interface import DampingParam, DispersionModel

    def calculate(atoms: Atoms) -> Mapping[str, Any]:
        damping = DampingParam(method=functional, atm=True)
        model = DispersionModel(
            atoms.numbers, atoms.positions / Bohr, float(charge), **_lattice(atoms)
        )
        return dict(model.get_dispersion(damping, grad=True))

    return calculate


_LIBRARIES: dict[str, Callable[[str, int], _Calculate]] = {"d3bj": _d3, "d4": _d4}


def _lattice(atoms: Atoms) -> dict[str, np.ndarray]:
    """Return the lattice (Bohr) with directions that are not periodic completed; none if finite."""
    if not atoms.pbc.any():
        return {}
    return {"lattice": atoms.cell.complete().array / Bohr, "periodic": atoms.pbc}


def _same(a: Atoms, b: Atoms) -> bool:
    pairs = ((a.numbers, b.numbers), (a.positions, b.positions), (a.pbc, b.pbc))
    same_cell = np.array_equal(a.cell.array, b.cell.array)
    return same_cell and all(np.array_equal(*pair) for pair in pairs)


@contextmanager
def _library(method: str) -> Iterator[None]:
    """Import a method's package, with one thread a job where the environment does not say more.

    The OpenMP that comes with dftd4 reads the number when it is loaded. With more than one, a
    process forked after a calculation would wait for threads that are not there.
    """
    threads, package = os.environ.get("OMP_NUM_THREADS"), METHODS[method].package
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(
            f"{NAME} = {method!r} needs {package} ({one_line(error)}): {EXTRA}"
        ) from error
    finally:
        if threads is None:
            del os.environ["OMP_NUM_THREADS"]
