"""A named doubt about a result: every table and figure that shows the result shows its flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
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

    def to_dict(self) -> dict[str, str]:
        """Return name and message."""
        return {"name": self.name, "message": self.message}

    @classmethod
    def from_dict(cls, data: Mapping[str, str]) -> Flag:
        """Rebuild from :meth:`to_dict`."""
        return cls(data["name"], data["message"])


def unique_flags(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return the flags in order, each once."""
    return tuple(dict.fromkeys(flags))
