"""Systems that are answers of the same study: what was relaxed first is what is asked of next.

::

    systems:
      dot-co2:
        from: dot/co2_adsorption    # system/question, and /level where the study has several
        state: adsorbed             # which structure, where the answer has several
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ase import Atoms

from heterodot import provenance
from heterodot.errors import CalculationError, HeterodotError, InputError
from heterodot.structures.recipes.checking import nearest
from heterodot.structures.recipes.grammar import build, read_steps
from heterodot.workflows.study.systems import finished_system
from heterodot.workflows.tasks.outcomes import Done, Failed

if TYPE_CHECKING:
    from heterodot.structures.recipes.yamlfile import Document, Location
    from heterodot.workflows.study.cases import Case, System

LINKED_TASKS = 8
"""Tasks a question may ask for whose structure is not known yet, where workers are counted."""


@dataclass(frozen=True)
class Link:
    """Where the structure of a system comes from.

    Attributes
    ----------
    case : str
        Name of the case whose answer it is.
    system : str
        The system of that case.
    state : str or None
        Which structure of the answer; None for the only one.
    location : Location
        Where the study says so.
    """

    case: str
    system: str
    state: str | None
    location: Location


def read_links(
    origins: Mapping[str, tuple[str, str | None]],
    document: Document,
    case_systems: Mapping[str, str],
) -> dict[str, Link]:
    """Check which systems are answers to which questions.

    Parameters
    ----------
    origins : mapping of str to (str, str or None)
        By system: what it says under ``from`` and ``state``.
    document : Document
    case_systems : mapping of str to str
        The system of every case of the study, by the case's name.

    Raises
    ------
    StudyError
        No such question is asked, or a structure would have to be found from itself.
    """
    links = {}
    for name, (case, state) in origins.items():
        here: Location = ("systems", name, "from")
        if case not in case_systems:
            raise document.error(
                here,
                f"given {case!r}, which this study does not ask; expected system/question of it, "
                f"such as {next(iter(case_systems))}{nearest(case, tuple(case_systems))}",
            )
        links[name] = Link(case, case_systems[case], state, here)
    for name, link in links.items():
        chain = [name]
        while chain[-1] in links:
            chain.append(links[chain[-1]].system)
            if chain[-1] in chain[:-1]:
                raise document.error(
                    link.location,
                    f"{' from '.join(chain)}: a circle; expected a system that is built or read "
                    "at its beginning",
                )
    return links


def check_steps(name: str, entry: Mapping[str, Any], document: Document) -> None:
    """Check the steps that go on from an answer, as far as that can be done without it."""
    if entry.get("build"):
        read_steps(entry["build"], document, ("systems", name, "build"), Atoms())


def follow(
    link: Link,
    name: str,
    entry: Mapping[str, Any],
    source: Case,
    answer: Any,
    document: Document,
) -> System:
    """Return the system a link leads to: the structure of an answer, with the answer's flags.

    Its site is that of the system the question was asked of, unless it says another; steps under
    ``build`` go on from the structure.

    Raises
    ------
    StudyError
        The answer has no such structure, or a step cannot be done.
    """
    known, state = answer.structures, link.state
    if state is None and len(known) == 1:
        state = next(iter(known))
    if state not in known:
        given = "no 'state'" if state is None else f"state {state!r}"
        listed = ", ".join(known) or "none"
        raise document.error(
            ("systems", name, "from" if link.state is None else "state"),
            f"given {given}, expected one of those of {link.case}: {listed}",
        )
    atoms = known[state].copy()
    for flag in answer.state_flags(state):
        provenance.add_flag(atoms, flag.name, flag.message)
    if entry.get("build"):
        steps = read_steps(entry["build"], document, ("systems", name, "build"), atoms)
        atoms = build(steps, document, atoms)
    site = source.system.site
    return finished_system(name, entry, atoms, document, site)


Outcomes = dict[str, Done[Any] | Failed]
"""By case name: the answer, or the error that ended the question."""


def answer(study: Any, run: Callable[[Mapping[str, Any]], Outcomes]) -> tuple[list[Case], Outcomes]:
    """Ask every question of a ``Study``, those of structures that others find after those.

    Parameters
    ----------
    study : Study
    run : callable
        Runs workflows by name side by side to their ends.

    Returns
    -------
    cases : list of Case
        In the study's order.
    outcomes : dict of str to Done or Failed
        By case name, in the same order.
    """
    cases = {case.name: case for case in study.cases}
    outcomes = run({**study.workflows(), **study.lattice_questions})
    lattices = {name: outcomes.pop(name) for name in study.lattice_questions}
    waiting = [*study.lattices, *study.links]
    while waiting:
        ready = [
            name
            for name in waiting
            if name in study.lattices or study.links[name].system not in waiting
        ]
        waiting = [name for name in waiting if name not in ready]
        asked: list[Case] = []
        for name in ready:
            found, failed = _cases(study, name, list(cases.values()), outcomes, lattices)
            asked += found
            cases.update({case.name: case for case in (*found, *failed)})
            outcomes.update({c.name: Failed(error, c.workflow) for c, error in failed.items()})
        if asked:
            outcomes.update(run({case.name: case.workflow for case in asked}))
    order = [name for name in study.case_systems if name in cases]
    return [cases[name] for name in order], {name: outcomes[name] for name in order}


def _linked(
    study: Any, name: str, cases: Sequence[Case], outcomes: Mapping[str, Done[Any] | Failed]
) -> System:
    case = study.links[name].case
    source = outcomes[case]
    if isinstance(source, Failed):
        raise CalculationError(
            f"not asked: its structure is the answer of {case}, which failed: {source.error}"
        )
    answers = {n: o.result for n, o in outcomes.items() if isinstance(o, Done)}
    system: System = study.linked_system(name, cases, answers)
    return system


def _cases(
    study: Any,
    name: str,
    cases: Sequence[Case],
    outcomes: Mapping[str, Done[Any] | Failed],
    lattices: Mapping[str, Done[Any] | Failed],
) -> tuple[list[Case], dict[Case, HeterodotError]]:
    """Return the cases of a linked system, and why some of them, or all, cannot be asked."""
    try:
        if name in study.lattices:
            system = study.system_on_lattice(name, lattices)
        else:
            system = _linked(study, name, cases, outcomes)
    except (CalculationError, InputError) as error:
        return [], dict.fromkeys(study.cases_not_asked(name, study.questions), error)
    asked: list[Case] = []
    failed: dict[Case, HeterodotError] = {}
    for question in study.questions:  # one that cannot be asked takes no other with it
        try:
            asked += study.cases_of({name: system}, [question])
        except InputError as error:
            failed.update(dict.fromkeys(study.cases_not_asked(name, [question]), error))
    return asked, failed
