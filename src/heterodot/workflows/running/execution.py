"""Execute one task against a store: importable in any worker, safe to kill, never done twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heterodot import errors, provenance
from heterodot.calculators import code_packages
from heterodot.calculators.mpi import mpi_rank
from heterodot.errors import CalculationError, CrashError, HeterodotError, StoreError
from heterodot.workflows.running.ends import Executed, failure_record
from heterodot.workflows.running.forking import die_with_parent, safe_to_fork
from heterodot.workflows.store.archives import read_json
from heterodot.workflows.store.believing import misfit, stored_result
from heterodot.workflows.store.guesses import keep_guess, provide_guess
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.computing.serialization import structure_labels
from heterodot.workflows.tasks.task import Task
from heterodot.writing import write_atomically

ERROR_FILE = "error.json"
"""Where an isolated process leaves the error of its task."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

TASK_FILE = "task.json"
"""Where a task with a process of its own is written down."""


CHEAP = 0.02
"""Seconds of computing below which a record is not worth a disk's attention of its own. Chosen:
twenty times what storing one may cost (the target of benchmarks/overhead.py)."""


def execute(task: Task, store: Store, isolate: bool = True, wait: bool = True) -> Executed:
    """Finish a task: its record is in the store when this returns.

    Parameters
    ----------
    task : Task
    store : Store
    isolate : bool
        Run a compiled code in a process of its own, so that its crash is this task's alone.
    wait : bool
        Wait for another process that has the task in hand; else say at once that it is held.

    Returns
    -------
    Executed
        Computed, or there already (another process finished it). The record is given where this
        very process made it; elsewhere it is read from the store.

    Raises
    ------
    HeterodotError
        What went wrong; also written to the store's failures. Partial work and the log stay.
    """
    with store.claim(task.key, wait) as ours:
        if not ours:
            return Executed(False, None, is_held=True)
        if task.key in store and stored_result(task, store) is not None:
            return Executed(False, None)
        store.check_work(task.key)
        if task.level.capabilities.native:
            provide_guess(store, task)
        started = time.monotonic()
        record = None
        try:
            task.check_definition()
            if task.level.ranks > 1:
                task.level.check(task.atoms)
                _run_command(task, store)
            elif isolate and task.level.capabilities.native:
                task.level.check(task.atoms)  # refused before a process is made for it
                _run_isolated(task, store)
            else:
                record = compute_and_store(task, store)
        except HeterodotError as error:
            store.fail(task.key, failure_record(task, store, error, time.monotonic() - started))
            raise
        return Executed(True, record, record is None or not _is_cheap(record))


def execute_unless_held(task: Task, store: Store) -> Executed:
    """Finish a task, as :func:`execute`, or leave it to the process that has it in hand."""
    return execute(task, store, wait=False)


def compute_and_store(task: Task, store: Store) -> Mapping[str, Any]:
    """Compute a task in this process, store its record and return it.

    Of MPI ranks, the first one stores.

    Raises
    ------
    CalculationError
        Also for an error of the code that nobody translated.
    """
    # only compiled codes write files of their own; others make the folder when they need it
    native = task.level.capabilities.native
    directory = store.work_folder(task.key) if native else store.work_path(task.key)
    started, cpu = time.time(), time.process_time()
    try:
        result = task.solve(directory)
    except HeterodotError:
        raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreError(
                f"{directory}: cannot be written ({error.strerror}); free the disk and run again, "
                "nothing finished is lost"
            ) from error
        store.check_place()
        raise CalculationError(f"{task.level.code}: {type(error).__name__}: {error}") from error
    except Exception as error:  # a code may raise anything; the run must go on without it
        raise CalculationError(f"{task.level.code}: {type(error).__name__}: {error}") from error
    record = _record(task, result, started, cpu)
    _refuse_nonsense(task, record)
    if mpi_rank() == 0:
        _put(task, store, record, sync=native or not _is_cheap(record))
        if native:
            keep_guess(store, task, result)
        if native or directory.exists():
            store.clear_work(task.key)
    return record


def _refuse_nonsense(task: Task, record: Mapping[str, Any]) -> None:
    """Raise CalculationError for a result that would not be believed when it is read again."""
    reason = misfit(task, record)
    if reason:
        raise CalculationError(
            f"{task.level.code}: the result of task {task.label or task.kind} makes no sense "
            f"({reason}); check the geometry and the SCF settings"
        )


