"""What a task has cost, in units that do not depend on the machine."""

from __future__ import annotations

from dataclasses import dataclass

from heterodot.records import Record


@dataclass(frozen=True)
class Cost(Record, lenient=True):
    """Force calls and SCF iterations, those of killed runs included; None for unknown.

    Attributes
    ----------
    n_forces : int or None
        Geometries calculated.
    n_scf : int or None
        SCF iterations of all of them; None for a code that does not say.
    """

    n_forces: int | None = None
    n_scf: int | None = None

    def __add__(self, other: Cost) -> Cost:
        """Return the sum; unknown where one is."""
        return Cost(sum_known(self.n_forces, other.n_forces), sum_known(self.n_scf, other.n_scf))

    def __str__(self) -> str:
        """Return the cost in a few words, empty if unknown."""
        if self.n_forces is None:
            return ""
        iterations = "" if self.n_scf is None else f", {self.n_scf} SCF iterations"
        return f"{self.n_forces} force calls{iterations}"


def sum_known(a: int | None, b: int | None) -> int | None:
    """Return the sum; None where one is unknown."""
    return None if a is None or b is None else a + b
