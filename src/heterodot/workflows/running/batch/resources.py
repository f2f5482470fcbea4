"""What a task asks of the queue: scaled with its size and code, learned from tasks of its study.

Nothing finished: a rough prior from what its code says an energy takes (``effort``: seconds and
memory at a reference size, and how they grow), times the energies such a task asks for.
Something finished at the same level and of the same kind: what that took, scaled by size; only at
another level of the same code: that or the prior, whichever is more. Always with a margin,
rounded up, and never more than the profile allows, which is also what a task asks for after its
job was lost once.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from heterodot.workflows.running.batch.profile import Resources
from heterodot.workflows.store.index import Entry, level_digest
from heterodot.workflows.tasks.task import Task

MARGIN = 3.0
"""What is asked for, over what is expected: the next geometry may converge worse. Chosen; too
little costs a lost job, which then asks for all the profile allows."""

LEAST_SECONDS = 600
LEAST_MEGABYTES = 1000
"""Less than this is not worth asking for: starting Python takes its part."""


@dataclass(frozen=True)
class Request:
    """What a job asks for.

    Attributes
    ----------
    minutes : int
    megabytes : int
        Of the whole job; 0 for the queue's default.
    cores : int
    """

    minutes: int
    megabytes: int
    cores: int


def request(
    task: Task, limit: Resources, finished: Iterable[Entry] = (), was_lost: bool = False
) -> Request:
    """Return what to ask of the queue for a task.

    Parameters
    ----------
    task : Task
    limit : Resources
        The profile's: the most that is asked for.
    finished : iterable of Entry
        Finished tasks of the study, from the store's index.
    was_lost : bool
        Whether its job was lost before: it gets all the profile allows.
    """
    ranks = max(task.level.ranks, limit.cores)
    most, room = walltime_minutes(limit.walltime), memory_megabytes(limit.memory)
    if was_lost:
        return Request(most, room, ranks)
    seconds, megabytes = _expected(task, list(finished))
    minutes = math.ceil(max(LEAST_SECONDS, MARGIN * seconds / task.level.ranks) / 300) * 5
    wanted = math.ceil(max(LEAST_MEGABYTES, 1.5 * megabytes) / 500) * 500
    return Request(min(minutes, most), min(wanted, room) if room else 0, ranks)


def expected_seconds(task: Task, finished: Collection[Entry] = ()) -> float:
    """Return what a task is expected to take on one core, s, without a margin.

    Parameters
    ----------
    task : Task
    finished : iterable of Entry
        Finished tasks of the study, from the store's index. Without any alike it is what its code
        says of an energy; below the size that was measured for, the time falls no faster than the
        number of atoms: what a code does beside its largest step is then most of it.
    """
    seconds = _expected(task, list(finished))[0]
    learned = any((e.code, e.kind) == (task.level.code, task.kind) for e in finished)
    if learned and not task.length_varies:
        return seconds
    effort = task.level.implementation.effort
    size = len(task.atoms) / effort.atoms
    return max(seconds, task.planned_energies * effort.seconds * min(size, 1.0))


def _expected(task: Task, finished: list[Entry]) -> tuple[float, float]:
    """Return seconds and megabytes one task is expected to take on one core."""
    alike = [e for e in finished if (e.code, e.kind) == (task.level.code, task.kind) and e.atoms]
    level = level_digest(task.level.to_dict())
    same = [e for e in alike if e.level == level]
    prior = _prior(task)
    if same and not task.length_varies:
        return _scaled(task, same)
    if alike and not task.length_varies:  # a coarser level may be ten times cheaper
        learned = _scaled(task, alike)
        return max(prior[0], learned[0]), max(prior[1], learned[1])
    return prior


def _prior(task: Task) -> tuple[float, float]:
    cost = task.level.implementation.effort
    size = len(task.atoms) / cost.atoms
    return task.planned_energies * cost.seconds * size**cost.power, (
        cost.megabytes * max(0.3, size**cost.memory_power)
    )


def _scaled(task: Task, finished: list[Entry]) -> tuple[float, float]:
    """Return the most that finished tasks took, scaled to the size of this one."""
    cost, n = task.level.implementation.effort, len(task.atoms)
    seconds = max(e.seconds * max(1.0, (n / e.atoms) ** cost.power) for e in finished)
    memory = max(e.megabytes * max(1.0, (n / e.atoms) ** cost.memory_power) for e in finished)
    return seconds, memory


def walltime_minutes(text: str) -> int:
    """Return a walltime as Slurm writes it ("90", "02:00:00", "1-12:00:00") in whole minutes."""
    days, _, clock = text.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    if days:  # D-HH[:MM[:SS]]
        hours, minutes, seconds = (*parts, 0, 0, 0)[:3]
    elif len(parts) == 3:
        hours, minutes, seconds = parts
    else:  # MM[:SS]
        hours, (minutes, seconds) = 0, (*parts, 0)[:2]
    whole = int(days or 0) * 1440 + hours * 60 + minutes + math.ceil(seconds / 60)
    return max(1, whole)


def memory_megabytes(text: str) -> int:
    """Return a memory as Slurm writes it ("8G", "4000") in megabytes; 0 for none."""
    if not text:
        return 0
    units = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
    unit = text[-1] if text[-1] in units else "M"
    return max(1, math.ceil(float(text.rstrip("KMGT")) * units[unit]))