def _put(task: Task, store: Store, record: Mapping[str, Any], sync: bool) -> None:
    try:
        store.put(task.key, record, task.canonical, sync=sync)
    except (ValueError, TypeError) as error:  # NaN, or what JSON does not know, deep inside
        raise CalculationError(
            f"{task.level.code}: the result of task {task.label or task.kind} cannot be stored "
            f"({error}); check the geometry and the SCF settings"
        ) from error


def _is_cheap(record: Mapping[str, Any]) -> bool:
    return bool(record["seconds"] < CHEAP)


def _record(task: Task, result: Mapping[str, Any], started: float, cpu: float) -> dict[str, Any]:
    return {
        "schema": 1,
        "key": task.key,
        "label": task.label,
        "task": task.kind,
        "level": task.level.to_dict(),
        "ranks": task.level.ranks,
        "labels": structure_labels(task.atoms),
        "result": result,
        "seconds": round(time.time() - started, 4),
        "cpu_seconds": round(time.process_time() - cpu, 4),
        "atoms": len(task.atoms),
        "megabytes": _peak_memory(),
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "versions": _versions(),
    }


def _peak_memory() -> int:
    """Return the largest memory this process has had, MB."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


_VERSIONS: dict[str, str] = {}


def _versions() -> dict[str, str]:
    if not _VERSIONS:
        _VERSIONS.update(provenance.program_versions(code_packages()))
    return _VERSIONS


# -- a process of its own ---------------------------------------------------------------------


def _run_isolated(task: Task, store: Store) -> None:
    """Compute in a forked child; where forking is not safe, in a fresh interpreter."""
    if not safe_to_fork():
        _run_command(task, store)
        return
    _write_task(task, store)
    child = multiprocessing.get_context("fork").Process(target=_child, args=(task, store))
    child.start()
    try:
        child.join()
    finally:
        if child.is_alive():
            child.kill()
            child.join()
    _judge_exit(task, store, child.exitcode)


def _child(task: Task, store: Store) -> None:
    """Body of the isolated process: what the code prints goes to the task's log."""
    die_with_parent()
    with store.log_path(task.key).open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    report_errors(task, store)


def report_errors(task: Task, store: Store) -> int:
    """Compute a task; leave its error, if any, where the parent finds it; return the exit code."""
    try:
        compute_and_store(task, store)
    except HeterodotError as error:
        if mpi_rank() == 0:
            content = {"error": type(error).__name__, "message": str(error)}
            path = store.work_folder(task.key) / ERROR_FILE
            write_atomically(path, json.dumps(content).encode())
        return 1
    return 0


def _run_command(task: Task, store: Store) -> None:
    """Compute in processes started by command: under MPI, or where forking is not safe."""
    _write_task(task, store)
    script = Path(__file__).with_name("worker.py")
    command = task.level.command([str(script), str(store.path), task.key])
    with store.log_path(task.key).open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    _judge_exit(task, store, code)


def _write_task(task: Task, store: Store) -> None:
    """Leave in the work folder what is under way, for its process and for ``status``."""
    directory = store.work_folder(task.key)
    (directory / ERROR_FILE).unlink(missing_ok=True)
    write_atomically(directory / TASK_FILE, json.dumps(task.to_dict()).encode(), sync=False)


def _judge_exit(task: Task, store: Store, code: int | None) -> None:
    """Raise what the isolated process left, or say how it died."""
    try:
        left = read_json(store.work_path(task.key) / ERROR_FILE)
    except (OSError, ValueError):
        left = {}
    if "message" in left:
        raise _named_error(left.get("error"))(str(left["message"]))
    if task.key in store:
        return
    how = f"exit code {code}"
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            how = signal.Signals(-code).name
    raise CrashError(
        f"{task.level.code} died ({how}) in task {task.label or task.kind}; "
        f"its log is {store.log_path(task.key)}"
    )


def _named_error(name: Any) -> type[HeterodotError]:
    """Return the class of that name; that of any failed calculation if there is none."""
    found = getattr(errors, str(name), None)
    if isinstance(found, type) and issubclass(found, HeterodotError):
        return found
    return CalculationError
