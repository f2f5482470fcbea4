"""An adsorbate at a site: starts relaxed and judged, one chosen, and its free energy there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack, cast

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.analysis import Flag, FreeEnergy, harmonic, quasi_harmonic, unique_flags
from heterodot.calculators import Level
from heterodot.constraints import fixed_indices, partial_constraints
from heterodot.errors import CalculationError, HeterodotError, StructureError
from heterodot.options import chosen, keywords_shown, shared_out
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.shells import lattice_neighbours
from heterodot.structures.defects.point_defects import defects_around
from heterodot.structures.defects.types import DEFECT_APART
from heterodot.structures.dots.adsorbates import starting_geometries
from heterodot.workflows.parts.gates import (
    adsorbate_record,
    bound_gates,
    electronic_gates,
    frequency_gates,
    recovery_gate,
    relaxation_gates,
    severity,
)
from heterodot.workflows.parts.minima import minima_apart
from heterodot.workflows.parts.site_options import (
    SITE_DEFAULTS,
    SiteKeywords,
    StartKeywords,
    StartOptions,
    ThermalOptions,
)
from heterodot.workflows.parts.states import AdsorbedState, Candidate
from heterodot.workflows.parts.vibrating import free_energies
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.outcomes import Done, Failed
from heterodot.workflows.tasks.results import HessianResult, OrbitalsResult, RelaxResult
from heterodot.workflows.tasks.tasks import Hessian, Orbitals

LOWER_MINIMUM = 0.05
"""eV: a rejected start this much lower than the chosen one is worth a flag. Chosen; nothing depends
on it beyond the flag that names the rejected start: 2 kT at room temperature."""


VIBRATION_ERROR = 0.01
"""eV: error (one standard deviation) of an adsorbate's vibrational free energy where a prior leads.
Chosen: half of what GPAW's grid does to ΔG(COOH*)."""


def prepare_site(atoms: Atoms, site: int, free_radius: float | None) -> Atoms:
    """Return the copy that a question about a site starts from.

    Only atoms within ``free_radius`` (Å) of the site, or of a defect that belongs to it
    (:func:`heterodot.structures.defects_around`), may move: a vacancy whose neighbours are held is
    not relaxed. Atoms that were held before stay held, other constraints stay. A site that is no
    neighbour of the defect the dot is named after gives the copy the flag ``defect-apart``.

    Raises
    ------
    StructureError
        If no atom is left free.
    """
    new = atoms.copy()
    _flag_apart(new, site)
    if free_radius is None:
        return new
    from ase.constraints import FixAtoms
    from ase.geometry import get_distances

    centres = np.vstack([new.positions[site], defects_around(new, site)])
    distances = get_distances(centres, new.positions, cell=new.cell, pbc=new.pbc)[1]
    held = (distances > free_radius).all(axis=0)
    held[fixed_indices(new)] = True
    if held.all():
        raise StructureError(f"free_radius {free_radius} Å leaves no atom free; use a larger one")
    far = FixAtoms(indices=np.flatnonzero(held).tolist())
    new.set_constraint([far, *partial_constraints(new)])
    return new


def _flag_apart(atoms: Atoms, site: int) -> None:
    """Flag in place a site that does not lie beside the defect its dot is named after."""
    record = provenance.details(atoms)
    named = record.get("defect_type", {})
    places = [
        provenance.defect_position(atoms, record["defects"][number])
        for number in named.get("members", [])
    ]
    if not places or site == named.get("active_site"):
        return  # a pair that is apart has been flagged by its builder
    bonds = lattice_bonds(atoms)
    if any(site in lattice_neighbours(atoms, bonds, place) for place in places):
        return
    away = min(float(np.linalg.norm(atoms.positions[site] - place)) for place in places)
    provenance.add_flag(
        atoms,
        DEFECT_APART,
        f"the site {atoms.symbols[site]}{site} is {away:.1f} Å from the Type {named['kind']} "
        "defect, not beside it",
    )


@keywords_shown(StartKeywords, SITE_DEFAULTS)
def relax_candidates(
    runner: Runner,
    clean: Atoms,
    site: int,
    adsorbate: str | Atoms,
    level: Level,
    *,
    name: str,
    starting: StartOptions | None = None,
    **keywords: Unpack[StartKeywords],
) -> list[Candidate]:
    """Relax every start of an adsorbate on the relaxed clean structure.

    Parameters
    ----------
    starting : StartOptions, optional
        Or its fields as keywords, which win.

    Returns
    -------
    list of Candidate
        The best first: least trouble by the gates, then lowest energy. Where a start failed, the
        best one carries the flag ``start-failed``.

    Raises
    ------
    CalculationError
        If every start failed; the message is that of the first.
    StoreError
        If a result could not be kept: that is no failure of a start.
    """
    asked = chosen(StartOptions, starting, cast(dict[str, Any], keywords), "relax_candidates")
    starts = starting_geometries(clean, site, adsorbate, asked.n_starts)
    labels = [str(adsorbate_record(s).get("orientation") or i) for i, s in enumerate(starts)]
    species = adsorbate if isinstance(adsorbate, str) else adsorbate.get_chemical_formula()
    called = [f"{name} {species}* {label} relax" for label in labels]
    outcomes = minima_apart(runner, starts, level, asked.fmax, asked.steps, called)
    done = [
        _judge(clean, start, label, outcome.result, asked.fmax)
        for start, label, outcome in zip(starts, labels, outcomes, strict=True)
        if isinstance(outcome, Done)
    ]
    failed = [
        (label, outcome.error)
        for label, outcome in zip(labels, outcomes, strict=True)
        if isinstance(outcome, Failed)
    ]
    if not done:
        raise CalculationError(
            f"{name}: all {len(starts)} starts of {species} failed; the first: {failed[0][1]}"
        )
    best, *others = sorted(done, key=lambda c: (severity(c.flags), c.energy))
    flags = best.flags + _failed_starts(failed, len(starts))
    return [replace(best, flags=flags), *others]


