"""The steps a study (or the command line) builds a structure with: the builders, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from heterodot.errors import HeterodotError
from heterodot.structures.recipes.steps import (
    ALONE,
    FROM_CRYSTAL,
    STEP_NAMES,
    BuildStep,
)
from heterodot.workflows.study.checking import check, nearest
from heterodot.workflows.study.parameters import first_parameter, parameter_model

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heterodot.workflows.study.yamlfile import Document, Location


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
    model = parameter_model(builder, frozenset({first}))
    if name == "crystal":
        return create_model(name, __base__=model, source=(str, ...))
    if name in FROM_CRYSTAL:
        return create_model(name, __base__=model, crystal=(str, ""))
    return model


def _shorthand(name: str) -> str:
    """Return the parameter meant by a step whose value is not a mapping."""
    return "source" if name == "crystal" else next(iter(_model(name).model_fields))
