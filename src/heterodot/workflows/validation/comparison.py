"""What levels are compared in, and how one is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from heterodot.calculators import Level
from heterodot.data.flags import Flag
from heterodot.data.validation.measured import NOT_ASKED, Answer, Quantity
from heterodot.errors import (
    CalculationError,
    CapabilityError,
    HeterodotError,
    InputError,
    MissingDependencyError,
    RefusedError,
    StoreError,
)
from heterodot.workflows.tasks.outcomes import Done, Failed

K = TypeVar("K")
T = TypeVar("T")

CANNOT = (CapabilityError, RefusedError, MissingDependencyError)
"""What a level cannot do: an empty cell with the reason. Any other error is a failure."""

GAMMA_ONLY = "sees the Γ point only: a small cell is not converged"


class Comparison(ABC):
    """One quantity. A subclass says what is right, and asks a level."""

    name: ClassVar[str]
    """In options and files."""

    def __init__(self, only: Sequence[str] = ()) -> None:
        self.only = tuple(only)
        """Of :meth:`parts`; all for none."""

    def parts(self) -> tuple[str, ...]:
        """Return what it may be asked of alone; nothing where it is asked whole."""
        return ()

    def restricted(self, only: Sequence[str]) -> Comparison:
        """Return the same, asked of some of its parts.

        Raises
        ------
        InputError
            It has no parts, or none of these names.
        """
        parts = self.parts()
        unknown = [name for name in only if name not in parts]
        if unknown or not only:
            expected = f"some of {', '.join(parts)}" if parts else "no parts after a colon"
            given = ", ".join(unknown) or "nothing"
            raise InputError(f"quantity {self.name}: given {given}, expected {expected}")
        return type(self)(only)

    def asked(self, findings: Findings) -> tuple[str, ...]:
        """Return the parts asked of, and note the others as missing."""
        left = [name for name in self.parts() if self.only and name not in self.only]
        findings.missing |= dict.fromkeys(left, NOT_ASKED)
        return tuple(name for name in self.parts() if name not in left)

    @abstractmethod
    def quantity(self) -> Quantity:
        """Return title, unit, and the right values."""

    @abstractmethod
    def ask(self, runner: Any, level: Level, findings: Findings) -> None:
        """Let a level answer; what it cannot is told to the findings."""

    def answer(self, runner: Any, level: Level) -> Answer:
        """Return what a level gives, with reasons where it gives nothing."""
        findings = Findings()
        try:
            self.ask(runner, level, findings)
        except StoreError:
            raise
        except HeterodotError as error:
            findings.lost("", error)
        return findings.answer()


@dataclass
class Findings:
    """The answer of a level, while it is being asked."""

    values: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    failed: bool = False

    def lost(self, item: str, error: HeterodotError) -> None:
        """Note that an item has no value, and why."""
        self.missing[item] = " ".join(str(error).split())
        self.failed |= isinstance(error, CalculationError) or not isinstance(error, CANNOT)

    def flag(self, where: str, flags: Iterable[Flag]) -> None:
        """Note flags, each once."""
        self.flags += [
            f"{where}: {f.name}" for f in flags if f"{where}: {f.name}" not in self.flags
        ]

    def take(self, names: Iterable[K], outcomes: Iterable[Done[T] | Failed]) -> dict[K, T]:
        """Return what has been done by the name of its item; what failed is noted and left out."""
        found = {}
        for item, outcome in zip(names, outcomes, strict=True):
            if isinstance(outcome, Failed):
                self.lost(str(item), outcome.error)
            else:
                found[item] = outcome.result
        return found

    def answer(self) -> Answer:
        """Return what was found."""
        return Answer(dict(self.values), dict(self.missing), tuple(self.flags), self.failed)


def require_chemistry(level: Level, symbols: Iterable[str]) -> None:
    """Refuse elements that are placeholders to a code.

    Raises
    ------
    CapabilityError
    """
    empty = sorted(level.implementation.placeholders & set(symbols))
    if empty:
        raise CapabilityError(
            f"{level.label}: no chemistry in its {', '.join(empty)}: placeholders"
        )


def samples_gamma_only(level: Level) -> bool:
    """Whether a code has bands and no k-points: its crystals are large molecules."""
    return level.can("orbitals") and "kpts" not in level.implementation.keywords


def require_bands_of_crystals(level: Level) -> None:
    """Refuse a code that has bands and no k-points.

    Raises
    ------
    CapabilityError
    """
    if samples_gamma_only(level):
        raise CapabilityError(f"{level.label}: {GAMMA_ONLY}")
