"""CO2 → COOH* → CO* → CO on a site, by the computational hydrogen electrode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ase import Atoms

from heterodot.analysis import (
    STANDARD_PRESSURE,
    STANDARD_TEMPERATURE,
    Flag,
    FreeEnergy,
    FreeEnergyDiagram,
    Step,
    anchor_gas,
    correct_gas,
    harmonic,
    quasi_harmonic,
    reaction_gibbs_experiment,
    unique_flags,
)
from heterodot.analysis.thermo.report import states_table
from heterodot.calculators import Level
from heterodot.data.flags import Marked
from heterodot.errors import InputError
from heterodot.workflows.parts.candidates import (
    Candidate,
    choice_flags,
    prepare_site,
    relax_candidates,
)
from heterodot.workflows.parts.gas import PRESSURES, Gas, gas_references
from heterodot.workflows.parts.gates import (
    adsorbate_record,
    electronic_gates,
    frequency_gates,
    recovery_gate,
)
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.parts.steps import relax_clean
from heterodot.workflows.questions.adsorption import DEFAULT_STARTS, co2_shape, co2_values
from heterodot.workflows.questions.reduction_values import (
    flags_of_steps,
    potential_values,
    references_of,
)
from heterodot.workflows.running.driving import side_by_side
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.tasks import Hessian, HessianResult, Orbitals, OrbitalsResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ADSORBATES = ("CO2", "COOH", "CO")
"""The adsorbed states of the path, in order."""

GASES = ("CO2", "CO", "H2", "H2O")

_CHOICES = {
    "gas_reference": ("computed", "experiment"),
    "anchored_gas": ("CO", "CO2"),
    "thermal": ("quasi-harmonic", "harmonic"),
    "scale": ("RHE", "SHE"),
}


@dataclass(frozen=True)
class AdsorbedState:
    """One adsorbate of the path, at its best geometry.

    Attributes
    ----------
    name : str
    structure : Atoms
    free_energy : FreeEnergy
        Of dot and adsorbate, eV; the vibrations are those of the adsorbate.
    adsorption_energy : float
        E(dot+A) − E(dot) − E(A, gas) in eV for the closed-shell gases CO2 and CO; for COOH
        against CO2 + ½ H2.
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


