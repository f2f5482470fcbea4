"""Results of a study, read again: nothing is calculated, nothing is written, no YAML is needed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from heterodot.errors import HeterodotError, InputError
from heterodot.paths import user_path
from heterodot.structures.recipes.checking import nearest
from heterodot.workflows.running.reading import ReadingRunner
from heterodot.workflows.store.reading import ReadOnlyStore
from heterodot.workflows.study.kept.saved import load_study
from heterodot.workflows.study.kept.tabular import Tabular
from heterodot.workflows.study.results import row_of
from heterodot.workflows.tasks.outcomes import Done, Failed

if TYPE_CHECKING:
    from ase import Atoms

    from heterodot.workflows.study.cases import Case, System
    from heterodot.workflows.study.rows import Row


def load_results(folder: str | os.PathLike[str]) -> Results:
    """Return the results in a folder, to be looked at: nothing is calculated or written.

    Every answer is made anew from the tasks in the folder's store when it is first asked for, so
    it is the same typed result that the study gave::

        results = load_results("demo")
        results["type-c"].co2_reduction.diagram.at(U=-0.8).limiting_potential

    Parameters
    ----------
    folder : path-like
        What ``heterodot run`` wrote into.

    Raises
    ------
    InputError
        It holds no results, or those of a version that did not keep what was asked.
    """
    return Results(folder)


class Results(Mapping[str, "SystemResults"], Tabular):
    """The results of a study by system; see :func:`load_results`.

    A system is ``results["vcu"]`` (or ``results.vcu``), its answers are attributes of it by
    question: ``results["vcu"].co2_reduction``.

    Attributes
    ----------
    folder : Path
    title : str
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = user_path(folder).absolute()
        saved = load_study(self.folder)
        self.title = saved.title
        self._not_asked = saved.errors
        self._cases = saved.cases
        self._runner = ReadingRunner(ReadOnlyStore(self.folder / "store"))
        self._outcomes: dict[str, Done[Any] | Failed] = {}
        grouped: dict[str, list[Case]] = {}
        for case in saved.cases:
            grouped.setdefault(case.system.name, []).append(case)
        self._systems = {name: SystemResults(self, cases) for name, cases in grouped.items()}

    def __getitem__(self, name: str) -> SystemResults:
        if name not in self._systems:
            known = tuple(self._systems)
            near = nearest(str(name), known)
            raise _NoSuchError(f"system {name!r}: expected one of {', '.join(known)}{near}")
        return self._systems[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._systems)

    def __len__(self) -> int:
        return len(self._systems)

    def __getattr__(self, name: str) -> SystemResults:
        by_attribute = {_attribute(known): known for known in self.__dict__.get("_systems", {})}
        if name not in by_attribute:
            listed = ", ".join(by_attribute)
            raise AttributeError(f"no system {name!r}; expected one of {listed}")
        return self._systems[by_attribute[name]]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *map(_attribute, self._systems)})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._systems)

    def __repr__(self) -> str:
        names = ", ".join(f"{name} ({len(one)})" for name, one in self._systems.items())
        return f"<Results of {self.title!r} in {self.folder}; systems (answers): {names}>"

    def outcome(self, case: Case) -> Done[Any] | Failed:
        """Return the answer of a case, or the error in its place."""
        if case.name not in self._outcomes:
            self._outcomes[case.name] = self._read(case)
        return self._outcomes[case.name]

    def _read(self, case: Case) -> Done[Any] | Failed:
        if not case.is_asked:
            return Failed(InputError(self._not_asked[case.name]), case.workflow)
        try:
            return Done(case.workflow.run(self._runner))
        except HeterodotError as error:
            return Failed(error, case.workflow)

    def rows(self) -> list[Row]:
        """Return one row per answer, in the study's order."""
        return [row_of(case, self.outcome(case)) for case in self._cases]

    @property
    def heading(self) -> str:
        """The title of the study."""
        return self.title


class SystemResults(Mapping[str, Any], Tabular):
    """The answers about one system, by question (and level, where there are several).

    Attributes
    ----------
    name, label : str
    site : int or None
    """

    def __init__(self, results: Results, cases: list[Case]) -> None:
        self._results = results
        self._cases = {case.name.partition("/")[2]: case for case in cases}
        system: System = cases[0].system
        self.name, self.label, self.site = system.name, system.label, system.site
        self._atoms = system.atoms

    @property
    def atoms(self) -> Atoms:
        """The structure that was asked of, a copy."""
        return self._atoms.copy()

    def __getitem__(self, name: str) -> Any:
        if name not in self._cases:
            known = tuple(self._cases)
            near = nearest(str(name), known)
            raise _NoSuchError(f"{self.name}/{name}: expected one of {', '.join(known)}{near}")
        outcome = self._results.outcome(self._cases[name])
        if isinstance(outcome, Failed):
            raise type(outcome.error)(f"{self.name}/{name}: no answer: {outcome.error}")
        return outcome.result

    def __iter__(self) -> Iterator[str]:
        return iter(self._cases)

    def __len__(self) -> int:
        return len(self._cases)

    def __getattr__(self, name: str) -> Any:
        found = self._by_attribute().get(name, ())
        if not found:
            listed = ", ".join(self._by_attribute())
            raise AttributeError(
                f"{self.__dict__.get('name', '')}: no answer {name!r}; expected one of {listed}"
            )
        return self[found[0]] if len(found) == 1 else Answers(self, found)

    def _by_attribute(self) -> dict[str, list[str]]:
        """Return the keys of answers by attribute: the question's name, or its kind."""
        found: dict[str, list[str]] = {}
        for key, case in self.__dict__.get("_cases", {}).items():
            for name in dict.fromkeys((case.question.name, case.question.kind)):
                found.setdefault(_attribute(name), []).append(key)
        return found

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._by_attribute()})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._cases)

    def __repr__(self) -> str:
        return f"<{self.name} ({self.label}): {', '.join(self._cases)}>"

    def rows(self) -> list[Row]:
        """Return one row per answer."""
        return [row_of(case, self._results.outcome(case)) for case in self._cases.values()]

    @property
    def heading(self) -> str:
        """The label of the system."""
        return self.label


class Answers(Mapping[str, Any]):
    """Several answers to questions of one kind: by level, or by question and level."""

    def __init__(self, system: SystemResults, keys: list[str]) -> None:
        first = {key.partition("/")[0] for key in keys}
        self._system = system
        self._keys = {key.partition("/")[2] if len(first) == 1 else key: key for key in keys}

    def __getitem__(self, name: str) -> Any:
        if name not in self._keys:
            known = tuple(self._keys)
            near = nearest(str(name), known)
            raise _NoSuchError(f"{name!r}: expected one of {', '.join(known)}{near}")
        return self._system[self._keys[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __getattr__(self, name: str) -> Any:
        listed = ", ".join(self.__dict__.get("_keys", ()))
        raise AttributeError(f"{name!r}: several answers here ({listed}); take one by [...] first")

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._keys)

    def __repr__(self) -> str:
        return f"<Answers: {', '.join(self._keys)}>"


class _NoSuchError(InputError, KeyError):
    """A name that is not there, for whoever looks it up as in a mapping."""


def _attribute(name: str) -> str:
    """Return a name as an attribute: ``type-c`` as ``type_c``."""
    plain = re.sub(r"\W", "_", name)
    return f"_{plain}" if plain[:1].isdigit() else plain
