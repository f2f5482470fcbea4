"""A study: systems × levels × questions, from a YAML file to workflows and their results."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase import Atoms

from heterodot.calculators import Level, get_code
from heterodot.calculators.level import AUTO, NONE
from heterodot.errors import (
    CapabilityError,
    InputError,
    LevelError,
    MissingDependencyError,
    StudyError,
)
from heterodot.paths import user_path
from heterodot.structures.recipes.checking import validated
from heterodot.structures.recipes.steps import resolve_sites
from heterodot.structures.recipes.yamlfile import Document, load_yaml, parse_yaml
from heterodot.workflows.study.cases import Case, NotAsked, Published, System
from heterodot.workflows.study.later.lattices import built_on, lattice_questions, read_lattices
from heterodot.workflows.study.later.links import (
    LINKED_TASKS,
    answer,
    check_steps,
    follow,
    read_links,
)
from heterodot.workflows.study.location import output_of
from heterodot.workflows.study.names import case_name, check_names
from heterodot.workflows.study.questions import Asked, read_question
from heterodot.workflows.study.same_structures import as_seen_by, twins
from heterodot.workflows.study.schema import LevelModel, StudyModel
from heterodot.workflows.study.systems import read_system

if TYPE_CHECKING:
    from heterodot.workflows import Event
    from heterodot.workflows.parts.question import Question
    from heterodot.workflows.running.batch.profile import Profile
    from heterodot.workflows.study.results import StudyResult


class Study:
    """A checked study.

    Use :meth:`load`. Nothing is calculated before :meth:`run`; the structures are built when
    :attr:`systems` is first asked for.

    Attributes
    ----------
    document : Document
        The file and its lines.
    title : str
    questions : list of Asked
    published : tuple of Published
    levels : dict of str to Level
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self._model = validated(StudyModel, document.data, document)
        self.title = self._model.title or document.path.stem
        self.levels = {name: self._level(name, m) for name, m in self._model.levels.items()}
        systems, levels = self.system_names, tuple(self.levels)
        self.questions = [
            read_question(entry, document, ("questions", n), systems, levels)
            for n, entry in enumerate(self._model.questions)
        ]
        check_names(document, systems, levels, self.questions)
        self.published = tuple(self._published(n) for n in range(len(self._model.published)))
        origins = {name: (m.from_, m.state) for name, m in self._model.systems.items() if m.from_}
        self.links = read_links(origins, document, self.case_systems)
        for name in self.links:
            check_steps(name, self._entry(name), document)
        entries = {name: self._entry(name) for name in systems}
        self.lattices = read_lattices(entries, self.levels, document)
        self._later = frozenset((*self.links, *self.lattices))

    @classmethod
    def load(cls, path: str | Path) -> Study:
        """Read and check a study file.

        Raises
        ------
        StudyError
            ``FILE:LINE: field: what was given, what was expected``, in one line.
        """
        return cls(load_yaml(path))

    @classmethod
    def parse(cls, text: str, path: str | Path = "study.yaml") -> Study:
        """Check a study given as text; ``path`` names it and is what its files are relative to."""
        return cls(parse_yaml(text, path))

    @property
    def output(self) -> Path:
        """The folder results go to: ``output`` relative to the study, or its name + -results."""
        return output_of(self.document)

    @property
    def workers(self) -> int:
        """Processes to run with: what the study says, or one per processor we may use."""
        from heterodot.workflows.study.drawing.writing import usable_processors

        return self._model.workers or usable_processors()

    @property
    def executor(self) -> str:
        """Where tasks run, by name; a profile or the user may say otherwise."""
        return self._model.executor

    @property
    def system_names(self) -> tuple[str, ...]:
        """The names of the systems."""
        return tuple(self._model.systems)

    @property
    def case_systems(self) -> dict[str, str]:
        """The system of every case, by the case's name, in the study's order."""
        found = {}
        for question in self.questions:
            asked = question.levels[-1:] if question.takes_levels else question.levels
            for system in question.systems:
                for level in asked:
                    found[case_name(system, question, level, tuple(self.levels))] = system
        return found

    @cached_property
    def systems(self) -> dict[str, System]:
        """The structures, built; without those that wait for answers (``from``, ``lattice``)."""
        return {name: self.system(name) for name in self.system_names if name not in self._later}

    @cached_property
    def lattice_questions(self) -> dict[str, Question]:
        """The questions whose answers are the crystals of systems on a level's ``lattice``."""
        return lattice_questions(self.lattices, self.document)

    def system(self, name: str) -> System:
        """Build one system.

        Raises
        ------
        StudyError
            It cannot be built, or is the answer to a question.
        """
        entry, link = self._entry(name), self.links.get(name)
        if link is not None:
            raise self.document.error(
                link.location,
                f"its structure is an answer ({link.case}): run the study, which writes it into "
                "the folder structures of its results",
            )
        if name in self.lattices:
            lattice = self.lattices[name]
            raise self.document.error(
                lattice.location,
                f"it stands on the lattice of {lattice.level_name}, which a run finds: run the "
                "study, which writes it into the folder structures of its results",
            )
        return read_system(name, entry, self.document)

    def linked_system(self, name: str, cases: Sequence[Case], answers: Mapping[str, Any]) -> System:
        """Return a system whose structure is the answer to a question of this study.

        Parameters
        ----------
        name : str
        cases : sequence of Case
            Asked so far.
        answers : mapping of str to Result
            What they found, by case name.
        """
        link = self.links[name]
        (source,) = (case for case in cases if case.name == link.case)
        return follow(link, name, self._entry(name), source, answers[link.case], self.document)

    def system_on_lattice(self, name: str, outcomes: Mapping[str, Any]) -> System:
        """Return a system built of crystals as :attr:`lattice_questions` found them.

        Parameters
        ----------
        name : str
        outcomes : mapping of str to Done or Failed
            By the names of the questions.
        """
        entry = self._entry(name)
        return built_on(self.lattices[name], name, entry, outcomes, self.document)

    def _entry(self, name: str) -> dict[str, Any]:
        return self._model.systems[name].model_dump(exclude_unset=True, by_alias=True)

    @cached_property
    def _twins(self) -> dict[str, list[System]]:
        return twins(self.systems)

    @cached_property
    def cases(self) -> list[Case]:
        """Every question about every system at every level it is asked for.

        Raises
        ------
        StudyError
            For a case that cannot be run: a site missing, a structure its code refuses.
        """
        return self.cases_of(self.systems)

    def cases_of(
        self, systems: Mapping[str, System], questions: Sequence[Asked] | None = None
    ) -> list[Case]:
        """Return every question (or some) about some of the systems, as :attr:`cases`."""
        return [
            self._case(question, systems[system], levels)
            for question in (self.questions if questions is None else questions)
            for system in question.systems
            if system in systems
            for levels in (
                [question.levels] if question.takes_levels else [(x,) for x in question.levels]
            )
        ]

    def cases_not_asked(self, name: str, questions: Sequence[Asked]) -> list[Case]:
        """Return the cases of a system that cannot be asked, for want of its structure perhaps."""
        system = System(name, self._model.systems[name].label or name, Atoms(), None)
        names, found = tuple(self.levels), []
        for one in questions:
            for level in one.levels[-1:] if one.takes_levels else one.levels:
                if name in one.systems:
                    case = case_name(name, one, level, names)
                    found.append(Case(case, system, one, level, NotAsked(self.levels[level])))
        return found

    def workflows(self) -> dict[str, Any]:
        """Return the workflows by case name, for ``run_all``."""
        return {case.name: case.workflow for case in self.cases}

    def run(
        self,
        output: str | Path | None = None,
        workers: int | None = None,
        on_event: Callable[[Event], None] | None = None,
        executor: str | Executor | None = None,
        profile: Profile | str | os.PathLike[str] | None = None,
    ) -> StudyResult:
        """Answer every question and write structures, tables and figures.

        Finished work in the output folder is used, never done again.

        Parameters
        ----------
        output : path, optional
            Folder; :attr:`output` by default.
        workers : int, optional
            Tasks at a time, or as many as there are; what the profile says, or is usual for the
            executor, by default.
        on_event : callable, optional
            See :class:`heterodot.workflows.Runner`.
        executor : {"local", "serial", "slurm", "slurm-block", "parsl"} or Executor, optional
            See :class:`heterodot.workflows.Runner`; by default as the profile says, or the study.
        profile : Profile or path-like, optional
            Of the cluster.

        Raises
        ------
        StudyError, MissingDependencyError
            Before anything is calculated.
        StoreError
            If results cannot be written.
        """
        from heterodot.workflows.running.batch.drivers import Driving
        from heterodot.workflows.running.driving import outcomes_of
        from heterodot.workflows.running.executors import choose
        from heterodot.workflows.running.runner import Runner
        from heterodot.workflows.study.outputs import write_outputs
        from heterodot.workflows.study.results import StudyResult

        folder = self.checked_output() if output is None else user_path(output)
        workflows = self.workflows()
        self.check_installed()
        if not (isinstance(executor, Executor) or executor == "serial"):
            profile, executor, workers = choose(self, profile, executor, workers)
        # no more than there is work for, which is what the time left is reckoned with
        planned = max(1, sum(workflow.planned_tasks for workflow in workflows.values()))
        planned += sum(question.planned_tasks for question in self.lattice_questions.values())
        planned += LINKED_TASKS * (len(self.case_systems) - len(workflows))
        workers, stem = min(workers or self.workers, planned), self.document.path.stem
        driving = Driving(folder, workers, on_event)
        with (
            Runner(
                folder / "store", executor, workers, driving, profile=profile, title=stem
            ) as runner,
            driving,
        ):
            cases, outcomes = answer(self, lambda asked: outcomes_of(asked, runner))
            result = StudyResult(
                title=self.title,
                cases=tuple(cases),
                outcomes=outcomes,
                n_computed=runner.counts.computed,
                n_cached=runner.counts.cached,
                failures=tuple(runner.store.failures()),
                folder=folder,
                keys=runner.answered,
                published=self.published,
            )
        write_outputs(result, folder, 1 if executor == "serial" else workers)
        return result

    def _repr_html_(self) -> str:
        from heterodot.workflows.study.kept.views import study_html

        return study_html(self)

    def checked_output(self) -> Path:
        """Return :attr:`output` if it may be written to: a study may be a stranger's.

        The user's own word for another folder (``output`` of :meth:`run`) is not questioned.

        Raises
        ------
        StudyError
            If the folder holds other things than results.
        """
        from heterodot.workflows.study.outputs import check_output_folder

        try:
            check_output_folder(self.output)
        except InputError as error:
            raise self.document.error(("output",), str(error)) from error
        return self.output

    def check_installed(self) -> None:
        """Raise MissingDependencyError where the code of a level cannot run here."""
        for name, level in self.levels.items():
            availability = level.availability
            if not availability.available:
                where = f"{self.document.path}:{self.document.line(('levels', name))}"
                raise MissingDependencyError(
                    f"{where}: levels.{name}: {level.code} cannot run here: {availability.detail}"
                )

    def _published(self, n: int) -> Published:
        """Return an entry of ``published``, its names checked."""
        model = self._model.published[n]
        asked = dict.fromkeys(question.name for question in self.questions)
        for key, given, known in (
            ("system", model.system, self.system_names),
            ("question", model.question, tuple(asked)),
        ):
            if given not in known:
                raise self.document.error(
                    ("published", n, key), f"given {given!r}, expected {', '.join(known)}"
                )
        return Published(**model.model_dump())

    def _level(self, name: str, model: LevelModel) -> Level:
        here = ("levels", name)
        prior = self._companion(name, "prior", model.prior)
        geometry = self._companion(name, "geometry", model.geometry)
        try:
            refused = get_code(model.code).study_complaint(model.overrides)
            given = {**model.model_dump(), "prior": prior, "geometry": geometry}
            level = None if refused else Level(**given)
        except InputError as error:
            raise self.document.error(here, str(error)) from error
        if level is None:
            raise self.document.error((*here, "code"), f"{model.code}: {refused}")
        if level.ranks > 1 and not level.capabilities.parallel:
            raise self.document.error(
                (*here, "ranks"), f"given {level.ranks}, expected 1: {level.code} is not parallel"
            )
        return level

    def _companion(self, name: str, role: str, given: Any) -> Level | str | None:
        """Return the level's prior, or the level of its geometries.

        A level of the study, a code, a mapping; of a prior "auto" or "none" as well.
        """
        words = (AUTO, NONE) if role == "prior" else ()
        if given is None or given in words:
            return given if isinstance(given, str) else None
        here, among = ("levels", name, role), self._model.levels
        try:
            if isinstance(given, str) and given in among and given != name:
                found = self._named(given, keep_prior=role == "geometry")
            else:
                data = {"code": given} if isinstance(given, str) else given
                refused = _complaint(data)
                if refused:
                    raise self.document.error(here, refused)
                found = Level.from_dict(data)
        except StudyError:
            raise
        except InputError as error:
            known = [other for other in among if other != name]
            expected = ["a code", *map(repr, words), "another level of this study"]
            raise self.document.error(
                here,
                f"{error}; expected {', '.join(expected[:-1])} or {expected[-1]}"
                + (f" ({', '.join(known)})" if known else ""),
            ) from error
        return found

    def _named(self, name: str, keep_prior: bool) -> Level:
        """Return a level of this study that another one names."""
        model = self._model.levels[name]
        if model.geometry is not None:
            raise LevelError(f"{name} takes its own geometries from another level")
        prior = self._companion(name, "prior", model.prior) if keep_prior else None
        refused = _complaint(model.model_dump(include={"code", "overrides"}))
        if refused:
            raise LevelError(refused)
        return Level(**{**model.model_dump(), "prior": prior})

    def _case(self, question: Asked, system: System, levels: tuple[str, ...]) -> Case:
        label, level = system.name, levels[-1]
        atoms = as_seen_by(self.levels[level], system, self._twins.get(system.name, ()))
        if len(self.levels) > 1 and not question.takes_levels:
            label = f"{label} {level}"
        arguments = dict(question.arguments)
        here = (*question.location, question.kind)
        try:
            if question.takes_site:
                arguments["site"] = self._site(question, system, arguments.get("site"))
            if arguments.get("indices"):
                found = resolve_sites(system.atoms, arguments["indices"], many=True)
                if not isinstance(found, str):  # a word that the question itself understands
                    arguments["indices"] = tuple(dict.fromkeys(found))
            for one in levels:
                self.levels[one].check(system.atoms)
            if question.takes_levels:
                arguments["levels"] = tuple(self.levels[one] for one in levels)
            else:
                arguments["level"] = self.levels[level]
            others = self._companions(question, arguments)
            workflow = question.workflow(
                **{question.structure_argument: atoms}, **{**arguments, **others}, name=label
            )
            given = {k: v for k, v in arguments.items() if k not in ("level", "levels")}
        except CapabilityError as error:
            said = f"{system.name}: {error}{self._other_levels(question, level)}"
            raise self.document.error(here, said) from error
        except InputError as error:
            raise self.document.error(here, f"{system.name}: {error}") from error
        name = case_name(system.name, question, level, tuple(self.levels))
        return Case(name, system, question, level, workflow, given)

    def _companions(self, question: Asked, arguments: Mapping[str, Any]) -> dict[str, Atoms]:
        """Return the further structures of a question, named by their systems."""
        found = {}
        for key in question.workflow.companions:
            name = arguments.get(key)
            if name is None:
                continue
            if name not in self.systems:
                why = " (its structure is an answer itself)" if name in self.links else ""
                raise InputError(
                    f"{key} {name!r}{why}: expected a system that is built or read: "
                    f"{', '.join(self.systems)}"
                )
            found[key] = self.systems[name].atoms
        return found

    def _other_levels(self, question: Asked, level: str) -> str:
        """Say how to ask a question at some of the levels only, where there are several."""
        others = [name for name in self.levels if name != level]
        if question.takes_levels or not others:
            return ""
        return (
            f"; this study has also {', '.join(others)}: write 'level: NAME' beside "
            f"'{question.kind}' to ask it at one of them"
        )

    def _site(self, question: Asked, system: System, given: Any) -> int | None:
        if given is not None:
            return int(resolve_sites(system.atoms, given))
        if system.site is None and question.needs_site:
            raise InputError(
                f"no site, expected 'site' in systems.{system.name} or in {question.kind}"
            )
        return system.site


def _complaint(data: Mapping[str, Any]) -> str:
    """Say why a study must not have a level, or one that goes with it; empty where it may."""
    code, overrides = str(data.get("code")), data.get("overrides")
    own = get_code(code).study_complaint(overrides if isinstance(overrides, Mapping) else {})
    if own:
        return f"{code}: {own}"
    others = (data.get(role) for role in ("prior", "geometry"))
    return next(filter(None, (_complaint(o) for o in others if isinstance(o, Mapping))), "")
