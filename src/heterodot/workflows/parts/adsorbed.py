"""An adsorbed species at the best of its geometries, with the Gibbs energy it has there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ase import Atoms

from heterodot.analysis import Flag, FreeEnergy, harmonic, quasi_harmonic, unique_flags
from heterodot.calculators import Level
from heterodot.workflows.parts.candidates import Candidate, choice_flags, relax_candidates
from heterodot.workflows.parts.gates import (
    adsorbate_record,
    electronic_gates,
    frequency_gates,
    recovery_gate,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.tasks import Hessian, HessianResult, Orbitals, OrbitalsResult


@dataclass(frozen=True)
class AdsorbedState:
    """One adsorbate of a path, at its best geometry.

    Attributes
    ----------
    name : str
    structure : Atoms
    free_energy : FreeEnergy
        Of dot and adsorbate, eV; the vibrations are those of the adsorbate.
    adsorption_energy : float
        E(dot+A) − E(dot) − E(A, gas) in eV for an adsorbate that is a gas of the path; for others
        against what they are made from along it (COOH: CO2 + ½ H2; H: ½ H2).
    candidates : tuple of Candidate
        Every start, the chosen one first.
    flags : tuple of Flag
    """

    name: str
    structure: Atoms
    free_energy: FreeEnergy
    adsorption_energy: float
    candidates: tuple[Candidate, ...]
    flags: tuple[Flag, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "structure": structure_to_dict(self.structure),
            "free_energy": self.free_energy.to_dict(),
            "adsorption_energy": self.adsorption_energy,
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "flags": [flag.to_dict() for flag in self.flags],
        }


def adsorbed_state(
    runner: Runner,
    adsorbate: str,
    clean: Atoms,
    site: int,
    level: Level,
    clean_energy: float,
    reference: float,
    *,
    temperature: float,
    thermal: str,
    n_starts: int | None,
    fmax: float,
    steps: int,
    name: str,
) -> AdsorbedState:
    """Relax every start of an adsorbate, take the vibrations of the best one.

    Parameters
    ----------
    clean : Atoms
        The relaxed structure without adsorbate.
    clean_energy, reference : float
        Energies (eV) of the clean structure and of the gases the adsorbate is referred to.
    thermal : {"quasi-harmonic", "harmonic"}
    """
    candidates = relax_candidates(
        runner, clean, site, adsorbate, level,
        n_starts=n_starts, fmax=fmax, steps=steps, name=name,
    )  # fmt: skip
    best = candidates[0]
    indices = tuple(adsorbate_record(best.structure)["indices"])
    label = f"{name} {adsorbate}* vibrations"
    hessian: HessianResult = runner.run(Hessian(best.structure, level, indices, label=label))
    frequencies = hessian.frequencies(best.structure)
    model = harmonic if thermal == "harmonic" else quasi_harmonic
    free_energy = model(best.energy, frequencies.tolist(), temperature, n_external=0)
    noise = tuple(
        flag
        for flag in frequency_gates(hessian, frequencies, fmax, n_external=0)
        if flag.name != "imaginary-mode"  # the free energy's own flag says what was done
    )
    of_electrons = electron_flags(runner, best.structure, level, f"{adsorbate}*", name)
    return AdsorbedState(
        name=adsorbate,
        structure=best.structure,
        free_energy=free_energy,
        adsorption_energy=best.energy - clean_energy - reference,
        candidates=tuple(candidates),
        flags=unique_flags((*choice_flags(candidates), *noise, *free_energy.flags, *of_electrons)),
    )


def electron_flags(
    runner: Runner, atoms: Atoms, level: Level, what: str, name: str
) -> tuple[Flag, ...]:
    """Count the electrons of a state and look at its gap, where the code gives orbitals."""
    if not level.can("orbitals"):
        return ()
    found: OrbitalsResult = runner.run(Orbitals(atoms, level, label=f"{name} {what} orbitals"))
    flags = electronic_gates(found.electronic_structure, atoms)
    named = tuple(Flag(flag.name, f"{what}: {flag.message}") for flag in flags)
    return named + recovery_gate(found.recovery, f"{what} orbitals")
