"""Levels asked for every quantity, and what is kept of their answers."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import product
from typing import Any

from heterodot.calculators import Level
from heterodot.calculators.machine import processor
from heterodot.data.validation.measured import Answer, LevelRecord, Measured
from heterodot.errors import InputError
from heterodot.provenance import program_versions
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.validation import quantities
from heterodot.workflows.validation.comparison import Comparison

FIRST = (
    *("reaction-enthalpies", "reaction-gibbs", "copper-surface", "dot-points", "dot-minima"),
    *("vibrations", "lattice", "elastic", "d-bands"),
)
"""The order of tables; others follow by name."""


@cache
def comparisons() -> Mapping[str, Comparison]:
    """Return every quantity by its name: the classes with one in the modules of ``quantities``."""
    modules = pkgutil.iter_modules(quantities.__path__, f"{quantities.__name__}.")
    things = [thing for m in modules for thing in vars(import_module(m.name)).values()]
    found: dict[str, Any] = {
        thing.name: thing()
        for thing in things
        if isinstance(thing, type) and issubclass(thing, Comparison) and hasattr(thing, "name")
    }
    ranked = {name: rank for rank, name in enumerate(FIRST)}
    return {n: found[n] for n in sorted(found, key=lambda n: (ranked.get(n, len(FIRST)), n))}


def chosen(names: Sequence[str]) -> list[Comparison]:
    """Return the quantities of these names; all for none.

    Parameters
    ----------
    names : sequence of str
        ``lattice``, or ``lattice:Cu,ZnS`` for some crystals of it.

    Raises
    ------
    InputError
        A name that is none.
    """
    found = dict(comparisons()) if not names else {}
    for given in names:
        name, colon, parts = given.partition(":")
        if name not in comparisons():
            raise InputError(f"quantity {name!r}: expected one of {', '.join(comparisons())}")
        whole = comparisons()[name]
        found[name] = whole.restricted([p for p in parts.split(",") if p]) if colon else whole
    return [found[name] for name in comparisons() if name in found]


def validate(
    runner: Runner,
    levels: Mapping[str, Level],
    asked: Iterable[Comparison],
    said: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Ask every level for every quantity, one after the other.

    What is finished is in the runner's store: a run that was killed goes on.

    Parameters
    ----------
    runner : Runner
    levels : mapping of str to Level
        By the name they are to have in tables.
    asked : iterable of Comparison
    said : callable
        Called with a line for each answer.
    """
    asked = list(asked)
    records = {name: _record(name, level) for name, level in levels.items()}
    for (name, level), one in product(levels.items(), asked):
        answer = one.answer(runner, level)
        records[name].answers[one.name] = answer
        said(f"{name}: {one.name}: {_summary(one, answer)}")
    return Measured({one.name: one.quantity() for one in asked}, tuple(records.values()))


def _record(name: str, level: Level) -> LevelRecord:
    code = level.implementation
    trained = getattr(code, "trained_on", lambda _: "")(level.settings)
    versions = program_versions(code.packages)
    known_as = code.known_as(level.settings)
    return LevelRecord(name, level.code, known_as, level.to_dict(), trained, versions, processor())


def _summary(one: Comparison, answer: Answer) -> str:
    if not answer.values:
        return next(iter(answer.missing.values()), "nothing")
    quantity = one.quantity()
    errors = quantity.errors(answer.values)
    if errors is None:
        return ", ".join(f"{item} {value:.3g}" for item, value in answer.values.items())
    unit = quantity.error_unit
    return f"{errors.mae:.3g} {unit} on average, {errors.largest:+.3g} at most ({errors.item})"
