"""What every question is: a frozen dataclass of inputs that says its kind and can be run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from heterodot.workflows.tasks.arguments import Checked


class Question(Checked, ABC):
    """Base of the questions.

    A subclass is a frozen dataclass. Its first field is the structure; further ones are ``level``
    (or ``levels``, the cheapest first, with ``level`` as a property), ``name``, and its own
    settings, which are its keys in a study. A field ``site`` is filled in by a study from the
    system. In the module ``heterodot.workflows.questions.…``, or under the entry-point group
    ``heterodot.questions`` of any other package, it is found by its kind.
    """

    kind: ClassVar[str]
    """The key of the question in a study."""

    former_keys: ClassVar[Mapping[str, str]] = {}
    """Keys of a study that answer for a field of another name, by that name."""

    file_keys: ClassVar[frozenset[str]] = frozenset()
    """Fields that a study may give as the name of a file, relative to the study: the field gets the
    file's content."""
    companions: ClassVar[tuple[str, ...]] = ()
    """Fields that are further structures; a study gives them by the name of another system."""

    @property
    def level_label(self) -> str:
        """The level of theory in words, as tables and figures have it."""
        level: Any = getattr(self, "level")  # noqa: B009 - every question has one
        return str(level.label)

    @property
    def planned_tasks(self) -> int:
        """Tasks at most, so that no more workers are started."""
        return 1

    def expected_tasks(self) -> Sequence[tuple[Any, int]]:
        """Return a task of each sort that will be asked for, and how many of those there are.

        For the time a study is expected to take; made of the structure as given. Empty where all
        tasks are much alike: then those that come first stand for the others.
        """
        return ()

    @abstractmethod
    def run(self, runner: Any) -> Any:
        """Submit tasks, wait, return the typed result.

        Parameters
        ----------
        runner : Runner
            Not imported here, nor is the result, so that naming a question needs neither.

        Returns
        -------
        Result
        """
