"""What was subtracted from what: the terms of an energy difference, for whoever checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from heterodot.records import Record

if TYPE_CHECKING:
    from heterodot.analysis import FreeEnergyDiagram


@dataclass(frozen=True)
class Term(Record):
    """One energy of a difference.

    Attributes
    ----------
    coefficient : float
        What it is counted with.
    what : str
        What it is the energy of.
    energy : float
        eV; total, or Gibbs, as ``what`` says.
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
    """

    unit: ClassVar[str] = "eV"

    name: str
    terms: tuple[Term, ...]

    @property
    def value(self) -> float:
        """The sum of the terms, each with its coefficient, eV."""
        return sum(term.coefficient * term.energy for term in self.terms)

    def __str__(self) -> str:
        rows = [(f"{t.coefficient:+g}", f"{t.energy:.4f}", t.what) for t in self.terms]
        widths = [max(len(row[n]) for row in rows) for n in range(2)]
        lines = [f"  {a.rjust(widths[0])} × {b.rjust(widths[1])} eV  {c}" for a, b, c in rows]
        return "\n".join([f"{self.name} = {self.value:+.4f} eV", *lines])


def difference(name: str, *terms: tuple[float, str, float]) -> Reference:
    """Return a difference from (coefficient, what, energy in eV) of each term."""
    return Reference(name, tuple(Term(float(c), what, float(e)) for c, what, e in terms))


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
        rest = float(diagram.levels[index]) - sum(n * energy for n, _, energy in terms)
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
