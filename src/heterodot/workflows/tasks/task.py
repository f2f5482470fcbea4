"""Tasks: the units of compute. Each is a pure function of its content, known by its key.

A task holds a structure, a level of theory and settings. Its key is the SHA-256 of its canonical
JSON (see :mod:`heterodot.workflows.tasks.computing.serialization`); the versions of the programs
are recorded in the result, not in the key. ``compute(directory)`` does the work and may be killed
at any moment: called again with the same directory, it goes on from what it finds there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from socket import gethostname
from typing import Any, ClassVar, Generic, TypeVar

from ase import Atoms

from heterodot.calculators import Level
from heterodot.errors import LevelError
from heterodot.structures.crystals.given import adopt_multiplicity
from heterodot.workflows.tasks.arguments import Checked
from heterodot.workflows.tasks.computing.ladder import climb
from heterodot.workflows.tasks.computing.serialization import (
    canonical_json,
    structure_content,
    structure_to_dict,
)
from heterodot.workflows.tasks.computing.spin_choice import known_open_shell, unchosen

USUAL_STEPS = 60
"""Geometries of a relaxation, about."""

TASK_SCHEMA = 1
"""Raised when the meaning of a task's content or result changes, so that old results miss."""

T_co = TypeVar("T_co", covariant=True)
"""What a task's result is."""


@dataclass(frozen=True, eq=False)
class Task(Checked, ABC, Generic[T_co]):
    """What all tasks share: a structure at a level of theory.

    Attributes
    ----------
    atoms : Atoms
        The structure; its total charge is that of ``heterodot.provenance.total_charge``.
    level : Level
        The level of theory. Of one that takes its geometries from another only the energies' level
        is left at a fixed geometry; what moves atoms refuses it.
    label : str
        For people; not part of the key.
    """

    atoms: Atoms
    level: Level
    label: str = field(default="", kw_only=True)

    kind: ClassVar[str] = ""
    moves: ClassVar[bool] = False
    """Whether the atoms move: no task for a level that takes its geometries from another."""

    length_varies: ClassVar[bool] = False
    """Whether the number of energies is a setting, so that what others of its kind took says less
    of its time than that number."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.level.geometry is not None:
            self._take_energy_level()
        # a copy of our own, without the caller's calculator: a task never changes
        own = self.atoms.copy()
        adopt_multiplicity(own)
        object.__setattr__(self, "atoms", own)

    def _take_energy_level(self) -> None:
        level = self.level
        if self.moves:
            raise LevelError(
                f"{self.kind} at {level.label}: expected one level: relaxations and vibrations are "
                f"those of {level.geometry_level.label} (level.geometry_level)"
            )
        object.__setattr__(self, "level", level.energy_level)

    @property
    def planned_energies(self) -> int:
        """Energies (and forces) it asks its code for, about: what its time is reckoned with."""
        return 1

    def settings(self) -> dict[str, Any]:
        """Return the task's own settings, part of its key."""
        shared = {"atoms", "level", "label"}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in shared}

    def content(self) -> dict[str, Any]:
        """Return everything the result depends on."""
        content = {
            "schema": TASK_SCHEMA,
            "task": self.kind,
            "structure": structure_content(self.atoms),
            "level": {"code": self.level.code, "settings": self.level.identity},
            "settings": self.settings(),
        }
        finite = not self.atoms.pbc.any()
        if finite and known_open_shell(self.atoms) and unchosen(self.atoms, self.level):
            content["spin"] = "not chosen"  # was a singlet without a flag before
        return content

    @cached_property
    def canonical(self) -> str:
        """The content as canonical JSON."""
        return canonical_json(self.content())

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
        return sha256(self.canonical.encode()).hexdigest()

    def check_definition(self) -> None:
        """Check that the level still is here what it was where the task was made.

        A calculator of the user's own configuration may be another one in this process: other
        settings, another version, another model.

        Raises
        ------
        LevelError
        """
        if self.level.implementation.is_defined_here and replace(self).key != self.key:
            raise LevelError(
                f"{self.level.code}: is another calculator on {gethostname()} than where the run "
                "began: expected the same config.toml, files and versions everywhere; run again"
            )

    @abstractmethod
    def compute(self, directory: Path) -> dict[str, Any]:
        """Do the work in ``directory``; return the result as a nested dictionary."""

    def solve(self, directory: Path) -> dict[str, Any]:
        """Compute; where the SCF does not converge, climb the code's recovery ladder.

        Raises
        ------
        ConvergenceError
            That of the first try with what was tried after it, if nothing helped.
        """

        def compute(level: Level, folder: Path) -> dict[str, Any]:
            task = self if level is self.level else replace(self, level=level)
            return task.compute(folder)

        return climb(self.level, compute, directory)

    @abstractmethod
    def result(self, data: Mapping[str, Any]) -> T_co:
        """Return the typed result made of what :meth:`compute` returned."""

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of the numbers a result must hold, all of them finite, by name.

        ``()`` for one number; None for any length.
        """
        return {"energy": ()}

    def final_geometry(self, data: Mapping[str, Any]) -> Atoms | None:  # noqa: ARG002
        """Return the structure of the last calculation a task that returned ``data`` has done.

        None where that is no geometry another task will ask for.
        """
        return self.atoms

    def to_dict(self) -> dict[str, Any]:
        """Return the whole task as plain JSON, for a worker that does not share our memory."""
        return {
            "task": self.kind,
            "label": self.label,
            "structure": structure_to_dict(self.atoms),
            "level": self.level.to_dict(execution=True),
            "settings": self.settings(),
        }
