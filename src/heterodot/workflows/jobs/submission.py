"""Submit a study: write its batch script into the results folder and hand it to Slurm, once."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heterodot import __version__
from heterodot.calculators.mpi import LAUNCHER
from heterodot.errors import CalculationError, InputError, StoreError
from heterodot.paths import refuse_link, user_path
from heterodot.workflows.jobs.report import JobState, job_states
from heterodot.workflows.running.batch import slurm
from heterodot.workflows.running.batch.ledger import Job, Ledger, log_name, now
from heterodot.workflows.running.batch.profile import MODES, Profile, Resources, load_profile
from heterodot.workflows.running.batch.script import BatchScript, job_name
from heterodot.workflows.running.block_executor import refuse_ranks
from heterodot.workflows.store.archives import read_json
from heterodot.writing import write_atomically

_KEPT = 500
"""Studies remembered."""

_EXPLAINED = {
    "allocation": "The study runs inside this one job, a task per core.",
    "driver": "This small job runs the driver, which submits a job per task.",
}


@dataclass(frozen=True)
class Submission:
    """What is submitted: the parts of a study's batch script.

    Attributes
    ----------
    study : Path
        The study file.
    results : Path
        Its results folder.
    profile : Profile
    profile_path : Path
    mode : {"allocation", "driver"}
    title : str
        The study's, for people.
    workers : int or None
        Tasks at a time; None for what the profile says.
    ranks : int
        MPI ranks of a task at most.
    """

    study: Path
    results: Path
    profile: Profile
    profile_path: Path
    mode: str
    title: str = ""
    workers: int | None = None
    ranks: int = 1

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InputError(f"mode {self.mode!r}: expected one of {', '.join(MODES)}")

        if self.mode == "driver" and self.executor in ("local", "slurm-block"):
            raise InputError(
                f"executor {self.executor!r} with mode 'driver': its job is a small one; expected "
                "'slurm' or 'parsl', or mode 'allocation'"
            )
        if self.executor == "slurm-block":
            refuse_ranks(self.ranks)
        if self.profile.job.nodes > 1 and self.mode == "allocation" and self.executor == "local":
            raise InputError(
                f"job.nodes = {self.profile.job.nodes}: the executor 'local' uses one node; "
                "expected 1, or executor = 'slurm-block'"
            )

    @property
    def executor(self) -> str:
        """Where the tasks run, by name."""
        return self.profile.executor or ("slurm" if self.mode == "driver" else "local")

    @property
    def name(self) -> str:
        """Name of the job."""
        return job_name(self.study.stem)

    @property
    def path(self) -> Path:
        """Where the script goes."""
        return Ledger(self.results).folder / f"{self.name}.sh"

    @property
    def command(self) -> list[str]:
        """The command in the job, to be run in the study's own folder."""
        study = self.study.name if not self.study.name.startswith("-") else f"./{self.study.name}"
        # -P: the study's folder may be a stranger's, nothing is imported from there
        python = str(user_path(self.profile.python)) if self.profile.python else sys.executable
        words = [python, "-P", "-m", "heterodot.cli", "run", study]
        words += ["--output", os.path.abspath(self.results)]  # noqa: PTH100 - keeps links
        if self.executor != "local":
            words += ["--executor", self.executor]
        words += ["--profile", os.path.abspath(self.profile_path)]  # noqa: PTH100
        workers = self.workers or self.profile.workers
        if self.mode == "allocation":
            workers = workers or max(1, self.profile.job.cores // self.ranks)
        return [*words, "--workers", str(workers)] if workers else words

    @property
    def _may_find_python(self) -> bool:
        """Whether the profile sets up an environment, and does not say whose Python is meant."""
        profile = self.profile
        sets_up = profile.modules or profile.setup or "PATH" in profile.environment
        return bool(sets_up) and not profile.python

    def text(self) -> str:
        """Return the batch script.

        Raises
        ------
        InputError
            For a path, an option or a variable that cannot be written safely.
        """
        resources = self.profile.job if self.mode == "allocation" else self.profile.driver
        environment = dict(self.profile.environment)
        if self.profile.launcher:
            environment.setdefault(LAUNCHER, self.profile.launcher)
        today = dt.datetime.now(dt.UTC).date().isoformat()
        made_from = f"{self.study.name} and the profile {self.profile_path.name}"
        return BatchScript(
            title=self.title or self.study.stem,
            notes=(
                _EXPLAINED[self.mode],
                f"Written by heterodot {__version__} on {today} from {made_from}.",
                f"By hand: sbatch {self.path.name}, in the folder of this file.",
            ),
            options=_options(self.name, resources),
            modules=self.profile.modules,
            setup=self.profile.setup,
            environment=environment,
            folder=os.path.abspath(self.study.parent),  # noqa: PTH100
            command=self.command,
            finds_python=self._may_find_python,
        ).render()

    def write(self) -> Path:
        """Write the script into the results folder; return where.

        Raises
        ------
        InputError
            As :meth:`text`.
        StoreError
            If it cannot be written.
        """
        text = self.text()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            refuse_link(self.path.parent)
            write_atomically(self.path, text.encode())
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be written ({error.strerror})") from error
        return self.path

    def submit(self, again: bool = False) -> tuple[Job | None, list[JobState]]:
        """Write the script and submit it, unless the study waits or runs already.

        Parameters
        ----------
        again : bool
            Submit also beside a job that waits or runs.

        Returns
        -------
        Job or None
            The new job; None where there was one already.
        list of JobState
            The jobs that wait or run.

        Raises
        ------
        InputError, StoreError
            As :meth:`write`.
        MissingDependencyError, CalculationError
            If there is no Slurm here, or it refuses the job.
        """
        ledger = Ledger(self.results)
        with ledger.held():
            present = jobs_going_on(ledger)
            if present and not again:
                return None, present
            script = self.write()
            job = Job(slurm.submit(script), self.name, self.mode, script.name, now())
            try:
                ledger.add(job)
            except OSError as error:
                slurm.cancel([job.number])  # a job nobody knows of is worse than none
                raise StoreError(
                    f"{ledger.path}: cannot be written ({error.strerror}); job {job.number} was "
                    "cancelled"
                ) from error
        remember(self)
        return job, present


def resubmission(results: Path, study: Path, title: str, ranks: int) -> Submission | None:
    """Return the submission of these results that this user made last; None if there is none.

    What to submit again comes from the user's own memory, never from the results folder, which
    may be a stranger's.

    Raises
    ------
    InputError
        If the profile is no longer there, or no longer one.
    """
    known = recall(results)
    if known is None:
        return None
    path = Path(known["profile"])
    profile = load_profile(path)
    workers = int(known["workers"]) or None
    return Submission(study, results, profile, path, known["mode"], title, workers, ranks)


def remember(submission: Submission) -> None:
    """Keep how a study was submitted, for ``retry``; best effort."""
    path = _memory()
    entry = {
        "profile": os.path.abspath(submission.profile_path),  # noqa: PTH100
        "mode": submission.mode,
        "workers": str(submission.workers or 0),
    }
    known = _remembered()
    known.pop(str(submission.results.resolve()), None)
    known[str(submission.results.resolve())] = entry
    latest = dict(list(known.items())[-_KEPT:])
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(latest, indent=1).encode())


