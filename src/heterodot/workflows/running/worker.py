"""A task in an interpreter of its own: ``python worker.py STORE KEY``, also under mpiexec.

Run by path, not by module name, because ``gpaw python`` takes a script.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Compute the task written in the store's work folder; return the exit code."""
    from heterodot.workflows.running.execution import TASK_FILE, report_errors
    from heterodot.workflows.running.forking import die_with_parent
    from heterodot.workflows.store.store import Store
    from heterodot.workflows.tasks.kinds import task_from_dict

    die_with_parent()
    store, key = Store(arguments[0]), arguments[1]
    task = task_from_dict(json.loads((store.work_path(key) / TASK_FILE).read_bytes()))
    if task.key != key:
        raise SystemExit(f"{Path(store.path)}: task file and key {key} do not belong together")
    return report_errors(task, store)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