@dataclass(frozen=True)
class CO2ReductionResult(Result):
    """The free-energy diagram and what it is made of.

    Attributes
    ----------
    diagram : FreeEnergyDiagram
    states : dict of str to AdsorbedState
        "CO2", "COOH", "CO".
    gases : dict of str to Gas
        "CO2", "CO", "H2", "H2O", as computed.
    clean : Atoms
        The relaxed dot.
    clean_energy : float
        eV.
    clean_flags : tuple of Flag
    """

    diagram: FreeEnergyDiagram
    states: dict[str, AdsorbedState]
    gases: dict[str, Gas]
    clean: Atoms
    clean_energy: float
    clean_flags: tuple[Flag, ...] = ()

    @property
    def structures(self) -> dict[str, Atoms]:
        """The relaxed geometries: "clean", "CO2", "COOH", "CO"."""
        return {"clean": self.clean, **{n: s.structure for n, s in self.states.items()}}

    def state_name(self, state: str) -> str:
        """Return the name of a state in a figure."""
        return "clean, relaxed" if state == "clean" else f"{state}*, relaxed"

    def state_flags(self, state: str) -> tuple[Flag, ...]:
        """Return the flags of one of the relaxed geometries."""
        return self.clean_flags if state == "clean" else self.states[state].flags

    @property
    def adsorption_energies(self) -> dict[str, float]:
        """Adsorption energy of each state, eV (COOH against CO2 + ½ H2)."""
        return {name: state.adsorption_energy for name, state in self.states.items()}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        diagram = self.diagram
        values: Values = {
            f"G({step.label}) (eV)": Marked(float(level), diagram.level_flags(i))
            for i, (step, level) in enumerate(zip(diagram.steps, diagram.levels, strict=True))
            if i
        }
        values.update(potential_values(diagram))
        for name, state in self.states.items():
            end = diagram.steps[-1 if name == "CO" else 0]  # the bare dot and the free gas
            flags = unique_flags([*end.flags, *self._of(name)])
            values[f"E_ads({name}) (eV)"] = Marked(state.adsorption_energy, flags)
        for name, value in co2_values(self.structures["CO2"]).items():
            values[name] = Marked(value, self._of("CO2"))
        return {**values, "conditions": Marked(diagram.conditions)}

    def _of(self, name: str) -> tuple[Flag, ...]:
        """Return the flags of an adsorbed state and of the gases in it."""
        return next(step.flags for step in self.diagram.steps if step.label == f"{name}*")

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        lengths, angle, distance = co2_shape(self.states["CO2"].structure)
        return {
            "diagram": self.diagram.to_dict(),
            "states": {name: state.to_dict() for name, state in self.states.items()},
            "gases": {name: gas.to_dict() for name, gas in self.gases.items()},
            "clean": structure_to_dict(self.clean),
            "clean_energy": self.clean_energy,
            "co2": {"co_lengths": list(lengths), "oco_angle": angle, "site_distance": distance},
        }

    def headline(self) -> str:
        """Return the diagram's table."""
        return states_table(self.diagram)

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return the free-energy diagram of all."""
        return {"free_energy": partial(_diagram, answers)}

    def references(self) -> tuple[Reference, ...]:
        """Return the terms of each G above the first state, at U and pH, and of each E_ads."""
        return references_of(self.diagram, self.states, self.gases, self.clean_energy)

    def plot(self, label: str = "") -> Any:
        """Draw the free-energy diagram."""
        return self.diagram.plot(label=label)


def _diagram(answers: Mapping[str, CO2ReductionResult]) -> Figure:
    from heterodot.analysis import plot_free_energy

    return plot_free_energy({label: answer.diagram for label, answer in answers.items()})


@dataclass(frozen=True, eq=False)
class CO2Reduction(Question):
    """Free-energy diagram CO2(g) → CO2* → COOH* → CO* → CO(g) on one site.

    The dot's own vibrations are taken to be the same in every state, so that only those of the
    adsorbate enter. H+ + e− is ½ H2 (computational hydrogen electrode); water leaves as liquid
    (vapour at 0.035 bar).

    Parameters
    ----------
    dot : Atoms
        Without adsorbate, with the total charge it is meant to have.
    site : int
        Index of the atom to bind to.
    level : Level
    temperature : float
        K.
    U : float
        Potential, V on ``scale``.
    pH : float
    scale : {"RHE", "SHE"}
    gas_reference : {"computed", "experiment"}
        "experiment" shifts ``anchored_gas`` so that CO2 + H2 → CO + H2O has its measured ΔG.
    anchored_gas : {"CO", "CO2"}
        CO moves only the last, chemical step; CO2 moves the first. An adsorbate that is not
        bonded to the dot is still the gas, and moves with it.
    gas_correction : str or None
        A published correction by name (``heterodot.analysis.correct_gas``); off by default.
    thermal : {"quasi-harmonic", "harmonic"}
        Adsorbate vibrations: modes below 100 cm⁻¹ raised to it, or taken as they are.
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

    kind: ClassVar[str] = "co2_reduction"

    dot: Atoms
    site: int
    level: Level
    temperature: float = STANDARD_TEMPERATURE
    U: float = 0.0
    pH: float = 0.0  # noqa: N815 - the field's name for it
    scale: str = "RHE"
    gas_reference: str = "computed"
    anchored_gas: str = "CO"
    gas_correction: str | None = None
    thermal: str = "quasi-harmonic"
    pressures: Mapping[str, float] = field(default_factory=dict)
    n_starts: int | None = DEFAULT_STARTS
    fmax: float = 0.05
    steps: int = 300
    free_radius: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                given, expected = getattr(self, name), " or ".join(repr(c) for c in choices)
                raise InputError(f"{name} {given!r}: expected {expected}")
        if not self.temperature > 0:
            raise InputError(f"temperature {self.temperature} K: expected a positive number")
        wrong = {n: p for n, p in self.pressures.items() if n not in GASES or not p > 0}
        if wrong:
            raise InputError(f"pressures {wrong}: expected {', '.join(GASES)} with p > 0 Pa")
        # what the references cannot give is said now, not after the calculations
        nothing = dict.fromkeys(GASES, 0.0)
        if self.gas_correction is not None:
            correct_gas(nothing, self.gas_correction)
        if self.gas_reference == "experiment":
            anchor_gas(nothing, self.anchored_gas, self.temperature, self._pressures)

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        orbitals = self.level.capabilities.orbitals * (1 + len(ADSORBATES))
        return 1 + 2 * len(GASES) + len(ADSORBATES) * (1 + (self.n_starts or 6)) + orbitals

    def run(self, runner: Runner) -> CO2ReductionResult:
        """Relax gases, clean dot and every start; vibrations of the best; the diagram."""
        start = prepare_site(self.dot, self.site, self.free_radius)
        gases, (clean, flags) = side_by_side(
            lambda: gas_references(runner, GASES, self.level, self.temperature, self.pressures),
            lambda: relax_clean(runner, start, self.level, self.fmax, self.steps, self.name),
        )
        flags += self._electron_flags(runner, clean.structure, "clean")
        found = side_by_side(
            *(
                lambda name=name: self._adsorbed(runner, name, clean.structure, clean.energy, gases)
                for name in ADSORBATES
            )
        )
        states = dict(zip(ADSORBATES, found, strict=True))
        diagram = self._diagram(clean.energy, states, gases, flags)
        return CO2ReductionResult(
            level=self.level.label,
            flags=diagram.all_flags,
            caveats=diagram.caveats,
            diagram=diagram,
            states=states,
            gases=gases,
            clean=clean.structure,
            clean_energy=clean.energy,
            clean_flags=flags,
        )

    def _electron_flags(self, runner: Runner, atoms: Atoms, what: str) -> tuple[Flag, ...]:
        """Count the electrons of a state and look at its gap, where the code gives orbitals."""
        if not self.level.capabilities.orbitals:
            return ()
        task = Orbitals(atoms, self.level, label=f"{self.name} {what} orbitals")
        found: OrbitalsResult = runner.run(task)
        flags = electronic_gates(found.electronic_structure, atoms)
        named = tuple(Flag(flag.name, f"{what}: {flag.message}") for flag in flags)
        return named + recovery_gate(found.recovery, f"{what} orbitals")

    def _adsorbed(
        self, runner: Runner, adsorbate: str, clean: Atoms, energy: float, gases: Mapping[str, Gas]
    ) -> AdsorbedState:
        candidates = relax_candidates(
            runner,
            clean,
            self.site,
            adsorbate,
            self.level,
            n_starts=self.n_starts,
            fmax=self.fmax,
            steps=self.steps,
            name=self.name,
        )
        best = candidates[0]
        indices = tuple(adsorbate_record(best.structure)["indices"])
        label = f"{self.name} {adsorbate}* vibrations"
        hessian: HessianResult = runner.run(
            Hessian(best.structure, self.level, indices, label=label)
        )
        frequencies = hessian.frequencies(best.structure)
        thermal = harmonic if self.thermal == "harmonic" else quasi_harmonic
        free_energy = thermal(best.energy, frequencies.tolist(), self.temperature, n_external=0)
        noise = tuple(
            flag
            for flag in frequency_gates(hessian, frequencies, self.fmax, n_external=0)
            if flag.name != "imaginary-mode"  # the free energy's own flag says what was done
        )
        return AdsorbedState(
            name=adsorbate,
            structure=best.structure,
            free_energy=free_energy,
            adsorption_energy=best.energy - energy - _gas_energy(adsorbate, gases),
            candidates=tuple(candidates),
            flags=unique_flags(
                (
                    *choice_flags(candidates),
                    *noise,
                    *free_energy.flags,
                    *self._electron_flags(runner, best.structure, f"{adsorbate}*"),
                )
            ),
        )

    def _diagram(
        self,
        clean: float,
        states: Mapping[str, AdsorbedState],
        gases: Mapping[str, Gas],
        flags: tuple[Flag, ...],
    ) -> FreeEnergyDiagram:
        gas, notes = self._gas_gibbs(gases)
        energy = {name: g.free_energy.energy for name, g in gases.items()}
        on = {name: state.free_energy for name, state in states.items()}
        shifts = {name: gas[name] - gases[name].free_energy.gibbs for name in GASES}
        moved, said = _shifts_of_adsorbed(shifts, states)
        notes += said
        # every state holds the same atoms: the dot, CO2 and H2 (two pairs H+ + e−)
        steps = (
            Step("CO2(g)", clean + gas["CO2"] + gas["H2"], 0, clean + energy["CO2"] + energy["H2"]),
            Step(
                "CO2*",
                on["CO2"].gibbs + moved["CO2"] + gas["H2"],
                0,
                on["CO2"].energy + energy["H2"],
            ),
            Step(
                "COOH*", on["COOH"].gibbs + gas["H2"] / 2, 1, on["COOH"].energy + energy["H2"] / 2
            ),
            Step(
                "CO*",
                on["CO"].gibbs + moved["CO"] + gas["H2O"],
                2,
                on["CO"].energy + energy["H2O"],
            ),
            Step("CO(g)", clean + gas["CO"] + gas["H2O"], 2, clean + energy["CO"] + energy["H2O"]),
        )
        by_label = flags_of_steps(states, gases, flags)
        return FreeEnergyDiagram(
            steps=tuple(replace(step, flags=by_label[step.label]) for step in steps),
            temperature=self.temperature,
            scale=self.scale,
            U=self.U,
            pH=self.pH,
            references=(*self._reference_sentences(), *notes),
            level=self.level.label,
            caveats=self.level.caveats(self.dot),
            measured_potential=self._measured_potential(),
        )

    def _measured_potential(self) -> float | None:
        """Measured potential of CO2 + 2 (H+ + e−) → CO + H2O, V vs RHE; None out of the data."""
        try:
            return -reaction_gibbs_experiment(self.temperature, self._pressures) / 2
        except InputError:  # a temperature without measured data
            return None

    def _gas_gibbs(self, gases: Mapping[str, Gas]) -> tuple[dict[str, float], list[str]]:
        """Gibbs energies of the gases as the diagram uses them, and what was done to them."""
        gibbs = {name: gas.free_energy.gibbs for name, gas in gases.items()}
        notes = []
        if self.gas_correction is not None:
            gibbs, note = correct_gas(gibbs, self.gas_correction)
            notes.append(note)
        if self.gas_reference == "experiment":
            gibbs, note = anchor_gas(gibbs, self.anchored_gas, self.temperature, self._pressures)
            notes.append(note)
        else:
            notes.append("gas energies as computed")
        return gibbs, notes

    @property
    def _pressures(self) -> dict[str, float]:
        return {
            name: {**PRESSURES, **self.pressures}.get(name, STANDARD_PRESSURE) for name in GASES
        }

    def _reference_sentences(self) -> tuple[str, ...]:
        pressures = ", ".join(f"{n} {p / 1e5:g} bar" for n, p in self._pressures.items())
        return (
            "G relative to the clean dot, CO2(g) and H2(g); H⁺ + e⁻ = ½ H2 at 0 V vs RHE",
            f"ideal gases at {self.temperature:g} K: {pressures}",
            f"adsorbate vibrations only, {self.thermal}",
        )


def _shifts_of_adsorbed(
    shifts: Mapping[str, float], states: Mapping[str, AdsorbedState]
) -> tuple[dict[str, float], list[str]]:
    """Return how far CO2* and CO* move with a corrected gas (eV), and the sentences that say so.

    A molecule that only lies on the dot is the gas whose energy was found wrong: left where it is,
    it would seem bound, or driven off, by the correction. A bonded one keeps its computed energy.
    """
    moved, notes = {}, []
    for name in ("CO2", "CO"):
        loose = any(flag.name == "physisorbed" for flag in states[name].flags)
        moved[name] = shifts[name] if loose else 0.0
        if abs(shifts[name]) > 1e-9:
            how = "moves with the gas: it is not bonded" if loose else "is bonded: not shifted"
            notes.append(f"{name}* {how}")
    return moved, notes


def _gas_energy(adsorbate: str, gases: Mapping[str, Gas]) -> float:
    """Electronic energy (eV) an adsorbed state is referred to."""
    energy = {name: gas.free_energy.energy for name, gas in gases.items()}
    if adsorbate == "COOH":
        return energy["CO2"] + energy["H2"] / 2
    return energy[adsorbate]
