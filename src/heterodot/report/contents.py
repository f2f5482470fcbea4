"""What goes into a report: read from the results and records of a study, nothing recalculated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.data.flags import Flag, unique_flags
from heterodot.report import motion, volumes
from heterodot.report.charts import Chart, study_charts
from heterodot.report.structures import drawn
from heterodot.report.tables import TableBlock, blocks_of, titled
from heterodot.report.tasks import Tasks
from heterodot.workflows.parts.gates import carried_flags
from heterodot.workflows.parts.results import Result
from heterodot.workflows.study.cases import Case
from heterodot.workflows.study.results import StudyResult


@dataclass(frozen=True)
class StructureView:
    """A structure with what the viewer shows of it.

    Attributes
    ----------
    key : str
        Its name on the page.
    system, title : str
    flags : tuple of Flag
    data : dict
        Plain JSON; see :func:`heterodot.report.structures.drawn`.
    """

    key: str
    system: str
    title: str
    flags: tuple[Flag, ...]
    data: dict[str, Any]

    def also(self, title: str, flags: Sequence[Flag]) -> StructureView:
        """Return the view with another name it goes by, and the flags it has under that."""
        titles = dict.fromkeys([*self.title.split(" = "), title])
        return replace(self, title=" = ".join(titles), flags=unique_flags([*self.flags, *flags]))


@dataclass(frozen=True, eq=False)
class Contents:
    """A study's results as the sections of the page read them.

    Attributes
    ----------
    result : StudyResult
    tasks : Tasks
        The records of the study's tasks.
    text : str
        The study file; empty where it is not known.
    """

    result: StudyResult
    tasks: Tasks
    text: str = ""
    created: str = field(default="")

    @cached_property
    def blocks(self) -> list[TableBlock]:
        """The answers by question and level."""
        return blocks_of(self.result)

    @cached_property
    def charts(self) -> list[Chart]:
        """The charts of all answers."""
        return study_charts(self.result)

    def charts_of(self, question: str = "", level: str = "") -> list[Chart]:
        """Return the charts of a question at a level (by name); without, those of neither."""
        asked = (question, level)
        return [c for c in self.charts if (c.get("question", ""), c.get("level", "")) == asked]

    @cached_property
    def systems(self) -> dict[str, Case]:
        """The first case of each system, by its name."""
        found: dict[str, Case] = {}
        for case in self.result.cases:
            found.setdefault(case.system.name, case)
        return found

    @cached_property
    def views(self) -> list[StructureView]:
        """Every structure: of each system as built, then as its answers have it, each once."""
        return [view for name in self.systems for view in self._views_of(name)]

    def _views_of(self, name: str) -> list[StructureView]:
        """Return the structures of a system; one that several answers have bears all its names."""
        system = self.systems[name].system
        built = self._view(
            f"{name}/built",
            name,
            "as built",
            system.atoms,
            system.site,
            carried_flags(system.atoms),
        )
        found: list[tuple[Atoms, StructureView]] = [(system.atoms, built)]
        for case in self.result.cases:
            answer = self.result.results.get(case.name)
            if case.system.name != name or answer is None:
                continue
            fields = dict(volumes.fields_of(answer))
            for state, atoms in answer.structures.items():
                title, flags = (
                    self._title(case, answer.state_name(state)),
                    answer.state_flags(state),
                )
                same = [n for n, (one, _) in enumerate(found) if one == atoms]
                if same and not fields:
                    found[same[0]] = (atoms, found[same[0]][1].also(title, flags))
                    continue
                key = f"{case.name}/{state}"
                view = self._view(key, name, title, atoms, system.site, flags, fields)
                found.append((atoms, view))
            found += self._played(case, answer)
        return [view for _, view in found]

    def _played(self, case: Case, answer: Result) -> Iterator[tuple[Atoms, StructureView]]:
        """Yield the movies of an answer, each as a view of its first frame."""
        for title, movie in answer.movies.items():
            key, first = f"{case.name}/{title} (movie)", movie.frames[0]
            view = self._view(key, case.system.name, title, first, case.system.site, answer.flags)
            yield first, replace(view, data={**view.data, "film": motion.film(movie)})

    def _title(self, case: Case, state: str) -> str:
        """Return the name of a state; with its question where another has one of this name."""
        others = (
            answer.state_name(one)
            for other in self.result.cases
            if other.question.name != case.question.name
            and (answer := self.result.results.get(other.name)) is not None
            for one in answer.structures
        )
        return f"{state} ({titled(case.question.name)})" if state in set(others) else state

    def _view(
        self,
        key: str,
        system: str,
        title: str,
        atoms: Atoms,
        site: int | None,
        flags: Sequence[Flag] = (),
        fields: Any = None,
    ) -> StructureView:
        records = self.tasks.at(atoms)
        data = drawn(atoms, site, _charges(records, len(atoms)))
        hessian = next((r for r in records if r["task"] == "hessian"), None)
        if hessian is not None:
            data["vibrations"] = motion.modes(atoms, hessian)
        if fields:
            data["fields"] = [volumes.drawn(name, one, atoms) for name, one in fields.items()]
        return StructureView(key, system, title, tuple(flags), data)


def _charges(records: Iterable[dict[str, Any]], n_atoms: int) -> dict[str, np.ndarray]:
    """Return the atomic charges that tasks at a geometry gave, by partition, e."""
    found: dict[str, np.ndarray] = {}
    for record in records:
        result = record["result"]
        states = result.get("electronic_structure") or {}
        for kind, charges in (states.get("charges") or {}).items():
            found[str(kind)] = np.asarray(charges, float)
        own = result.get("charges")
        if own is not None and not isinstance(own, dict):
            found.setdefault("charge", np.asarray(own, float))
    return {kind: q for kind, q in found.items() if q.shape == (n_atoms,)}
