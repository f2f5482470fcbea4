"""Gas-phase references at the level of theory of the question: energy, vibrations, Gibbs energy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from heterodot.analysis import (
    STANDARD_TEMPERATURE,
    Flag,
    ideal_gas,
)
from heterodot.calculators import Level
from heterodot.data.species.table import species
from heterodot.errors import HeterodotError, StoreError
from heterodot.structures.molecules import molecule
from heterodot.workflows.parts.gates import frequency_gates, relaxation_gates
from heterodot.workflows.parts.minima import minima
from heterodot.workflows.parts.states import Gas
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.outcomes import Done, Failed
from heterodot.workflows.tasks.results import RelaxResult
from heterodot.workflows.tasks.tasks import Hessian

_FMAX = 0.01
"""eV/Å: a molecule is cheap, and its frequencies want a good minimum. As in
benchmarks/dft_iterations.py, which has ΔG to 1 meV with it."""
_STEPS = 200
"""Geometries at most; chosen: benchmarks/dft_iterations.py needs 3 for CO2 and H2."""


def gas_pressures(names: Iterable[str], given: Mapping[str, float]) -> dict[str, float]:
    """Return the partial pressure (Pa) of each gas: given, or the usual one of its species."""
    return {name: given.get(name, species(name).pressure) for name in names}


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
    pressures = gas_pressures(names, pressures or {})
    relaxed = relax_gases(runner, names, level)
    vibrating = {
        name: Hessian(result.structure, level.geometry_level, label=f"{name} gas vibrations")
        for name, result in relaxed.items()
        if len(result.structure) > 1
    }
    hessians = dict(zip(vibrating, runner.gather(vibrating.values()), strict=True))
    gases = {}
    for name, result in relaxed.items():
        flags = relaxation_gates(result, _FMAX, f"{name} gas")
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
            pressures[name],
        )
        flags += tuple(Flag(f.name, f"{name} gas: {f.message}") for f in free_energy.flags)
        gases[name] = Gas(name, result.structure, free_energy, flags, result.energy_force)
    return gases


def gases_apart(
    runner: Runner, names: Iterable[str], level: Level, temperature: float, pressure: float
) -> list[Done[Gas] | Failed]:
    """Return what became of each molecule, in order, all at one pressure (Pa).

    As :func:`gas_references`; one that fails does not take the others with it.
    """
    found: list[Done[Gas] | Failed] = []
    for name in names:
        try:
            gas = gas_references(runner, [name], level, temperature, {name: pressure})[name]
        except StoreError:
            raise
        except HeterodotError as error:
            found.append(Failed(error, name))
        else:
            found.append(Done(gas))
    return found


def relax_gases(runner: Runner, names: Sequence[str], level: Level) -> dict[str, RelaxResult]:
    """Return each molecule relaxed."""
    labels = [f"{name} gas relax" for name in names]
    found = minima(runner, [molecule(name) for name in names], level, _FMAX, _STEPS, labels)
    return dict(zip(names, found, strict=True))
