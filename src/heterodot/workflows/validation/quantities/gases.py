"""Reactions of gases and vibrations of molecules against experiment."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from heterodot.analysis import FreeEnergy
from heterodot.calculators import Level
from heterodot.data.conditions import STANDARD_PRESSURE
from heterodot.data.species.table import species
from heterodot.data.validation.measured import Quantity
from heterodot.data.validation.published import (
    gas_enthalpy,
    gas_gibbs,
    gas_sources,
    published,
    reaction,
    temperature,
)
from heterodot.workflows.parts.gas import gases_apart
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.validation.comparison import Comparison, Findings, require_chemistry


def free_gases(
    runner: Runner, level: Level, names: Sequence[str], findings: Findings
) -> dict[str, FreeEnergy]:
    """Return the ideal-gas free energy at 1 bar of each molecule a level can calculate."""
    for name in names:
        require_chemistry(level, species(name).composition)
    outcomes = gases_apart(runner, names, level, temperature(), STANDARD_PRESSURE)
    found = findings.take(names, outcomes)
    for name, gas in found.items():
        findings.flag(name, gas.flags)
    return {name: gas.free_energy for name, gas in found.items()}


class _Reactions(Comparison):
    """Reactions of CO2 and H2 to C1 products at 298.15 K and 1 bar."""

    words: ClassVar[str]

    def parts(self) -> tuple[str, ...]:
        """Return the reactions."""
        return tuple(published()["reactions"])

    def quantity(self) -> Quantity:
        """Return the enthalpies or Gibbs energies of the reactions by experiment."""
        of = {n: self._measured(n) for n in _gas_names()}
        terms = published()["reactions"]
        reference = {name: reaction(each, of) for name, each in terms.items()}
        against = f"experiment: {'; '.join(gas_sources())}"
        return Quantity(
            self.words, "eV", against, reference, is_energy=True, where="in ΔH of gas reactions"
        )

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:
        """Relax and vibrate the molecules."""
        reactions = {name: published()["reactions"][name] for name in self.asked(findings)}
        needed = tuple(dict.fromkeys(gas for terms in reactions.values() for gas in terms))
        gases = free_gases(runner, level, needed, findings)
        of = {name: self._calculated(found) for name, found in gases.items()}
        for name, terms in reactions.items():
            if of.keys() >= terms.keys():
                findings.values[name] = reaction(terms, of)

    @staticmethod
    @abstractmethod
    def _measured(name: str) -> float:
        """Return the property of a gas by experiment, eV."""

    @staticmethod
    @abstractmethod
    def _calculated(found: FreeEnergy) -> float:
        """Return the same of a calculated one."""


class ReactionEnthalpies(_Reactions):
    """ΔH°(298.15 K)."""

    name = "reaction-enthalpies"
    words = "gas reactions, ΔH(298 K)"

    @staticmethod
    def _measured(name: str) -> float:
        return gas_enthalpy(name)

    @staticmethod
    def _calculated(found: FreeEnergy) -> float:
        return found.energy + found.zpe + found.enthalpy_correction


class ReactionGibbs(_Reactions):
    """ΔG°(298.15 K)."""

    name = "reaction-gibbs"
    words = "gas reactions, ΔG(298 K)"

    def quantity(self) -> Quantity:
        """Return the Gibbs energies; their errors are those of the enthalpies once more."""
        whole = super().quantity()
        return Quantity(whole.title, whole.unit, whole.against, whole.reference)

    @staticmethod
    def _measured(name: str) -> float:
        return gas_gibbs(name)

    @staticmethod
    def _calculated(found: FreeEnergy) -> float:
        return found.gibbs


def _gas_names() -> tuple[str, ...]:
    terms = published()["reactions"].values()
    return tuple(dict.fromkeys(name for each in terms for name in each))


class GasVibrations(Comparison):
    """Wavenumbers of small molecules, in their order."""

    name = "vibrations"

    def parts(self) -> tuple[str, ...]:
        """Return the molecules."""
        return tuple(published()["vibrations"])

    def quantity(self) -> Quantity:
        """Return the measured wavenumbers: harmonic ones where they are known."""
        reference: dict[str, float] = {}
        sources = []
        for name, entry in published()["vibrations"].items():
            numbers = sorted(entry["wavenumbers"])
            reference |= {_mode(name, n, len(numbers)): float(v) for n, v in enumerate(numbers)}
            sources.append(f"{name}, {entry['kind']}: {' '.join(entry['source'].split())}")
        return Quantity("vibrations", "cm⁻¹", f"experiment: {'; '.join(sources)}", reference)

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:
        """Relax and vibrate the molecules; translations and rotations are left out."""
        entries = published()["vibrations"]
        for name, found in free_gases(runner, level, self.asked(findings), findings).items():
            n_modes = len(entries[name]["wavenumbers"])
            modes = sorted(np.array(sorted(found.frequencies, key=abs))[-n_modes:].tolist())
            findings.values |= {_mode(name, n, n_modes): v for n, v in enumerate(modes)}


def _mode(name: str, index: int, count: int) -> str:
    return name if count == 1 else f"{name}, mode {index + 1} of {count}"
