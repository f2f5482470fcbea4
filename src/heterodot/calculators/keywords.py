"""What a code's settings may be called and which values they may take.

Codes are known to swallow keywords they do not know (tblite through ASE does), so every setting is
checked against a whitelist before a code sees it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from heterodot.checks import is_number
from heterodot.errors import LevelError


@dataclass(frozen=True)
class Keyword:
    """One setting of a code.

    Attributes
    ----------
    types : tuple of type
        Accepted Python types; an int is accepted, and converted, where only float is listed.
    help : str
        One phrase with the unit.
    minimum : float or None
        Smallest accepted number.
    maximum : float or None
        Largest number that makes sense.
    positive : bool
        Whether the number must be greater than zero.
    choices : tuple
        The accepted strings, where only some are; other types are not affected.
    check : callable or None
        A further test of the value; returns what was expected instead, or None when it is fine.
    """

    types: tuple[type, ...]
    help: str
    minimum: float | None = None
    maximum: float | None = None
    positive: bool = False
    choices: tuple[str, ...] = ()
    check: Callable[[Any], str | None] | None = None

    def coerce(self, owner: str, name: str, value: Any) -> Any:
        """Return the value as the code wants it.

        Raises
        ------
        LevelError
            If type, range or choice do not fit.
        """
        expected = self._complaint(value)
        if expected is not None:
            raise LevelError(f"{owner}: {name} = {value!r}: expected {expected} ({self.help})")
        if float in self.types and type(value) is int:
            return float(value)
        return value

    def _complaint(self, value: Any) -> str | None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = isinstance(value, self.types) or (float in self.types and type(value) is int)
        if not fits or (isinstance(value, bool) and bool not in self.types):
            return " or ".join("null" if t is type(None) else t.__name__ for t in self.types)
        if number and not math.isfinite(value):
            return "a finite number"
        if number and self.minimum is not None and value < self.minimum:
            return f"at least {self.minimum:g}"
        if number and self.positive and value <= 0:
            return "a number greater than 0"
        if number and self.maximum is not None and value > self.maximum:
            return f"at most {self.maximum:g}"
        if self.choices and isinstance(value, str) and value not in self.choices:
            return f"one of {', '.join(self.choices)}{hint(value, self.choices)}"
        return self.check(value) if self.check is not None else None


def is_above(value: Any, low: float = 0.0, high: float = math.inf) -> bool:
    """Whether a value is a number above ``low`` and not above ``high``."""
    return is_number(value) and low < value <= high


def coerce_all(
    owner: str, keywords: Mapping[str, Keyword], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Check and convert every setting.

    Raises
    ------
    LevelError
        For an unknown keyword (names the nearest known one) or an impossible value.
    """
    for name in values:
        if name not in keywords:
            raise LevelError(_unknown_keyword(owner, name, keywords))
    return {name: keywords[name].coerce(owner, name, value) for name, value in values.items()}


def _unknown_keyword(owner: str, name: str, keywords: Iterable[str]) -> str:
    if name == "charge":
        return (
            f"{owner}: charge is not part of a level of theory; it belongs to the structure: "
            "set it with heterodot.provenance.with_charge(atoms, charge)"
        )
    known = ", ".join(sorted(keywords)) or "none"
    return f"{owner}: unknown keyword {name!r}{hint(name, keywords)}; known: {known}"


def hint(given: str, known: Iterable[str]) -> str:
    """Return ``", did you mean 'x'?"``, or nothing when no known name is near."""
    near = get_close_matches(str(given), list(known), n=1, cutoff=0.5)
    return f", did you mean {near[0]!r}?" if near else ""
