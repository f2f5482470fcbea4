"""Gas-phase references at the level of theory of the question: energy, vibrations, Gibbs energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ase import Atoms

from heterodot.analysis import (
    STANDARD_PRESSURE,
    STANDARD_TEMPERATURE,
    WATER_VAPOUR_PRESSURE,
    Flag,
    FreeEnergy,
    ideal_gas,
)
from heterodot.calculators import Level
from heterodot.errors import HeterodotError
from heterodot.structures.molecules import molecule
from heterodot.workflows.parts.gates import force_gate, frequency_gates, relaxation_gates
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.tasks import Hessian, Relax

PRESSURES: Mapping[str, float] = {"H2O": WATER_VAPOUR_PRESSURE}
"""Partial pressures in Pa that differ from 1 bar: water vapour above liquid water."""

_FMAX = 0.01
"""eV/Å: a molecule is cheap, and its frequencies want a good minimum. As in
benchmarks/dft_iterations.py, which has ΔG to 1 meV with it."""
_STEPS = 200
"""Geometries at most; chosen: benchmarks/dft_iterations.py needs 3 for CO2 and H2."""


@dataclass(frozen=True)
class Gas:
    """A molecule in the gas phase.

    Attributes
    ----------
    name : str
    structure : Atoms
        Relaxed.
    free_energy : FreeEnergy
        Ideal gas at the temperature and pressure asked for.
    flags : tuple of Flag
    """

    name: str
    structure: Atoms
    free_energy: FreeEnergy
    flags: tuple[Flag, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "structure": structure_to_dict(self.structure),
            "free_energy": self.free_energy.to_dict(),
            "flags": [flag.to_dict() for flag in self.flags],
        }


def gas_energies(runner: Runner, names: Sequence[str], level: Level) -> dict[str, float]:
    """Return the relaxed energy (eV) of each molecule."""
    relaxed = _relax(runner, names, level)
    return {name: result.energy for name, result in relaxed.items()}


def gas_references(
    runner: Runner,
    names: Sequence[str],
    level: Level,
    temperature: float = STANDARD_TEMPERATURE,
    pressures: Mapping[str, float] | None = None,
) -> dict[str, Gas]:
    """Relax each molecule, take its vibrations and its ideal-gas Gibbs energy.

    Parameters
    ----------
    runner : Runner
    names : sequence of str
        Molecules known to ``heterodot.structures.molecule``.
    level : Level
    temperature : float
        K.
    pressures : mapping of str to float, optional
        Pa; 1 bar by default, and water at its vapour pressure.
    """
    pressures = {**PRESSURES, **(pressures or {})}
    relaxed = _relax(runner, names, level)
    hessians = _all_or_raise(
        runner,
        {
            name: Hessian(result.structure, level, label=f"{name} gas vibrations")
            for name, result in relaxed.items()
            if len(result.structure) > 1
        },
    )
    gases = {}
    for name, result in relaxed.items():
        flags = force_gate(result.fmax, _FMAX, f"{name} gas")
        flags += relaxation_gates(result, f"{name} gas")
        frequencies = []
        if name in hessians:
            values = hessians[name].frequencies(result.structure)
            found = frequency_gates(hessians[name], values, _FMAX, n_external=6)
            flags += tuple(Flag(f.name, f"{name} gas: {f.message}") for f in found)
            frequencies = values.tolist()
        free_energy = ideal_gas(
            result.energy,
            frequencies,
            result.structure,
            name,
            temperature,
            pressures.get(name, STANDARD_PRESSURE),
        )
        named = tuple(Flag(f.name, f"{name} gas: {f.message}") for f in free_energy.flags)
        gases[name] = Gas(name, result.structure, free_energy, flags + named)
    return gases


def _relax(runner: Runner, names: Sequence[str], level: Level) -> dict[str, Any]:
    tasks = {
        name: Relax(molecule(name), level, _FMAX, _STEPS, label=f"{name} gas relax")
        for name in names
    }
    return _all_or_raise(runner, tasks)


def _all_or_raise(runner: Runner, tasks: Mapping[str, Any]) -> dict[str, Any]:
    """Run tasks side by side; a reference that failed leaves nothing to refer to."""
    outcomes = dict(zip(tasks, runner.gather(tasks.values()), strict=True))
    for outcome in outcomes.values():
        if isinstance(outcome, HeterodotError):
            raise outcome
    return outcomes
