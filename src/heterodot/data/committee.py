"""An energy that several levels of theory give: their mean, and how far they are apart.

A committee's members err together in much (they were trained on the same crystals), so that the
spread of a difference is not that of the energies it is made of: differences are formed member by
member first, and what the members share cancels.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

from heterodot.data.flags import Flag
from heterodot.data.validation.measured import disagreement_threshold
from heterodot.errors import InputError
from heterodot.records import Record, read

DISAGREE = 0.15
"""eV, where no validation says better (:func:`disagreement_limit`). Chosen."""

POTENTIALS_DISAGREE = "potentials-disagree"
"""Name of that flag."""


def spread_of(values: Iterable[float]) -> float:
    """Return the sample standard deviation (one degree of freedom less: ddof = 1) of two or more.

    It estimates how far one more such member would be from the mean, not how far the mean is from
    the truth: errors that all members share are not in it.
    """
    return float(statistics.stdev(map(float, values)))


class CommitteeEnergy(float):
    """The mean of an energy over the members of a committee, which remembers each of them.

    It is a float. Sums and differences with another one, and with plain numbers, and multiples, are
    formed member by member, so that its :attr:`spread` is that of the difference.

    Parameters
    ----------
    value : float
        The mean, eV.
    members : mapping of str to float
        The energy (eV) of each member by its label; two or more.

    Raises
    ------
    InputError
        Fewer than two members; in sums: another committee.
    """

    members: Mapping[str, float]

    def __new__(cls, value: float, members: Mapping[str, float]) -> Self:
        """Keep the mean with what it is the mean of."""
        if len(members) < 2:
            raise InputError(f"members {dict(members)}: expected two or more")
        made = super().__new__(cls, value)
        made.members = {str(name): float(energy) for name, energy in members.items()}
        return made

    @classmethod
    def of(cls, members: Mapping[str, float]) -> Self:
        """Return the mean of the members' energies, eV."""
        return cls(math.fsum(members.values()) / max(len(members), 1), members)

    @property
    def spread(self) -> float:
        """Sample standard deviation (ddof = 1) of the members, eV."""
        return spread_of(self.members.values())

    def __getnewargs__(self) -> tuple[float, Mapping[str, float]]:  # type: ignore[override]
        return float(self), self.members

    def _with(self, other: Any, operate: Callable[[float, float], float]) -> Any:
        if isinstance(other, CommitteeEnergy):
            if other.members.keys() != self.members.keys():
                raise InputError(
                    f"energies of two committees ({', '.join(self.members)}; "
                    f"{', '.join(other.members)}): expected one"
                )
            each = {n: operate(e, other.members[n]) for n, e in self.members.items()}
        elif isinstance(other, int | float):
            each = {n: operate(e, float(other)) for n, e in self.members.items()}
        else:
            return NotImplemented
        return CommitteeEnergy(operate(float(self), float(other)), each)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b + a)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __neg__(self) -> Any:
        return self._with(-1.0, lambda a, b: a * b)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, CommitteeEnergy):
            return NotImplemented  # a square of energies means nothing here
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, CommitteeEnergy):
            return NotImplemented
        return self._with(other, lambda a, b: a / b)


def energy_of(value: float, members: Mapping[str, float] | None) -> float:
    """Return an energy with those of its members, where there are any."""
    return CommitteeEnergy(value, members) if members else value


def members_of(energy: object) -> dict[str, float]:
    """Return the energy (eV) of each member; empty where it is of one level alone."""
    return dict(energy.members) if isinstance(energy, CommitteeEnergy) else {}


class EnergyRecord(Record):
    """A record with an energy; where a committee gave it, its members are written and read too."""

    _energy: ClassVar[str] = "energy"
    """Name of that field."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; ``members`` and ``spread`` (eV) of an energy of a committee."""
        energy = getattr(self, self._energy)
        if not isinstance(energy, CommitteeEnergy):
            return super().to_dict()
        return {**super().to_dict(), "members": dict(energy.members), "spread": energy.spread}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_dict`."""
        if not isinstance(data, Mapping) or "members" not in data:
            return super().from_dict(data)
        kept = {name: value for name, value in data.items() if name not in ("members", "spread")}
        made: Any = super().from_dict(kept)
        members = read(Mapping[str, float], data["members"], f"{cls.__name__}.members")
        energy = CommitteeEnergy(getattr(made, cls._energy), members)
        return replace(made, **{cls._energy: energy})


def disagreement_limit() -> float:
    """Return the spread (eV) above which members disagree: what the stored validation justifies.

    It best parts means that are wrong by more than 0.2 eV from those that are not
    (docs/validation.md).
    """
    return disagreement_threshold(DISAGREE)


def disagreement(name: str, energy: float) -> tuple[Flag, ...]:
    """Flag an energy difference on which the members of a committee differ.

    Parameters
    ----------
    name : str
        What it is called.
    energy : float
        eV; of one level alone it is never flagged.
    """
    limit = disagreement_limit()
    if not isinstance(energy, CommitteeEnergy) or energy.spread <= limit:
        return ()
    low, high = (choose(energy.members, key=energy.members.__getitem__) for choose in (min, max))
    message = (
        f"{name}: from {energy.members[low]:.2f} eV ({low}) to {energy.members[high]:.2f} eV "
        f"({high}), spread {energy.spread:.2f} eV of {len(energy.members)} members, more than "
        f"{limit:g} eV"
    )
    return (Flag(POTENTIALS_DISAGREE, message),)
