"""What levels were measured to give: answers, their errors, and where both are kept.

One file, ``measured.json``, is written by ``heterodot validate --write``; the caveats of a level,
the threshold above which potentials disagree, and docs/validation.md are read from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from heterodot.errors import InputError
from heterodot.records import Record

FOLDER = Path(__file__).parent
FILE = FOLDER / "measured.json"

NOT_ASKED = "not asked"
"""Why there is no value of a part of a quantity that a level was asked of in parts."""


@dataclass(frozen=True)
class Errors:
    """What a level is off by in a quantity.

    Attributes
    ----------
    n : int
        How many numbers were compared.
    mean : float
        With its sign, level − reference.
    mae : float
        Mean absolute.
    largest : float
        Largest in absolute value, with its sign.
    item : str
        Whose that is.
    """

    n: int
    mean: float
    mae: float
    largest: float
    item: str


@dataclass(frozen=True)
class Quantity(Record):
    """What levels are compared in.

    Attributes
    ----------
    title : str
        For tables.
    unit : str
        Of the values; of the errors too, unless ``relative``.
    against : str
        What the reference is, with its source.
    reference : dict of str to float
        The right values; empty for a quantity that has none (cost).
    relative : bool
        Errors are told in % of the reference.
    is_energy : bool
        A difference of energies of reactions, whose errors a committee's spread should tell.
    where : str
        Its name in the caveat of a level ("in ΔH of gas reactions"); empty where it has none.
    """

    title: str
    unit: str
    against: str = ""
    reference: dict[str, float] = field(default_factory=dict)
    relative: bool = False
    is_energy: bool = False
    where: str = ""

    @property
    def error_unit(self) -> str:
        """The unit errors are told in."""
        return "%" if self.relative else self.unit

    def deviations(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return value − reference of each item that has both, in :attr:`error_unit`."""
        common = [item for item in self.reference if item in values]
        scale = {i: 100 / abs(self.reference[i]) if self.relative else 1.0 for i in common}
        return {i: (values[i] - self.reference[i]) * scale[i] for i in common}

    def errors(self, values: Mapping[str, float]) -> Errors | None:
        """Return what values are off by; None where there is nothing to compare."""
        found = self.deviations(values)
        if not found:
            return None
        numbers = np.array(list(found.values()))
        worst = max(found, key=lambda item: abs(found[item]))
        return Errors(
            len(found), float(numbers.mean()), float(abs(numbers).mean()), found[worst], worst
        )


@dataclass(frozen=True)
class Answer(Record):
    """What a level gave for a quantity.

    Attributes
    ----------
    values : dict of str to float
        By item.
    missing : dict of str to str
        Why there is no value of an item; under "" why there is none of any.
    flags : tuple of str
        What was noticed on the way.
    failed : bool
        Whether one of those missing is a calculation that should have worked.
    """

    values: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    failed: bool = False

    def replacing(self, old: Answer | None) -> Answer:
        """Return the same with what an earlier answer has of the parts that were not asked again.

        An item is called as its part is, or begins so ("ZnS a", "CO2, mode 1 of 4"). Flags of
        before stay: a molecule may be part of several reactions.
        """
        kept = [part for part, why in self.missing.items() if why == NOT_ASKED]
        if old is None or not kept:
            return self

        def is_kept(item: str) -> bool:
            return any(item == part or item.startswith((f"{part} ", f"{part},")) for part in kept)

        values = {item: value for item, value in old.values.items() if is_kept(item)}
        lost = {part: old.missing[part] for part in kept if part in old.missing}
        now = {part: why for part, why in self.missing.items() if part not in kept}
        return Answer(
            {**values, **self.values},
            {**lost, **now},
            tuple(dict.fromkeys((*old.flags, *self.flags))),
            self.failed or (old.failed and bool(lost)),
        )