def recall(results: Path) -> dict[str, str] | None:
    """Return profile, mode and workers of this user's last submission of these results."""
    entry = _remembered().get(str(results.resolve()))
    wanted = {"profile", "mode", "workers"}
    return entry if isinstance(entry, dict) and wanted <= entry.keys() else None


def _remembered() -> dict[str, Any]:
    try:
        return read_json(_memory())
    except (OSError, ValueError):
        return {}


def _memory() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "heterodot" / "submitted.json"


def jobs_going_on(ledger: Ledger) -> list[JobState]:
    """Return the study's jobs that wait or run.

    Raises
    ------
    CalculationError
        If there may be one and the queue cannot be asked.
    """
    states, complaint = job_states(ledger)
    if complaint and slurm.is_available():
        raise CalculationError(f"the queue cannot be asked: {complaint}; try again")
    return [state for state in states if not state.is_over]


def _options(name: str, resources: Resources) -> Sequence[tuple[str, object]]:
    options: list[tuple[str, object]] = [
        ("--job-name", name),
        ("--output", log_name(name, "%j")),
        ("--time", resources.walltime),
        ("--nodes", resources.nodes),
        ("--ntasks", resources.cores),
    ]
    if resources.memory:
        options.append(("--mem", resources.memory))
    if resources.partition:
        options.append(("--partition", resources.partition))
    # after a lost node the study goes on where it was; it must not start twice in one job
    options += [("--requeue", None), ("--open-mode", "append")]
    return [*options, *resources.option_pairs({flag for flag, _ in options})]
