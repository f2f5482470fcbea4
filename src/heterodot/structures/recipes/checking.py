"""Check plain data from a study file against a model; errors in the words of the file."""

from __future__ import annotations

import difflib
import json
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from heterodot.errors import StudyError
from heterodot.structures.recipes.yamlfile import Document, Location

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "nothing (null)",
    "finite_number": "a finite number",
    "int_from_float": "a whole number",
    "recursion_loop": "no loops",
}


def check(
    model: type[Model], data: Any, document: Document, location: Location = ()
) -> dict[str, Any]:
    """Return what the file gives for the model's fields, checked; nothing is filled in.

    Raises
    ------
    StudyError
        One line: file, line, field, what was given and what was expected.
    """
    return validated(model, data, document, location).model_dump(exclude_unset=True)


def validated(model: type[Model], data: Any, document: Document, location: Location = ()) -> Model:
    """Return the model instance; see :func:`check`."""
    from pydantic import ValidationError

    try:
        # by way of JSON: there, strict still lets a list be a tuple and 1 be 1.0
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise explained(error, model, data, document, location) from error


def explained(
    error: ValidationError,
    model: type[BaseModel],
    data: Any,
    document: Document,
    location: Location,
) -> StudyError:
    """Turn pydantic's errors into one line about the first of them."""
    errors = error.errors(include_url=False)
    # a mistyped key is also a missing one: the first is the better news
    errors.sort(key=lambda entry: entry["type"] != "extra_forbidden")
    places = [_place(data, entry["loc"]) for entry in errors]
    here = [e for e, place in zip(errors, places, strict=True) if place == places[0]]
    first, field = here[0], (*location, *places[0])
    others = len({*places}) - 1
    more = f" (and {others} more fault{'s' * (others > 1)})" if others else ""
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, first["loc"][:-1])
        return document.error(field, _unknown_key(str(first["loc"][-1]), known) + more)
    if first["type"] == "missing":
        field = (*field, str(first["loc"][-1]))
        return document.error(field, f"not given, expected {_wanted(model, first['loc'])}{more}")
    expected = " or ".join(dict.fromkeys(_expected(e) for e in here))
    return document.error(field, f"given {shown(first['input'])}, expected {expected}{more}")


def shown(value: Any) -> str:
    """Return a value as the user wrote it, shortened."""
    if isinstance(value, Mapping):
        text = "a mapping of " + (", ".join(map(str, value)) or "nothing")
    elif isinstance(value, list):
        text = f"the list {json.dumps(value, default=str, ensure_ascii=False)}"
    else:
        text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "…"


def nearest(given: str, known: Any) -> str:
    """``; did you mean …?`` where something close is known."""
    close = difflib.get_close_matches(given, [str(k) for k in known], n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _place(data: Any, loc: tuple[str | int, ...]) -> Location:
    """Return the part of pydantic's location that is in the data (it adds the names of types)."""
    place: list[str | int] = []
    for part in loc:
        if isinstance(data, Mapping) and part in data:
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            continue
        place.append(part)
    return tuple(place)


def _unknown_key(given: str, known: list[str]) -> str:
    listed = f", expected {'one of ' * (len(known) > 1)}{', '.join(known)}" if known else ""
    return f"unknown key{listed}{nearest(given, known)}"


def _known_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys of the model at a place inside another one."""
    found = [model]
    for part in loc:
        inside = [m for m in found if part in m.model_fields]
        if inside:
            found = [m for i in inside for m in _models(i.model_fields[str(part)].annotation)]
    return [name for m in found[:1] for name in m.model_fields]


def _models(annotation: Any) -> list[type[BaseModel]]:
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in typing.get_args(annotation) for m in _models(part)]


def _wanted(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    field = model.model_fields.get(str(loc[-1])) if len(loc) == 1 else None
    return (field.description if field else None) or "a value"


def _expected(entry: Any) -> str:
    kind, context = entry["type"], entry.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in ("literal_error", "enum"):
        return str(context["expected"])
    if kind == "value_error":
        return str(context.get("error", entry["msg"]))
    if kind == "too_short":
        return "at least one in it" if context["min_length"] == 1 else "more in it"
    if kind == "missing":
        return f"{entry['loc'][-1]!r} in it"
    if kind == "extra_forbidden":
        return f"no {entry['loc'][-1]!r}"
    message = str(entry["msg"]).removeprefix("Input should be ").removeprefix("Input should ")
    return message[:1].lower() + message[1:]
