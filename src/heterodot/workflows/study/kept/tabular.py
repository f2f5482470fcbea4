"""What has rows shows itself: as text, as a data frame, in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from heterodot.workflows.study.kept.views import rows_html
from heterodot.workflows.study.rows import data_frame
from heterodot.workflows.study.tables import text_table

if TYPE_CHECKING:
    from heterodot.workflows.study.rows import Row


class Tabular(ABC):
    """Base of what holds answers: one row each, under a heading."""

    @abstractmethod
    def rows(self) -> list[Row]:
        """Return one row per answer, in the study's order."""

    @property
    @abstractmethod
    def heading(self) -> str:
        """What the rows are of: the title of the study, the label of the system."""

    def table(self) -> str:
        """Return the answers as text, systems side by side."""
        return text_table(self.heading, self.rows())

    def to_dataframe(self) -> Any:
        """Return the answers as a pandas ``DataFrame``: one row each, a column per quantity.

        Raises
        ------
        MissingDependencyError
            pandas is not installed.
        """
        return data_frame(self.rows())

    def _repr_html_(self) -> str:
        """Return the answers as tables for a notebook."""
        return rows_html(self.heading, self.rows())