def _failed_starts(failed: Sequence[tuple[str, HeterodotError]], n_starts: int) -> tuple[Flag, ...]:
    """Name the starts that gave nothing: the best of the others may not be the best."""
    if not failed:
        return ()
    label, error = failed[0]
    message = f"{len(failed)} of {n_starts} starts failed; the first, {label}: {error}"
    return (Flag("start-failed", message),)


def _judge(clean: Atoms, start: Atoms, label: str, relaxed: RelaxResult, fmax: float) -> Candidate:
    flags = relaxation_gates(relaxed, fmax, f"start {label}")
    flags += bound_gates(clean, start, relaxed.structure)
    return Candidate(
        label, relaxed.structure, relaxed.energy, relaxed.fmax, relaxed.n_steps, flags,
        relaxed.energy_force,
    )  # fmt: skip


def choice_flags(candidates: Sequence[Candidate]) -> tuple[Flag, ...]:
    """Return the chosen (first) candidate's flags, and one if a rejected start lies lower."""
    best = candidates[0]
    lowest = min(candidates, key=lambda c: c.energy)
    if best.energy - lowest.energy < LOWER_MINIMUM:
        return best.flags
    why = "; ".join(str(flag) for flag in lowest.flags)
    message = (
        f"start {lowest.label} ended {best.energy - lowest.energy:.2f} eV lower, as another "
        f"species or elsewhere ({why})"
    )
    return (*best.flags, Flag("lower-minimum", message))


@keywords_shown(SiteKeywords, SITE_DEFAULTS)
def adsorbed_state(
    runner: Runner,
    adsorbate: str,
    clean: Atoms,
    site: int,
    level: Level,
    clean_energy: float,
    reference: float,
    *,
    name: str,
    starting: StartOptions | None = None,
    vibrating: ThermalOptions | None = None,
    **keywords: Unpack[SiteKeywords],
) -> AdsorbedState:
    """Relax every start of an adsorbate, take the vibrations of the best one.

    Parameters
    ----------
    clean : Atoms
        The relaxed structure without adsorbate.
    clean_energy, reference : float
        Energies (eV) of the clean structure and of the gases the adsorbate is referred to.
    starting : StartOptions, optional
        Starts, and how they are relaxed.
    vibrating : ThermalOptions, optional
        Temperature and model of the free energy.
    **keywords
        Fields of these two one by one; they win over the objects.
    """
    given = cast(dict[str, Any], keywords)
    of_starts, of_vibrations = shared_out(given, StartOptions, ThermalOptions)
    asked = chosen(StartOptions, starting, of_starts, "adsorbed_state")
    heat = chosen(ThermalOptions, vibrating, of_vibrations, "adsorbed_state")
    candidates = relax_candidates(runner, clean, site, adsorbate, level, name=name, starting=asked)
    best = candidates[0]
    free_energy, noise = _vibrating(runner, best, level, heat, asked.fmax, f"{name} {adsorbate}*")
    of_electrons = electron_flags(runner, best.structure, level, f"{adsorbate}*", name)
    return AdsorbedState(
        name=adsorbate,
        structure=best.structure,
        free_energy=free_energy,
        adsorption_energy=best.energy - clean_energy - reference,
        candidates=tuple(candidates),
        flags=unique_flags((*choice_flags(candidates), *noise, *free_energy.flags, *of_electrons)),
    )


def _vibrating(
    runner: Runner, best: Candidate, level: Level, heat: ThermalOptions, fmax: float, label: str
) -> tuple[FreeEnergy, tuple[Flag, ...]]:
    """Return E + F_vib of a candidate, and flags beside those of the free energy."""
    if heat.vibrations == "all":
        what = label.rpartition(" ")[2]
        (free_energy,) = free_energies(
            runner, {what: (best.structure, best.energy)}, level, heat.temperature, heat.thermal,
            fmax, label.rpartition(" ")[0],
        ).values()  # fmt: skip
        return free_energy, ()
    indices = tuple(adsorbate_record(best.structure)["indices"])
    hessian: HessianResult = runner.run(
        Hessian(
            best.structure, level.geometry_level, indices, error=VIBRATION_ERROR,
            label=f"{label} vibrations",
        )
    )  # fmt: skip
    frequencies = hessian.frequencies(best.structure)
    model = harmonic if heat.thermal == "harmonic" else quasi_harmonic
    free_energy = model(best.energy, frequencies.tolist(), heat.temperature, n_external=0)
    if level.geometry is not None:
        said = f"{free_energy.model}; vibrations of {level.geometry_level.label}"
        free_energy = replace(free_energy, model=said)
    if hessian.led:
        said = f"{free_energy.model}; vibrations of {hessian.led}, ±{hessian.error:.3f} eV"
        free_energy = replace(free_energy, model=said)
    noise = tuple(
        flag
        for flag in frequency_gates(hessian, frequencies, fmax, n_external=0)
        if flag.name != "imaginary-mode"  # the free energy's own flag says what was done
    )
    return free_energy, noise


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
