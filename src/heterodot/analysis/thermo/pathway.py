"""Reaction pathways by the computational hydrogen electrode: states, changes, limiting potential.

H+ + e− is in equilibrium with ½ H2 at 0 V on the reversible scale, so a state that took up n pairs
moves by +n e U with the potential; on the standard hydrogen scale also by +n kT ln10 pH
(J. K. Nørskov et al., J. Phys. Chem. B 2004, 108, 17886, doi:10.1021/jp047349j; for CO2:
A. A. Peterson et al., Energy Environ. Sci. 2010, 3, 1311, doi:10.1039/c0ee00071j).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from ase import units

from heterodot.checks import finite, is_number, positive
from heterodot.data.committee import (
    CommitteeEnergy,
    EnergyRecord,
    disagreement,
    members_of,
)
from heterodot.data.flags import Flag, flag_names, unique_flags
from heterodot.errors import InputError
from heterodot.records import Record, RecordError

_ADSORBED = re.compile(r"[\w)\]]\*")  # COOH*; a bare site is * alone

SCALES = ("SHE", "RHE")
"""Standard and reversible hydrogen electrode."""


@dataclass(frozen=True)
class Step(EnergyRecord):
    """One state of a pathway.

    Attributes
    ----------
    label : str
        E.g. ``CO2(g)``, ``COOH*``; digits are set as subscripts in figures.
    gibbs : float
        G in eV at U = 0, pH 0 of everything the state consists of (surface, adsorbate, gases
        released such as H2O), less ½ G(H2) for each pair taken up. Any common zero. Of a committee
        a :class:`heterodot.data.committee.CommitteeEnergy`, in all steps alike.
    n_electrons_transferred : int
        (H+ + e−) pairs taken up since the first state; negative for oxidation.
    energy : float or None
        Electronic part of ``gibbs``, eV.
    flags : tuple of Flag
        Doubts about this state.
    """

    _energy: ClassVar[str] = "gibbs"

    label: str
    gibbs: float
    n_electrons_transferred: int = 0
    energy: float | None = None
    flags: tuple[Flag, ...] = ()

    def __post_init__(self) -> None:
        gibbs = finite(self.gibbs, f"step {self.label!r}: G =", "eV")
        object.__setattr__(self, "gibbs", gibbs)
        if self.energy is not None:
            energy = finite(self.energy, f"step {self.label!r}: energy", "eV")
            object.__setattr__(self, "energy", energy)
        pairs = self.n_electrons_transferred
        if not is_number(pairs) or int(pairs) != pairs:
            raise InputError(f"step {self.label!r}: {pairs!r} pairs, expected an integer")
        object.__setattr__(self, "n_electrons_transferred", int(pairs))


@dataclass(frozen=True)
class Change(Record, written=("initial", "final", "delta_g", "n_electrons", "kind")):
    """From one state to the next.

    Attributes
    ----------
    index : int
        Position of the initial state.
    initial, final : str
        Labels.
    delta_g : float
        eV, at the diagram's U and pH.
    n_electrons : int
        (H+ + e−) pairs taken up in this change; 0 for a chemical one.
    """

    index: int
    initial: str
    final: str
    delta_g: float
    n_electrons: int

    @property
    def kind(self) -> str:
        """``electrochemical``, or ``chemical`` (adsorption, desorption: independent of U)."""
        return "electrochemical" if self.n_electrons else "chemical"

    @property
    def label(self) -> str:
        """``CO2* → COOH*``."""
        return f"{self.initial} → {self.final}"


@dataclass(frozen=True)
class Pathway(Record, lenient=True):
    """States at a potential and a pH: the numbers of a free-energy diagram and all they rest on.

    Attributes
    ----------
    steps : tuple of Step
        In order; the first one is the zero of :attr:`levels`.
    temperature : float
        K.
    scale : {"SHE", "RHE"}
        What ``U`` is measured against. The pH matters on the SHE scale only.
    U : float
        Potential, V.
    pH : float
    references : tuple of str
        What the Gibbs energies are differences against, in words.
    level : str
        Level of theory.
    flags : tuple of Flag
        Doubts about the whole (:attr:`all_flags` adds those of the states).
    caveats : tuple of str
        What the level of theory may not be believed for.
    measured_potential : float or None
        Measured equilibrium potential of the overall reaction at these pressures, V vs RHE.
    """

    steps: tuple[Step, ...]
    temperature: float = 298.15
    scale: str = "RHE"
    U: float = 0.0
    pH: float = 0.0  # noqa: N815 - the field's name for it
    references: tuple[str, ...] = ()
    level: str = ""
    flags: tuple[Flag, ...] = ()
    caveats: tuple[str, ...] = ()
    measured_potential: float | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "references", "flags", "caveats"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if len(self.steps) < 2:
            raise InputError(f"{len(self.steps)} states: a diagram needs two or more")
        if self.scale not in SCALES:
            raise InputError(f"scale {self.scale!r}: expected 'SHE' or 'RHE'")
        committees = {tuple(members_of(step.gibbs)) for step in self.steps}
        if len(committees) > 1:
            raise InputError("states of several committees, or of one and a level: expected one")
        object.__setattr__(self, "temperature", positive(self.temperature, "temperature", "K"))
        object.__setattr__(self, "U", finite(self.U, "U =", "V"))
        object.__setattr__(self, "pH", finite(self.pH, "pH ="))

    def at(self, U: float | None = None, pH: float | None = None, scale: str | None = None) -> Self:
        """Return the diagram at another potential (V), pH or scale.

        Where only the scale changes, the same electrode potential is kept and expressed on the
        new scale: U(RHE) = U(SHE) + kT ln10 pH / e.
        """
        new_pH = self.pH if pH is None else finite(pH, "pH =")
        new_scale = self.scale if scale is None else scale
        if U is None:
            U = self.U
            if new_scale != self.scale and new_scale in SCALES:
                U += self._nernst(new_pH) * (1 if new_scale == "RHE" else -1)
        return replace(self, U=finite(U, "U =", "V"), pH=new_pH, scale=new_scale)

    @property
    def reversible_potential(self) -> float:
        """The diagram's potential on the reversible scale, V."""
        return self.U + (self._nernst(self.pH) if self.scale == "SHE" else 0.0)

    @cached_property
    def levels(self) -> np.ndarray:
        """(n_steps,) G of each state at U and pH relative to the first, eV."""
        gibbs = np.array([step.gibbs for step in self.steps])
        pairs = np.array([step.n_electrons_transferred for step in self.steps])
        shifted = gibbs + pairs * self.reversible_potential
        return shifted - shifted[0]

    @cached_property
    def members(self) -> dict[str, Self]:
        """The pathway as each member of a committee has it; empty of one level alone."""
        return {
            name: replace(
                self,
                steps=tuple(replace(s, gibbs=members_of(s.gibbs)[name]) for s in self.steps),
            )
            for name in members_of(self.steps[0].gibbs)
        }

    @property
    def spreads(self) -> list[float]:
        """How far the members of a committee are apart on each level, eV; zeros of one level."""
        levels = [self.level_of(index) for index in range(len(self.steps))]
        return [one.spread if isinstance(one, CommitteeEnergy) else 0.0 for one in levels]

    def _of_committee(self, value: float, of: Callable[[Self], float | None]) -> float:
        """Return what follows from the mean energies with what follows from each member's."""
        each = {name: of(member) for name, member in self.members.items()}
        known = {name: float(one) for name, one in each.items() if one is not None}
        return CommitteeEnergy(value, known) if known else value

    def level_of(self, index: int) -> float:
        """Return one of :attr:`levels`, eV; of a committee it knows its members and its spread."""
        return self._of_committee(float(self.levels[index]), lambda d: d.levels[index])

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every step from one state to the next, with its ΔG at U and pH."""
        found = []
        for i, (a, b) in enumerate(zip(self.steps[:-1], self.steps[1:], strict=True)):
            n = int(b.n_electrons_transferred - a.n_electrons_transferred)
            delta = self.level_of(i + 1) - self.level_of(i)
            found.append(Change(i, a.label, b.label, delta, n))
        return tuple(found)

    @property
    def electrochemical_steps(self) -> tuple[Change, ...]:
        """The changes that transfer (H+ + e−) pairs."""
        return tuple(c for c in self.changes if c.n_electrons)

    @property
    def chemical_steps(self) -> tuple[Change, ...]:
        """The changes that no potential moves: adsorption, desorption, rearrangement."""
        return tuple(c for c in self.changes if not c.n_electrons)

    @property
    def limiting_step(self) -> Change | None:
        """The electrochemical change with the largest ΔG per pair at U = 0; None without any.

        Its ``delta_g`` is that at the diagram's U and pH.

        Raises
        ------
        InputError
            The pathway both takes up and gives off pairs, so that no single potential limits it.
        """
        steps = self.electrochemical_steps
        if not steps:
            return None
        if len({np.sign(c.n_electrons) for c in steps}) > 1:
            raise InputError("pathway with reductions and oxidations: no limiting potential")
        return max(steps, key=self._cost_per_pair)

    @property
    def limiting_potential(self) -> float | None:
        """U_L (V, on the diagram's scale and pH): where the limiting step becomes downhill.

        −max ΔG(U = 0)/(n e) for a reduction (+ for an oxidation); chemical steps are left out. Of a
        committee that of the mean energies; each of its members may have another limiting step.
        """
        step = self.limiting_step
        if step is None:
            return None
        against_rhe = -float(self._cost_per_pair(step)) * np.sign(step.n_electrons)
        on_scale = self._on_scale(float(against_rhe))
        return self._of_committee(on_scale, lambda d: d.limiting_potential)

    def level_flags(self, index: int) -> tuple[Flag, ...]:
        """Return the flags a level rests on: those of its state and of the first one, the zero.

        And that the members of a committee disagree on it.
        """
        if index == 0:
            return ()  # zero by definition
        own = disagreement(f"G({self.steps[index].label})", self.level_of(index))
        return unique_flags([*self.flags, *self.steps[0].flags, *self.steps[index].flags, *own])

    def change_flags(self, change: Change | None) -> tuple[Flag, ...]:
        """Return the flags a ΔG (and U_L, of the limiting step) rests on: those of both ends."""
        if change is None:
            return ()
        ends = self.steps[change.index : change.index + 2]
        own = disagreement(f"ΔG({change.label})", change.delta_g)
        return unique_flags([*self.flags, *(flag for step in ends for flag in step.flags), *own])

    @property
    def equilibrium_flags(self) -> tuple[Flag, ...]:
        """Flags the equilibrium potential rests on: those of the first and the last state."""
        return unique_flags([*self.flags, *self.steps[0].flags, *self.steps[-1].flags])

    @property
    def overpotential_flags(self) -> tuple[Flag, ...]:
        """Flags the overpotential rests on: those of the potentials it is between."""
        return unique_flags([*self.equilibrium_flags, *self.change_flags(self.limiting_step)])

    @property
    def equilibrium_potential(self) -> float | None:
        """U_eq (V, on the diagram's scale and pH): where the overall reaction has ΔG = 0.

        None where no pairs are exchanged over all, or where an end of the path is an adsorbed
        state (``COOH*``): what leads to it is no reaction between free species.
        """
        n = self.steps[-1].n_electrons_transferred - self.steps[0].n_electrons_transferred
        if not n or any(_ADSORBED.search(self.steps[end].label) for end in (0, -1)):
            return None
        against_rhe = (self.steps[0].gibbs - self.steps[-1].gibbs) / n
        on_scale = self._on_scale(float(against_rhe))
        return self._of_committee(on_scale, lambda d: d.equilibrium_potential)

    @property
    def measured_equilibrium(self) -> float | None:
        """The measured potential ``measured_potential`` on the diagram's scale and pH, V."""
        known = self.measured_potential
        return None if known is None else self._on_scale(known)

    @property
    def overpotential(self) -> float | None:
        """η (V) beyond the computed equilibrium at which the limiting step becomes downhill.

        U_eq − U_L for a reduction, U_L − U_eq for an oxidation.
        """
        limit, equilibrium = self.limiting_potential, self.equilibrium_potential
        step = self.limiting_step
        if limit is None or equilibrium is None or step is None:
            return None
        beyond = float((equilibrium - limit) * np.sign(step.n_electrons))
        return self._of_committee(beyond, lambda d: d.overpotential)

    @property
    def all_flags(self) -> tuple[Flag, ...]:
        """The diagram's flags and those of its states, each once, with the states it is of."""
        found = list(self.flags)
        for flag in unique_flags(f for step in self.steps for f in step.flags):
            of = [step.label for step in self.steps if flag in step.flags]
            everywhere = len(of) == len(self.steps)
            says_where = any(flag.message.startswith(f"{label}: ") for label in of)
            plain = everywhere or (says_where and len(of) == 1)
            named = flag.message if plain else f"{', '.join(of)}: {flag.message}"
            found.append(Flag(flag.name, named))
        return unique_flags([*found, *self.disagreements])

    @property
    def disagreements(self) -> tuple[Flag, ...]:
        """Levels and changes on which the members of a committee disagree."""
        levels = {f"G({s.label})": self.level_of(i) for i, s in enumerate(self.steps)}
        changes = {f"ΔG({c.label})": c.delta_g for c in self.changes}
        both = {**levels, **changes}.items()
        return tuple(flag for name, energy in both for flag in disagreement(name, energy))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values: the inputs, and the derived levels, changes and potential."""
        limiting = self.limiting_step
        return {
            **super().to_dict(),
            "levels": [float(g) for g in self.levels],
            **({"spreads": self.spreads} if self.members else {}),
            "changes": [
                {**change.to_dict(), "marks": list(flag_names(self.change_flags(change)))}
                for change in self.changes
            ],
            "limiting_step": None if limiting is None else limiting.label,
            "limiting_potential": self.limiting_potential,
            "equilibrium_potential": self.equilibrium_potential,
            "overpotential": self.overpotential,
            "marks": {
                "levels": [list(flag_names(self.level_flags(i))) for i in range(len(self.steps))],
                "limiting_potential": list(flag_names(self.change_flags(limiting))),
                "equilibrium_potential": list(flag_names(self.equilibrium_flags)),
                "overpotential": list(flag_names(self.overpotential_flags)),
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_dict`, all fields given; what is derived is computed anew."""
        there = (*data, "measured_potential")  # which diagrams of before have not
        missing = [field.name for field in fields(cls) if field.name not in there]
        if missing:
            raise RecordError(f"{cls.__name__}.{missing[0]}: not given")
        return super().from_dict(data)

    @property
    def conditions(self) -> str:
        """Temperature, potential and pH in words."""
        text = f"T = {self.temperature:g} K, U = {self.U:g} V vs {self.scale}"
        return text + (f", pH {self.pH:g}" if self.scale == "SHE" else " (any pH)")

    def _on_scale(self, against_rhe: float) -> float:
        """Return a potential against RHE (V) on the diagram's scale."""
        return float(against_rhe - (self._nernst(self.pH) if self.scale == "SHE" else 0.0))

    def _nernst(self, pH: float) -> float:
        """How far RHE lies below SHE: kT ln10 pH / e, V."""
        return float(units.kB * self.temperature * np.log(10) * pH)

    def _cost_per_pair(self, change: Change) -> float:
        """ΔG at 0 V vs RHE for each pair exchanged, eV."""
        at_zero = change.delta_g - change.n_electrons * self.reversible_potential
        return at_zero / abs(change.n_electrons)
