"""Free energies along a reaction path on a site, by the computational hydrogen electrode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ase import Atoms

from heterodot.analysis import (
    EXPERIMENTAL,
    STANDARD_TEMPERATURE,
    Flag,
    FreeEnergy,
    FreeEnergyDiagram,
    anchor_gas,
    correct_gas,
    reaction_gibbs_experiment,
    unique_flags,
)
from heterodot.analysis.thermo.gas_phase import gas_entry
from heterodot.analysis.thermo.states import path_steps
from heterodot.calculators import Level
from heterodot.data.reactions.path import BARE, ReactionPath
from heterodot.data.reactions.table import reaction_path
from heterodot.deprecation import renamed
from heterodot.errors import InputError
from heterodot.structures.dots.orientations import orientations
from heterodot.structures.molecules import molecule
from heterodot.workflows.parts.candidates import (
    adsorbed_state,
    electron_flags,
    prepare_site,
)
from heterodot.workflows.parts.gas import gas_pressures, gas_references
from heterodot.workflows.parts.minima import (
    energy_forces,
    tasks_per_minimum,
    vibrational_label,
)
from heterodot.workflows.parts.path_values import flags_of_parts, shifts_of_adsorbed
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.site_options import DEFAULT_STARTS
from heterodot.workflows.parts.states import AdsorbedState, Gas
from heterodot.workflows.parts.steps import relax_clean
from heterodot.workflows.parts.vibrating import free_energies
from heterodot.workflows.questions.reaction_result import (
    CO2ReductionResult,
    ReactionFreeEnergyResult,
)
from heterodot.workflows.running.driving import side_by_side
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.results import RelaxResult

_CHOICES = {
    "gas_reference": ("computed", "experiment"),
    "thermal": ("quasi-harmonic", "harmonic"),
    "scale": ("RHE", "SHE"),
    "vibrations": ("adsorbate", "all"),
}


_WHOSE = {"adsorbate": "adsorbate vibrations only", "all": "vibrations of all free atoms"}


@renamed(dot="atoms")
@dataclass(frozen=True, eq=False)
class ReactionFreeEnergy(Question):
    """Free-energy diagram of a reaction path on one site.

    The dot's own vibrations are taken to be the same in every state, so that only those of the
    adsorbate enter, unless ``vibrations`` is "all"; of a committee they are taken by the mean
    forces, the same for all members, whose energies at each geometry are their own. H+ + e− is
    ½ H2 (computational hydrogen electrode); water leaves as liquid (vapour at 0.035 bar).

    Parameters
    ----------
    atoms : Atoms
        Without adsorbate, with the total charge it is meant to have.
    site : int
        Index of the atom to bind to.
    level : Level
    path : str or ReactionPath
        A name of ``heterodot.data.reactions.REACTION_PATHS`` (CO2-to-CO, HER), or a path of your
        own.
    temperature : float
        K.
    U : float
        Potential, V on ``scale``.
    pH : float
    scale : {"RHE", "SHE"}
    gas_reference : {"computed", "experiment"}
        "experiment" shifts ``anchored_gas`` so that the overall reaction has its measured ΔG.
    anchored_gas : str or None
        The gas that is shifted, neither H2 nor H2O; the product by default. A product moves only
        the last, chemical step; a reactant moves the first. An adsorbate that is not
        bonded to the dot is still the gas, and moves with it.
    gas_correction : str or None
        A published correction by name (``heterodot.analysis.correct_gas``); off by default.
    thermal : {"quasi-harmonic", "harmonic"}
        Vibrations: modes below 100 cm⁻¹ raised to it, or taken as they are.
    vibrations : {"adsorbate", "all"}
        Those of the adsorbate, or of every free atom, the clean dot's own among them: each state
        with the free energy of its own Hessian.
    pressures : mapping of str to float, optional
        Partial pressures of the gases in Pa; 1 bar, and 0.035 bar for H2O.
    n_starts : int or None
        Starting geometries of each adsorbate; None for all there are.
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    free_radius : float or None
        Å around the site, and the defects that belong to it, within which atoms move, in every
        state; None for all.
    name : str
    """

    kind: ClassVar[str] = "reaction"

    atoms: Atoms
    site: int
    level: Level
    path: str | ReactionPath = "CO2-to-CO"
    temperature: float = STANDARD_TEMPERATURE
    U: float = 0.0
    pH: float = 0.0  # noqa: N815 - the field's name for it
    scale: str = "RHE"
    gas_reference: str = "computed"
    anchored_gas: str | None = None
    gas_correction: str | None = None
    thermal: str = "quasi-harmonic"
    vibrations: str = "adsorbate"
    pressures: Mapping[str, float] = field(default_factory=dict)
    n_starts: int | None = DEFAULT_STARTS
    fmax: float = 0.05
    steps: int = 300
    free_radius: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in _CHOICES.items():
            _check_choice(name, getattr(self, name), choices)
        if not self.temperature > 0:
            raise InputError(f"temperature {self.temperature} K: expected a positive number")
        path = self.reaction
        for adsorbate in path.adsorbates:
            orientations(adsorbate)
        for gas in path.gases:
            molecule(gas), gas_entry(gas)
        wrong = {n: p for n, p in self.pressures.items() if n not in path.gases or not p > 0}
        if wrong:
            raise InputError(f"pressures {wrong}: expected {', '.join(path.gases)} with p > 0 Pa")
        # what the references cannot give is said now, not after the calculations
        if self.anchored_gas is not None:
            _check_choice("anchored_gas", self.anchored_gas, path.shiftable)
        self._gas_gibbs(dict.fromkeys(path.gases, 0.0))

    @property
    def reaction(self) -> ReactionPath:
        """The path, looked up."""
        return reaction_path(self.path)

    @property
    def level_label(self) -> str:
        """The level of theory in words, with that of the vibrations where it is another."""
        return vibrational_label(self.level)

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        adsorbates, gases = self.reaction.adsorbates, self.reaction.gases
        orbitals = self.level.can("orbitals") * (1 + len(adsorbates))
        each, starts = tasks_per_minimum(self.level), self.n_starts or 6
        of_gases, of_adsorbates = len(gases) * (1 + each), len(adsorbates) * (1 + starts * each)
        return each + of_gases + of_adsorbates + orbitals + (self.vibrations == "all")

    def run(self, runner: Runner) -> ReactionFreeEnergyResult:
        """Relax gases, clean dot and every start; vibrations of the best; the diagram."""
        path, level = self.reaction, self.level
        start = prepare_site(self.atoms, self.site, self.free_radius)
        gases, (clean, flags) = side_by_side(
            lambda: gas_references(runner, path.gases, level, self.temperature, self.pressures),
            lambda: relax_clean(runner, start, level, self.fmax, self.steps, self.name),
        )
        flags += electron_flags(runner, clean.structure, level, "clean", self.name)
        found = side_by_side(
            *(
                lambda name=name: self._adsorbed(runner, name, clean.structure, clean.energy, gases)
                for name in path.adsorbates
            )
        )
        states = dict(zip(path.adsorbates, found, strict=True))
        bare = self._bare(runner, clean)
        flags += () if bare is None else bare.flags
        zero = clean.energy if bare is None else bare.gibbs
        diagram, *others = self._diagrams(clean.energy, zero, states, gases, flags)
        branches = dict(zip(path.branches, others, strict=True))
        return self._result(
            level=self.level_label,
            flags=unique_flags(flag for one in (diagram, *others) for flag in one.all_flags),
            caveats=diagram.caveats,
            path=path,
            diagram=diagram,
            branches=branches,
            states=states,
            gases=gases,
            clean=clean.structure,
            clean_energy=clean.energy,
            clean_flags=flags,
            clean_free_energy=bare,
            energy_forces=energy_forces(
                clean=clean.energy_force,
                **{f"{name}*": state.candidates[0].energy_force for name, state in states.items()},
                **{f"{name} gas": gas.energy_force for name, gas in gases.items()},
            ),
            anchored_gas=self._shifted_gas if self.gas_reference == "experiment" else None,
        )

    def _result(self, **entries: Any) -> ReactionFreeEnergyResult:
        return ReactionFreeEnergyResult(**entries)

    def _bare(self, runner: Runner, clean: RelaxResult) -> FreeEnergy | None:
        """Return E + F_vib of the clean dot; None where only the adsorbate vibrates."""
        if self.vibrations != "all":
            return None
        pieces = {"clean": (clean.structure, clean.energy)}
        return free_energies(
            runner, pieces, self.level, self.temperature, self.thermal, self.fmax, self.name
        )["clean"]

    def _adsorbed(
        self, runner: Runner, adsorbate: str, clean: Atoms, energy: float, gases: Mapping[str, Gas]
    ) -> AdsorbedState:
        parts = self.reaction.reference(adsorbate).items()
        of_gases = sum(count * gases[gas].free_energy.energy for gas, count in parts)
        return adsorbed_state(
            runner, adsorbate, clean, self.site, self.level, energy, of_gases,
            temperature=self.temperature, thermal=self.thermal, vibrations=self.vibrations,
            n_starts=self.n_starts, fmax=self.fmax, steps=self.steps, name=self.name,
        )  # fmt: skip

    def _diagrams(
        self,
        clean: float,
        zero: float,
        states: Mapping[str, AdsorbedState],
        gases: Mapping[str, Gas],
        flags: tuple[Flag, ...],
    ) -> list[FreeEnergyDiagram]:
        """Return the diagram of the main line, then those of the branches.

        ``clean`` and ``zero`` are E and G of the clean dot, eV.
        """
        gas, notes = self._gas_gibbs({name: g.free_energy.gibbs for name, g in gases.items()})
        shifts = {name: gas[name] - gases[name].free_energy.gibbs for name in gases}
        moved, said = shifts_of_adsorbed(shifts, states)
        gibbs, energies = {BARE: zero, **gas}, {BARE: clean}
        energies.update({name: g.free_energy.energy for name, g in gases.items()})
        for name, state in states.items():
            gibbs[f"{name}*"] = state.free_energy.gibbs + moved.get(name, 0.0)
            energies[f"{name}*"] = state.free_energy.energy
        doubts = flags_of_parts(states, gases, flags)
        return [
            FreeEnergyDiagram(
                steps=path_steps(line, gibbs, energies, doubts),
                temperature=self.temperature,
                scale=self.scale,
                U=self.U,
                pH=self.pH,
                references=(*self._reference_sentences(branch), *notes, *said),
                level=self.level_label,
                caveats=(*self.level.caveats(self.atoms), *self.level.binding_caveats),
                measured_potential=self._measured_potential(branch),
            )
            for branch, line in self.reaction.lines.items()
        ]

    def _measured_potential(self, branch: str | None) -> float | None:
        """Measured potential of the overall reaction, V vs RHE; None out of the data.

        0 by definition where the reaction only makes H2 of its own pairs.
        """
        *_, last = self.reaction.line(branch)
        reaction = self.reaction.overall(branch)
        if not last.pairs or last.adsorbed is not None or set(reaction) - set(EXPERIMENTAL):
            return None
        if not reaction:
            return 0.0
        try:
            measured = reaction_gibbs_experiment(self.temperature, self._pressures, reaction)
        except InputError:  # a temperature without measured data
            return None
        return -measured / last.pairs

    @property
    def _shifted_gas(self) -> str | None:
        """The gas that is shifted where the reference is measured; None where none can be."""
        path = self.reaction
        return self.anchored_gas or path.product or next(iter(path.shiftable), None)

    def _gas_gibbs(self, gibbs: Mapping[str, float]) -> tuple[dict[str, float], list[str]]:
        """Gibbs energies of the gases as the diagram uses them, and what was done to them."""
        shifted, notes = dict(gibbs), []
        if self.gas_correction is not None:
            shifted, note = correct_gas(gibbs, self.gas_correction)
            if shifted == gibbs:
                raise InputError(
                    f"gas_correction {self.gas_correction!r}: it corrects none of the gases of the "
                    f"path, {', '.join(gibbs)}; leave it out"
                )
            notes.append(note)
        if self.gas_reference == "experiment":
            path, shift = self.reaction, self._shifted_gas
            if shift is None:
                raise InputError(
                    f"gas_reference 'experiment': the path {path.name} has no gas that can be "
                    "shifted; expected 'computed'"
                )
            shifted, note = anchor_gas(
                shifted, shift, self.temperature, self._pressures, path.overall()
            )
            notes.append(note)
        else:
            notes.append("gas energies as computed")
        return shifted, notes

    @property
    def _pressures(self) -> dict[str, float]:
        return gas_pressures(self.reaction.gases, self.pressures)

    def _reference_sentences(self, branch: str | None) -> tuple[str, ...]:
        pressures = ", ".join(f"{n} {p / 1e5:g} bar" for n, p in self._pressures.items())
        first, *_ = self.reaction.line(branch)
        by = "" if self.level.geometry is None else f", by {self.level.geometry_level.label}"
        zero = ["the clean dot", *(f"{gas}(g)" for gas in sorted({*first.gases, "H2"}))]
        return (
            f"G relative to {', '.join(zero[:-1])} and {zero[-1]}; H⁺ + e⁻ = ½ H2 at 0 V vs RHE",
            f"ideal gases at {self.temperature:g} K: {pressures}",
            f"{_WHOSE[self.vibrations]}, {self.thermal}{by}",
        )


def _check_choice(name: str, given: Any, choices: tuple[str, ...]) -> None:
    if given not in choices:
        expected = " or ".join(repr(choice) for choice in choices) or "None"
        raise InputError(f"{name} {given!r}: expected {expected}")


@renamed(dot="atoms")
@dataclass(frozen=True, eq=False)
class CO2Reduction(ReactionFreeEnergy):
    """Free-energy diagram CO2(g) → CO2* → COOH* → CO* → CO(g) on one site.

    Parameters
    ----------
    atoms, site, level, temperature, U, pH, scale, gas_correction, thermal, vibrations, pressures, \
n_starts, fmax, steps, free_radius, name
        As in :class:`ReactionFreeEnergy`.
    gas_reference : {"computed", "experiment"}
        "experiment" shifts ``anchored_gas`` so that CO2 + H2 → CO + H2O has its measured ΔG.
    anchored_gas : {"CO", "CO2"}
        CO moves only the last, chemical step; CO2 moves the first.
    """

    kind: ClassVar[str] = "co2_reduction"

    path: str = field(default="CO2-to-CO", init=False)
    anchored_gas: str = "CO"

    def _result(self, **entries: Any) -> CO2ReductionResult:
        return CO2ReductionResult(**entries)
