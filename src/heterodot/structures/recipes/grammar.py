"""The steps a study (or the command line) builds a structure with: the builders, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import HeterodotError, InputError, StudyError
from heterodot.structures.recipes.checking import check, nearest
from heterodot.structures.recipes.parameters import first_parameter, parameter_model
from heterodot.structures.recipes.steps import (
    ALONE,
    FROM_CRYSTAL,
    STEP_NAMES,
    BuildStep,
    run_step,
    site_parameters,
)
from heterodot.structures.recipes.yamlfile import Document, Location

if TYPE_CHECKING:
    from ase import Atoms
    from pydantic import BaseModel


def built(entries: Sequence[Mapping[str, Any]], atoms: Atoms | None = None) -> Atoms:
    """Return the structure of a list of steps that stands in no file, as on the command line.

    Parameters
    ----------
    entries : sequence of mapping
        Each of one key, the builder's name, with its arguments: ``{"pyramid": {"base": 3}}``.
    atoms : Atoms, optional
        What the first step starts from, where it makes nothing itself.

    Raises
    ------
    StudyError
        One line that says which step cannot be read or done, and why.
    """
    document = Document(Path(), {}, {})
    return build(read_steps(entries, document, ("build",), atoms), document, atoms)


def read_step(data: Mapping[str, Any], document: Document, location: Location) -> BuildStep:
    """Check one step of a build list: a mapping of one key, the builder's name.

    Raises
    ------
    StudyError
        One line that says where and what.
    """
    if len(data) != 1:
        given = ", ".join(data) or "nothing"
        raise document.error(
            location, f"given {given}, expected one step, such as 'pyramid: {{…}}'"
        )
    name, value = next(iter(data.items()))
    here = (*location, name)
    if name not in STEP_NAMES:
        known = ", ".join(STEP_NAMES)
        raise document.error(
            here, f"unknown step, expected one of {known}{nearest(name, STEP_NAMES)}"
        )
    if name == "charge":
        if not isinstance(value, int) or isinstance(value, bool):
            raise document.error(here, f"given {value!r}, expected a whole number of e")
        return BuildStep(name, {"charge": value}, here)
    model = _model(name)
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        value = {_shorthand(name): value}
    arguments = check(model, value, document, here)
    return BuildStep(name, arguments, here)


def read_steps(
    entries: Sequence[Mapping[str, Any]],
    document: Document,
    location: Location,
    atoms: Atoms | None = None,
) -> list[BuildStep]:
    """Check the steps of a build list without building anything."""
    steps = [read_step(entry, document, (*location, n)) for n, entry in enumerate(entries)]
    if atoms is None and not steps[0].starts:
        raise document.error(
            steps[0].location,
            "the first step needs something to start from, expected 'crystal', 'molecule', or a "
            "key 'crystal' in it",
        )
    return steps


def build(
    steps: list[BuildStep],
    document: Document,
    atoms: Atoms | None = None,
    crystals: Mapping[str, Atoms] | None = None,
) -> Atoms:
    """Carry out the steps, in order, on what there is before them.

    ``crystals`` stand for the crystals of their names, relaxed at a level.
    """
    for step in steps:
        atoms = apply_step(step, atoms, document, crystals)
    if atoms is None:
        raise document.error((), "given no step, expected at least one")
    return atoms


def apply_step(
    step: BuildStep,
    atoms: Atoms | None,
    document: Document,
    crystals: Mapping[str, Atoms] | None = None,
) -> Atoms:
    """Carry out one step on the structure before it (None for the first)."""
    try:
        return run_step(step, atoms, document.path.parent, crystals)
    except StudyError:
        raise
    except (InputError, TypeError, ValueError, ArithmeticError) as error:
        raise in_document(InputError(str(error)), document, step.location) from error


def in_document(error: HeterodotError, document: Document, location: Location) -> HeterodotError:
    """Return a builder's error with the file, line and field it came from."""
    return document.error(location, str(error))


def _model(name: str) -> type[BaseModel]:
    """Return the model of a step's keys; those that start from a crystal may name it."""
    from pydantic import create_model

    from heterodot import structures

    builder = getattr(structures, name)
    if name in ALONE:
        return parameter_model(builder, frozenset())
    first = first_parameter(builder)
    model = parameter_model(builder, frozenset({first}), sites=site_parameters(name))
    if name == "crystal":
        return create_model(name, __base__=model, source=(str, ...))
    if name in FROM_CRYSTAL:
        return create_model(name, __base__=model, crystal=(str, ""))
    return model


def _shorthand(name: str) -> str:
    """Return the parameter meant by a step whose value is not a mapping."""
    return "source" if name == "crystal" else next(iter(_model(name).model_fields))
