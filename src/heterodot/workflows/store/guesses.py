"""Converged densities of finished tasks, for later tasks at the same geometry and level.

Vibrations, states and densities are asked for where a relaxation has ended. What a code leaves
there as a guess (:data:`heterodot.calculators.registry.GUESS_FILE`) is kept in the store under the
geometry and the level it belongs to; a task that starts there finds it in its folder. Results do
not depend on it beyond the criteria of the SCF, and the folder may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ase import Atoms

from heterodot.calculators import Level
from heterodot.calculators.registry import GUESS_FILE
from heterodot.errors import StoreError
from heterodot.paths import refuse_link
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.computing.serialization import canonical_json, structure_content
from heterodot.workflows.tasks.task import Task

FOLDER = "guesses"


def provide_guess(store: Store, task: Task) -> None:
    """Put a guess for a task's geometry and level into its folder, if there is one.

    Best effort: without it the SCF only takes longer.
    """
    kept = store.path / FOLDER / _name(task.atoms, task.level)
    given = store.work_path(task.key) / GUESS_FILE
    if not kept.is_file() or kept.is_symlink() or os.path.lexists(given):
        return
    with contextlib.suppress(OSError):
        shutil.copyfile(kept, store.work_folder(task.key) / GUESS_FILE)


def keep_guess(store: Store, task: Task, result: Mapping[str, Any]) -> None:
    """Keep what a task left in its folder as the guess for the geometry it ended at."""
    left = store.work_path(task.key) / GUESS_FILE
    ended = task.final_geometry(result)
    if ended is None or not left.is_file() or left.is_symlink():
        return
    with contextlib.suppress(OSError, StoreError):  # the result itself is what counts
        folder = store.path / FOLDER
        folder.mkdir(exist_ok=True)
        refuse_link(folder)
        left.replace(folder / _name(ended, task.level))


def _name(atoms: Atoms, level: Level) -> str:
    """Return the name for a geometry and a level; atoms held fixed change nothing."""
    structure = structure_content(atoms)
    structure.pop("fixed", None)
    content = {"structure": structure, "code": level.code, "settings": level.identity}
    return sha256(canonical_json(content).encode()).hexdigest() + ".npy"
