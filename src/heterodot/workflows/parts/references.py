"""What was subtracted from what: the terms of an energy difference, for whoever checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from heterodot.checks import finite
from heterodot.data.committee import CommitteeEnergy, EnergyRecord, disagreement
from heterodot.data.flags import Flag, Marked
from heterodot.records import Record

if TYPE_CHECKING:
    from heterodot.analysis import FreeEnergyDiagram


@dataclass(frozen=True)
class Term(EnergyRecord):
    """One energy of a difference.

    Attributes
    ----------
    coefficient : float
        What it is counted with.
    what : str
        What it is the energy of.
    energy : float
        eV; total, or Gibbs, as ``what`` says. Of a committee it knows its members.
    """

    coefficient: float
    what: str
    energy: float


@dataclass(frozen=True)
class Reference(Record, written=("name", "value", "unit", "terms")):
    """An energy that is a difference, and its terms.

    Attributes
    ----------
    name : str
        As the result calls it, without unit.
    terms : tuple of Term
    values : tuple of str
        The numbers of the result that are this difference, or multiples of it, by their names
        there; the name in eV unless given.
    """

    unit: ClassVar[str] = "eV"

    name: str
    terms: tuple[Term, ...]
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", self.values or (f"{self.name} ({self.unit})",))

    @property
    def value(self) -> float:
        """The sum of the terms, each with its coefficient, eV; of a committee member by member."""
        return sum((term.coefficient * term.energy for term in self.terms), 0.0)

    @property
    def disagreement(self) -> tuple[Flag, ...]:
        """The flag that the members of a committee disagree on it; none of one level alone."""
        return disagreement(self.name, self.value)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; of a committee with ``members`` and ``spread``, eV."""
        value = self.value
        if not isinstance(value, CommitteeEnergy):
            return super().to_dict()
        return {**super().to_dict(), "members": dict(value.members), "spread": value.spread}

    def __str__(self) -> str:
        rows = [(f"{t.coefficient:+g}", f"{t.energy:.4f}", t.what) for t in self.terms]
        widths = [max(len(row[n]) for row in rows) for n in range(2)]
        lines = [f"  {a.rjust(widths[0])} × {b.rjust(widths[1])} eV  {c}" for a, b, c in rows]
        return "\n".join([f"{self.name} = {Marked(self.value):+.4f} eV", *lines])


def difference(
    name: str, *terms: tuple[float, str, float], values: tuple[str, ...] = ()
) -> Reference:
    """Return a difference from (coefficient, what, energy in eV) of each term."""
    counted = (Term(float(c), what, finite(e, what, "eV")) for c, what, e in terms)
    return Reference(name, tuple(counted), values)


def references_table(references: Sequence[Reference]) -> str:
    """Return each difference with its terms below it, as text."""
    return "\n".join(map(str, references)) or "no energy differences"


def level_references(
    diagram: FreeEnergyDiagram, contents: Sequence[Mapping[str, float]], gibbs: Mapping[str, float]
) -> tuple[Reference, ...]:
    """Return the terms of each level of a diagram but the first, which is subtracted.

    Parameters
    ----------
    diagram : FreeEnergyDiagram
    contents : sequence of mapping of str to float
        How often what is in each state: the bare dot as ``*`` or with an adsorbate as ``CO*``, and
        gases by name.
    gibbs : mapping of str to float
        Gibbs energy of each of these (eV), as computed; of the bare dot E, for its vibrations are
        taken as the same in every state. What the diagram has beyond their sum was done to the
        gases, and is a term of its own.
    """
    found = []
    for index in range(1, len(diagram.steps)):
        before, after, step = contents[0], contents[index], diagram.steps[index]
        counts = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in gibbs}
        terms = [(n, _g(name), gibbs[name]) for name, n in counts.items() if n]
        pairs, against_rhe = step.n_electrons_transferred, diagram.reversible_potential
        if pairs and against_rhe:
            terms.append((pairs, "e·U against RHE", against_rhe))
        rest = diagram.level_of(index) - sum((n * energy for n, _, energy in terms), 0.0)
        if abs(rest) > 1e-9:
            terms.append((1.0, "corrections of the gases", rest))
        found.append(difference(f"G({step.label})", *terms))
    return tuple(found)


def _g(name: str) -> str:
    if name == "*":
        return "E(dot)"
    return f"G(dot+{name[:-1]})" if name.endswith("*") else f"G({name} gas)"


def adsorption_reference(
    name: str, bound: float, clean: float, gases: Mapping[str, float], energies: Mapping[str, float]
) -> Reference:
    """Return the terms of an adsorption energy.

    Parameters
    ----------
    name : str
        The adsorbate.
    bound, clean : float
        Energies of the dot with it and without, eV.
    gases : mapping of str to float
        What it is referred to: gases, and how many of each.
    energies : mapping of str to float
        Of the gases, eV.
    """
    apart = ((-n, f"E({gas} gas)", energies[gas]) for gas, n in gases.items())
    dots = ((1.0, f"E(dot+{name})", bound), (-1.0, "E(dot)", clean))
    return difference(f"E_ads({name})", *dots, *apart)
