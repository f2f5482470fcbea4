"""Vibrational free energies of whole structures, for differences: every free atom vibrates.

Each structure gives its own Hessian at the level of the geometries, translations and rotations of
the whole projected out; a crystal or slab only the wave vector Γ of the cell it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from ase import Atoms

from heterodot.analysis import Flag, FreeEnergy, harmonic, quasi_harmonic
from heterodot.analysis.vibrations.rigid_motions import project_out
from heterodot.calculators import Level
from heterodot.workflows.parts.gates import external_gate, frequency_gates
from heterodot.workflows.tasks.results import HessianResult
from heterodot.workflows.tasks.task import Task
from heterodot.workflows.tasks.tasks import Hessian


class Gathers(Protocol):
    """What free energies need of a runner."""

    def gather(self, tasks: Iterable[Task[HessianResult]]) -> list[HessianResult]:
        """Return the results of tasks run side by side."""


def vibrational_free_energy(
    hessian: HessianResult,
    atoms: Atoms,
    energy: float,
    temperature: float,
    thermal: str,
    fmax: float,
    what: str,
) -> FreeEnergy:
    """Return E + F_vib of a structure by the Hessian of all its free atoms.

    Parameters
    ----------
    hessian : HessianResult
    atoms : Atoms
        The geometry it was taken at.
    energy : float
        eV.
    temperature : float
        K.
    thermal : {"quasi-harmonic", "harmonic"}
    fmax : float
        Criterion of the relaxation, eV/Å.
    what : str
        Put before the sentences of its flags.
    """
    found = project_out(atoms, hessian.hessian, hessian.indices)
    vibrations = sorted(found.frequencies.tolist(), key=abs)[found.n_external :]
    model = harmonic if thermal == "harmonic" else quasi_harmonic
    free = model(energy, sorted(vibrations), temperature, n_external=0)
    noise = frequency_gates(hessian, found.frequencies, fmax, found.n_external)
    noise += external_gate(found.residual, bool(atoms.pbc.any()))
    flags = (*(flag for flag in noise if flag.name != "imaginary-mode"), *free.flags)
    said = f"{free.model}, all free atoms" + (f"; {hessian.led}" if hessian.led else "")
    named = tuple(Flag(flag.name, f"{what}: {flag.message}") for flag in flags)
    return replace(free, model=said, flags=named)


def free_energies(
    runner: Gathers,
    structures: Mapping[str, tuple[Atoms, float]],
    level: Level,
    temperature: float,
    thermal: str,
    fmax: float,
    name: str,
) -> dict[str, FreeEnergy]:
    """Return E + F_vib of relaxed structures, their Hessians calculated side by side.

    Parameters
    ----------
    runner : heterodot.workflows.Runner
    structures : mapping of str to (Atoms, float)
        Each relaxed, with its energy (eV), by what it is.
    level : Level
        Vibrations are those of its geometries' level.
    temperature : float
        K.
    thermal : {"quasi-harmonic", "harmonic"}
    fmax : float
        Criterion of the relaxations, eV/Å.
    name : str
        Of the system, for labels.
    """
    tasks = [
        Hessian(atoms, level.geometry_level, label=f"{name} {what} vibrations".strip())
        for what, (atoms, _) in structures.items()
    ]
    found = runner.gather(tasks)
    return {
        what: vibrational_free_energy(hessian, atoms, energy, temperature, thermal, fmax, what)
        for hessian, (what, (atoms, energy)) in zip(found, structures.items(), strict=True)
    }
