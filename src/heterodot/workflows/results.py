"""What every workflow's result has: its level, its flags and caveats, a dictionary, a summary."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.workflows.gates import carried_flags


@dataclass(frozen=True, kw_only=True)
class Result(ABC):
    """Base of the results.

    Attributes
    ----------
    level : str
        The level of theory, in words.
    flags : tuple of Flag
        The gates that failed, after the flags the structures themselves carry
        (:func:`heterodot.provenance.add_flag`): those are found here, whoever makes the result.
    caveats : tuple of str
        What the level may not be believed for, on this system.
    """

    level: str
    flags: tuple[Flag, ...] = ()
    caveats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        carried = [flag for atoms in self.rests_on() for flag in carried_flags(atoms)]
        object.__setattr__(self, "flags", unique_flags([*carried, *self.flags]))

    @property
    def structures(self) -> dict[str, Atoms]:
        """The geometries the answer was found at, by what they are; to be written and drawn."""
        return {}

    def rests_on(self) -> Iterable[Atoms]:
        """Return the structures whose flags are flags of the result."""
        return self.structures.values()

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return the result's own entries as plain JSON values."""

    @abstractmethod
    def headline(self) -> str:
        """Return the answer in a line or a small table."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "kind": type(self).__name__.removesuffix("Result"),
            "level": self.level,
            "flags": [flag.to_dict() for flag in self.flags],
            "caveats": list(self.caveats),
            **self.data(),
        }

    def summary(self) -> str:
        """Return the answer with its doubts, as text."""
        lines = [self.headline(), f"level of theory: {self.level}"]
        lines += [f"flag {flag}" for flag in self.flags]
        lines += [f"caveat: {caveat}" for caveat in self.caveats]
        return "\n".join(lines)