@dataclass(frozen=True)
class LevelRecord(Record):
    """A level and all its answers.

    Attributes
    ----------
    label : str
    code : str
    known_as : dict
        What of its settings makes it another level (``Code.known_as``).
    level : dict
        As ``Level.to_dict`` writes it.
    trained_on : str
        Data of a potential; empty for others.
    versions : dict of str to str
        Of the programs it rests on.
    machine : str
        Where its cost was measured.
    answers : dict of str to Answer
        By quantity.
    """

    label: str
    code: str
    known_as: dict[str, Any]
    level: dict[str, Any]
    trained_on: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    machine: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class Disagreement(Record):
    """The spread of several potentials beside their true error.

    Attributes
    ----------
    members : tuple of str
        Labels of the levels.
    threshold : float
        eV: where they spread more than this, their mean is not to be believed.
    tolerated : float
        eV: errors of the mean above this should be told by the spread.
    told, untold, false_alarms, quiet : int
        Of the items compared: too wrong and told, too wrong and not told, told and not too wrong,
        neither.
    spreads, errors : dict of str to float
        eV, by item: sample standard deviation of the members, and mean − reference.
    """

    members: tuple[str, ...]
    threshold: float
    tolerated: float
    told: int
    untold: int
    false_alarms: int
    quiet: int
    spreads: dict[str, float]
    errors: dict[str, float]


@dataclass(frozen=True)
class Measured(Record):
    """All that was measured.

    Attributes
    ----------
    quantities : dict of str to Quantity
    levels : tuple of LevelRecord
    disagreement : Disagreement or None
    """

    quantities: dict[str, Quantity] = field(default_factory=dict)
    levels: tuple[LevelRecord, ...] = ()
    disagreement: Disagreement | None = None

    def record_of(self, code: str, known_as: Mapping[str, Any]) -> LevelRecord | None:
        """Return the record of a level by its code and what it is known as; None if it has none."""
        plain = json.loads(json.dumps(dict(known_as)))
        return next((r for r in self.levels if r.code == code and r.known_as == plain), None)

    def ordered(self, names: Iterable[str]) -> Measured:
        """Return the same with the quantities in this order, others after them."""
        known = [*(n for n in names if n in self.quantities), *self.quantities]
        return replace(self, quantities={name: self.quantities[name] for name in known})

    def merged(self, newer: Measured) -> Measured:
        """Return the same with newer answers in place of those of before."""
        records = {record.label: record for record in self.levels}
        for new in newer.levels:
            old = records.get(new.label)
            before = old.answers if old is not None else {}
            newest = {n: each.replacing(before.get(n)) for n, each in new.answers.items()}
            answers = {**before, **newest}
            records[new.label] = replace(new, answers=answers)
        ordered = tuple(sorted(records.values(), key=lambda record: record.label))
        quantities = {**self.quantities, **newer.quantities}
        return Measured(quantities, ordered, newer.disagreement or self.disagreement)


def read_measured(path: Path) -> Measured:
    """Read a file of :func:`write_measured`.

    Raises
    ------
    InputError
        It is none.
    """
    try:
        return Measured.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no results of a validation: {error}") from error


@cache
def measured() -> Measured:
    """Return what came with this heterodot; nothing where the file is not there."""
    return read_measured(FILE) if FILE.is_file() else Measured()


def disagreement_threshold(default: float) -> float:
    """Return the spread (eV) above which potentials disagree; the default where none is known."""
    found = measured().disagreement
    return default if found is None else found.threshold


def known_errors(code: str, known_as: Mapping[str, Any]) -> str:
    """Say in a few words what a level was measured to be off by; empty where it was not.

    Parameters
    ----------
    code : str
    known_as : mapping
        As ``Code.known_as`` gives it.
    """
    everything = measured()
    record = everything.record_of(code, known_as)
    parts: list[str] = []
    for name, quantity in everything.quantities.items():
        answer = record.answers.get(name) if record is not None else None
        errors = quantity.errors(answer.values) if answer and quantity.where else None
        if errors is None:
            continue
        worst = f"at most {abs(errors.largest):.2f}, {errors.item}"
        parts.append(
            f"{errors.mae:.2f} {quantity.error_unit} on average {quantity.where} ({worst})"
        )
    return f"measured errors {'; '.join(parts)}" if parts else ""
