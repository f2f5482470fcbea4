"""What was subtracted from what: the terms of an energy difference, for whoever checks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Term:
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"coefficient": self.coefficient, "what": self.what, "energy": self.energy}


@dataclass(frozen=True)
class Reference:
    """An energy that is a difference, and its terms.

    Attributes
    ----------
    name : str
        As the result calls it, without unit.
    terms : tuple of Term
    """

    name: str
    terms: tuple[Term, ...]

    @property
    def value(self) -> float:
        """The sum of the terms, each with its coefficient, eV."""
        return sum(term.coefficient * term.energy for term in self.terms)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        terms = [term.to_dict() for term in self.terms]
        return {"name": self.name, "value": self.value, "unit": "eV", "terms": terms}

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
