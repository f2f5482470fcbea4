"""The recovery ladder: what is tried, one rung after another, when the electrons do not converge.

The rungs are the code's own (:meth:`heterodot.calculators.Level.recoveries`), the gentlest first:
those that end in the same result, then those that end in another level of theory and say so. Each
attempt is written down with its reason, so that a killed run goes on at the rung where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heterodot.calculators import Level, Recovery
from heterodot.calculators.mpi import mpi_rank
from heterodot.errors import ConvergenceError
from heterodot.records import Record

ATTEMPTS_FILE = "attempts.jsonl"
"""Failed attempts of an unfinished task, a line each."""


@dataclass(frozen=True)
class Attempt(Record):
    """A rung that did not hold.

    Attributes
    ----------
    rung : str
        "as asked" or the name of the remedy.
    error : str
        Why it failed, one line.
    seconds : float
    """

    rung: str
    error: str
    seconds: float


def climb(
    level: Level, compute: Callable[[Level, Path], dict[str, Any]], directory: Path
) -> dict[str, Any]:
    """Compute at a level and, where the SCF does not converge, rung by rung at its remedies.

    Parameters
    ----------
    level : Level
    compute : callable
        Does the work at a level in a folder, and may be called again after a kill.
    directory : Path
        Of the task; each remedy has a folder in it.

    Returns
    -------
    dict
        What ``compute`` returned, with ``recovery`` (words; empty if none was needed) and, if any
        failed, the ``attempts`` before.

    Raises
    ------
    ConvergenceError
        No rung held: the first error, and what was tried.
    """
    attempts = _read(directory)
    rungs: list[tuple[Recovery | None, Level, Path]] = [(None, level, directory)]
    for number, (remedied, remedy) in enumerate(level.recoveries(), 1):
        rungs.append((remedy, remedied, directory / f"recovery-{number}"))
    for recovery, remedied, folder in rungs[len(attempts) :]:
        started = time.monotonic()
        if recovery is not None:
            for needed in (directory, folder):
                needed.mkdir(exist_ok=True)
        try:
            found = compute(remedied, folder)
        except ConvergenceError as error:
            name = "as asked" if recovery is None else recovery.name
            failed = Attempt(name, str(error), round(time.monotonic() - started, 2))
            attempts.append(failed)
            _note(directory, failed)
            continue
        return {**found, **_told(recovery, attempts)}
    if mpi_rank() == 0:
        (directory / ATTEMPTS_FILE).unlink(missing_ok=True)  # the next run may try again
    raise ConvergenceError(_given_up(attempts))


def _told(recovery: Recovery | None, attempts: list[Attempt]) -> dict[str, Any]:
    if recovery is None:
        return {"recovery": ""}
    before = ", ".join(attempt.rung for attempt in attempts)
    return {
        "recovery": f"{recovery.note} (not before: {before})",
        "attempts": [attempt.to_dict() for attempt in attempts],
    }


def _given_up(attempts: list[Attempt]) -> str:
    first, *remedies = attempts
    if not remedies:
        return first.error
    tried = ", ".join(attempt.rung for attempt in remedies)
    return f"{first.error}; tried in vain: {tried}"


def _read(directory: Path) -> list[Attempt]:
    try:
        lines = (directory / ATTEMPTS_FILE).read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(Attempt.from_dict(json.loads(line)))
        except ValueError:
            break  # killed while writing it
    return found


def _note(directory: Path, attempt: Attempt) -> None:
    if mpi_rank() == 0:
        directory.mkdir(exist_ok=True)
        with (directory / ATTEMPTS_FILE).open("a") as file:
            file.write(json.dumps(attempt.to_dict()) + "\n")
