"""The one exception tree. Every message is a single line: what was given, what was expected,
what to do.
"""

from __future__ import annotations


class HeterodotError(Exception):
    """Base of every error heterodot raises on purpose; its message is kept to one line."""

    def __str__(self) -> str:
        return " ".join(super().__str__().split("\n"))


class InputError(HeterodotError, ValueError):
    """What the user gave cannot be used; on the command line, exit code 2."""


class StructureError(InputError):
    """A structure cannot be built, or is not what the operation needs."""


class LevelError(InputError):
    """A level of theory names an unknown code, protocol or keyword."""


class CapabilityError(LevelError):
    """The code cannot do what is asked; the message names one that can."""


class RefusedError(InputError):
    """A calculation was refused before the code saw it (geometry, charge, spin, elements)."""


class StudyError(InputError):
    """A study file is not valid; the message names the file and the field."""


class MissingDependencyError(HeterodotError, ImportError):
    """An optional package is not installed; the message says the command that installs it."""


class CalculationError(HeterodotError):
    """A code ran and failed."""


class OneMinimumError(CalculationError):
    """Both ends of a path relax into one minimum: there is nothing between them."""


class ConvergenceError(CalculationError):
    """The electrons or the geometry did not converge."""


class CrashError(CalculationError):
    """The process of a task died (signal, out of memory, time limit)."""


class LostWorkerError(CrashError):
    """What ran a task is gone (its job, node or worker), by no fault of the task's that is known;
    it is worth another try.
    """


class StoreError(HeterodotError):
    """The result store cannot be read or written."""
