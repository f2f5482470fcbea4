"""The fault campaign: every fault at random moments, many times.

    python -m tests.faults.campaign [--trials 5] [--seed 1] [--tasks 12] [--only FAULT] [--gpaw]
        [--slurm]

Prints the seed, a line for each trial, and the table; exits with 1 unless every trial is clean.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.faults.faults import FAULTS, GPAW_FAULTS, NEED_ROOT
from tests.faults.harness import Driver, Outcome, Trial, answers, table
from tests.faults.one_node import InUseError, refuse_company, why_not
from tests.faults.slurm_faults import MINUTE_FAULTS, SLURM_FAULTS
from tests.slurm_turns import turn

SLURM_TASKS = 3
"""Tasks of a trial on Slurm, of several seconds each."""

MINUTE_TASKS = 36
"""More than an undisturbed job finishes until Slurm ends it, 60 to 90 s after its start."""


def reference(
    folder: Path, n: int, gpaw: bool = False, long: bool = False
) -> dict[str, tuple[float, bytes]]:
    """Return the answers of a run that nothing disturbs."""
    driver = Driver(folder, n, 2, f"reference-{os.getpid()}", gpaw, long)
    said = driver.wait()
    if driver.process.returncode:
        raise RuntimeError(said)
    return answers(folder)


def main() -> int:
    """Run the campaign; return the exit code."""
    given = _parser().parse_args()
    print(f"seed {given.seed}, {given.trials} trials of each fault, {given.tasks} tasks a trial")
    rng, outcomes, left_out = random.Random(given.seed), [], {}
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        for kind in _kinds(given):
            for fault, outcome in _trials(kind, given, rng, Path(folder)):
                if isinstance(outcome, str):
                    left_out[fault] = outcome
                else:
                    outcomes.append(outcome)
                print(f"{fault}: left out, {outcome}" if fault in left_out else outcome, flush=True)
    print(table(outcomes, left_out))
    clean = sum(outcome.is_clean for outcome in outcomes)
    print(f"{clean} of {len(outcomes)} trials clean")
    return 0 if clean == len(outcomes) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Disturb runs, and look what is left.")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--tasks", type=int, default=12)
    names = sorted({*FAULTS, *GPAW_FAULTS, *SLURM_FAULTS, *MINUTE_FAULTS})
    parser.add_argument("--only", choices=names)
    parser.add_argument("--gpaw", action="store_true", help="also kill ranks of GPAW")
    parser.add_argument("--slurm", action="store_true", help="also faults of a real queue")
    return parser


class _Kind(NamedTuple):
    """Faults that disturb the same work."""

    name: str
    faults: Mapping[str, Callable[[Trial, random.Random], Outcome]]
    tasks: int
    gpaw: bool = False
    long: bool = False


def _kinds(given: argparse.Namespace) -> list[_Kind]:
    """Return the faults asked for."""
    kinds = [_Kind("any", FAULTS, given.tasks)]
    if given.gpaw:
        kinds.append(_Kind("gpaw", GPAW_FAULTS, given.tasks, gpaw=True))
    if given.slurm:
        kinds.append(_Kind("slurm", SLURM_FAULTS, SLURM_TASKS, long=True))
        kinds.append(_Kind("minute", MINUTE_FAULTS, MINUTE_TASKS, long=True))
    return kinds


def _trials(
    kind: _Kind, given: argparse.Namespace, rng: random.Random, folder: Path
) -> Iterator[tuple[str, Outcome | str]]:
    """Yield each fault with what a trial came to, or with why it cannot be had here."""
    known = None
    for name, fault in kind.faults.items():
        if given.only not in (None, name):
            continue
        if why := _why_not(kind, name):
            yield name, why
            continue
        if known is None:
            known = reference(folder / kind.name, kind.tasks, kind.gpaw, kind.long)
        for number in range(given.trials):
            place = re.sub("[^A-Za-z0-9]+", "-", f"{name}-{number}")
            store = folder / place / "store"
            trial = Trial(name, store, known, kind.tasks, gpaw=kind.gpaw, long=kind.long)
            yield name, _one(kind, trial, fault, rng)


def _why_not(kind: _Kind, fault: str) -> str:
    if kind.faults in (SLURM_FAULTS, MINUTE_FAULTS):
        return why_not()
    return "needs root" if fault in NEED_ROOT and os.geteuid() else ""


def _one(
    kind: _Kind,
    trial: Trial,
    fault: Callable[[Trial, random.Random], Outcome],
    rng: random.Random,
) -> Outcome | str:
    """Return the outcome of one trial; of a node that others use, what they have there."""
    if kind.faults not in (SLURM_FAULTS, MINUTE_FAULTS):
        return fault(trial, rng)
    try:
        with turn(alone=True):
            refuse_company(trial.folder)
            return fault(trial, rng)
    except InUseError as error:
        return str(error)


if __name__ == "__main__":
    raise SystemExit(main())
