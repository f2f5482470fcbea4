"""A named doubt about a result: every table and figure that shows the result shows its flags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from heterodot.records import Record

DAGGER = "†"
"""Beside every number that rests on something flagged."""


@dataclass(frozen=True)
class Flag(Record):
    """A gate that failed, or a choice the reader must know.

    Attributes
    ----------
    name : str
        Short and stable, e.g. ``imaginary-mode``.
    message : str
        One sentence with the numbers.
    """

    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


@dataclass(frozen=True)
class Marked:
    """A number, or a word, with the flags of everything it rests on; printed with † where flagged.

    Attributes
    ----------
    value : float or str
        As it is compared and written to files, without the mark. What a committee gave (a
        :class:`heterodot.data.committee.CommitteeEnergy`) is printed with ± its spread.
    flags : tuple of Flag
    """

    value: float | str
    flags: tuple[Flag, ...] = ()

    @property
    def mark(self) -> str:
        """``†`` where something the value rests on is flagged, else nothing."""
        return DAGGER if self.flags else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the flags, each once."""
        return flag_names(self.flags)

    @property
    def spread(self) -> float | None:
        """How far the members of a committee are apart on the value; None of one level alone."""
        return getattr(self.value, "spread", None)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) + self.plus_minus(spec) + self.mark

    def plus_minus(self, spec: str) -> str:
        """Return ``± 0.11`` with a blank before it, as the spread is formatted; or nothing."""
        if self.spread is None:
            return ""
        digits = spec.partition(".")[1:]
        return f" ± {format(self.spread, ''.join(digits))}"


def flag_names(flags: Iterable[Flag]) -> tuple[str, ...]:
    """Return the names of flags, each once."""
    return tuple(dict.fromkeys(flag.name for flag in flags))


def marked_label(label: str, flags: Iterable[Flag]) -> str:
    """Return a name with † where what it stands for is flagged."""
    return f"{label}{DAGGER}" if label and tuple(flags) else label


def flag_note(flags: Iterable[Flag], label: str = "") -> str:
    """Return what † means here, for a caption: the names of the flags; nothing without any."""
    names = ", ".join(flag_names(flags))
    what = f"{label}: " if label else ""
    return f"{DAGGER} {what}{names}" if names else ""


def unique_flags(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return the flags in order, each once."""
    return tuple(dict.fromkeys(flags))
