"""The fault campaign: every fault at random moments, many times.

    python -m tests.faults.campaign [--trials 5] [--seed 1] [--tasks 12] [--only FAULT] [--gpaw]

Prints the seed, a line for each trial, and the table; exits with 1 unless every trial is clean.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from pathlib import Path

from tests.faults.faults import FAULTS, GPAW_FAULTS, NEED_ROOT
from tests.faults.harness import Driver, Outcome, Trial, answers, table


def reference(folder: Path, n: int, gpaw: bool = False) -> dict[str, tuple[float, bytes]]:
    """Return the answers of a run that nothing disturbs."""
    driver = Driver(folder, n, 2, f"reference-{os.getpid()}", gpaw)
    said = driver.wait()
    if driver.process.returncode:
        raise RuntimeError(said)
    return answers(folder)


def main() -> int:
    """Run the campaign; return the exit code."""
    parser = argparse.ArgumentParser(description="Disturb runs, and look what is left.")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--tasks", type=int, default=12)
    parser.add_argument("--only", choices=sorted({*FAULTS, *GPAW_FAULTS}))
    parser.add_argument("--gpaw", action="store_true", help="also kill ranks of GPAW")
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.trials} trials of each fault, {given.tasks} tasks a trial")
    rng, outcomes = random.Random(given.seed), []
    faults = {**FAULTS, **(GPAW_FAULTS if given.gpaw else {})}
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        known = {g: reference(Path(folder, f"reference-{g}"), given.tasks, g)
                 for g in ({False, True} if given.gpaw else {False})}  # fmt: skip
        for name, fault in faults.items():
            if given.only not in (None, name):
                continue
            if name in NEED_ROOT and os.geteuid():
                print(f"{name}: left out, needs root")
                continue
            for number in range(given.trials):
                outcomes.append(_one(name, fault, Path(folder), number, given, known, rng))
    print(table(outcomes))
    clean = sum(outcome.is_clean for outcome in outcomes)
    print(f"{clean} of {len(outcomes)} trials clean")
    return 0 if clean == len(outcomes) else 1


def _one(name, fault, folder, number, given, known, rng) -> Outcome:
    gpaw = name in GPAW_FAULTS
    store = folder / f"{name.replace(' ', '-')}-{number}"
    outcome = fault(Trial(name, store, known[gpaw], given.tasks, gpaw=gpaw), rng)
    print(outcome, flush=True)
    return outcome


if __name__ == "__main__":
    raise SystemExit(main())
