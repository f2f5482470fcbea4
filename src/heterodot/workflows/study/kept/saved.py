"""What was asked, as data beside the answers: enough to read them again without the study file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot import __version__
from heterodot.calculators import Level
from heterodot.errors import HeterodotError, InputError
from heterodot.workflows.questions.registry import get_question
from heterodot.workflows.store.archives import DamagedError, read_json
from heterodot.workflows.study.cases import Case, System
from heterodot.workflows.study.questions import Asked
from heterodot.workflows.tasks.computing.serialization import (
    structure_from_dict,
    structure_to_dict,
)
from heterodot.writing import write_atomically

NAME = "asked.json"
"""The file, in the results folder."""

SCHEMA = 1


@dataclass(frozen=True)
class SavedStudy:
    """What a results folder says was asked.

    Attributes
    ----------
    title : str
    cases : tuple of Case
        Their workflows are ready to run, or to be answered from the store.
    errors : dict of str to str
        By case name: why a case had no structure to ask of.
    """

    title: str
    cases: tuple[Case, ...]
    errors: Mapping[str, str]


def save_study(result: Any, folder: Path) -> None:
    """Write what the cases of a ``StudyResult`` asked into the results folder.

    Raises
    ------
    TypeError
        A question was given what is no plain data; nothing a study file can say.
    """
    systems = {case.system.name: case.system for case in result.cases}
    data = {
        "schema": SCHEMA,
        "version": __version__,
        "title": result.title,
        "systems": {
            name: {
                "label": system.label,
                "site": None if system.site is None else int(system.site),
                "structure": structure_to_dict(system.atoms),
            }
            for name, system in systems.items()
        },
        "cases": [_case_to_dict(case, result) for case in result.cases],
    }
    write_atomically(folder / NAME, json.dumps(data, default=_plain).encode())


def load_study(folder: Path) -> SavedStudy:
    """Read what was asked.

    Raises
    ------
    InputError
        The folder holds no results, or not of this kind.
    """
    path = folder / NAME
    try:
        data = read_json(path)
    except FileNotFoundError:
        what = "holds results of a heterodot before" if (folder / "store").is_dir() else "has none"
        raise InputError(
            f"{folder}: expected a folder with results, but it {what}: no {NAME}; run the study "
            "once more (what is finished is not calculated again)"
        ) from None
    except (OSError, DamagedError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    if data.get("schema") != SCHEMA:
        raise InputError(
            f"{path}: schema {str(data.get('schema'))[:20]}, expected {SCHEMA}; upgrade heterodot"
        )
    try:
        systems = {
            str(name): System(str(name), str(one["label"]), structure_from_dict(one["structure"]),
                              one["site"])
            for name, one in data["systems"].items()
        }  # fmt: skip
        cases = tuple(_case(one, systems) for one in data["cases"])
        errors = {one["name"]: str(one["error"]) for one in data["cases"] if one.get("error")}
        return SavedStudy(str(data["title"]), cases, errors)
    except HeterodotError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"{path}: is not what heterodot writes ({type(error).__name__}: {error}); run the "
            "study once more"
        ) from error


def _case_to_dict(case: Case, result: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": case.name,
        "system": case.system.name,
        "question": case.question.name,
        "kind": case.question.kind,
        "level": case.level,
        "levels": [level.to_dict() for level in _levels(case)],
    }
    if not case.is_asked:
        return {**data, "error": str(result.errors[case.name])}
    atoms = getattr(case.workflow, case.question.structure_argument)
    if atoms is not case.system.atoms:  # the same with a flag, where a level cannot tell two apart
        data["structure"] = structure_to_dict(atoms)
    return {**data, "label": case.workflow.name, "arguments": dict(case.arguments)}


def _levels(case: Case) -> tuple[Level, ...]:
    asked = case.is_asked and case.question.takes_levels
    return tuple(case.workflow.levels) if asked else (case.workflow.level,)


def _case(data: Mapping[str, Any], systems: Mapping[str, System]) -> Case:
    from heterodot.workflows.study.cases import NotAsked

    system, levels = systems[data["system"]], tuple(map(_level, data["levels"]))
    arguments = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.get("arguments", {}).items()
    }
    asked = Asked(
        str(data["kind"]), str(data["question"]), arguments, (system.name,), (data["level"],), ()
    )
    if "arguments" not in data:
        return Case(data["name"], system, asked, data["level"], NotAsked(levels[-1]))
    given: dict[str, Any] = {"levels": levels} if asked.takes_levels else {"level": levels[-1]}
    atoms: Atoms = structure_from_dict(data["structure"]) if "structure" in data else system.atoms
    question: Any = get_question(asked.kind)
    workflow = question(
        **{asked.structure_argument: atoms}, **arguments, **given, name=str(data["label"])
    )
    return Case(str(data["name"]), system, asked, str(data["level"]), workflow, arguments)


def _level(data: Mapping[str, Any]) -> Level:
    """Return a level that a study may name: results may be a stranger's."""
    level = Level.from_dict(data)
    refused = level.implementation.study_complaint(level.overrides)
    if refused:
        raise InputError(f"level {level.code}: {refused}")
    return level


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no plain data")
