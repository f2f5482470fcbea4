"""What a study answers, as rows: one for every case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from heterodot.errors import MissingDependencyError
from heterodot.records import Record


@dataclass(frozen=True)
class Row(
    Record,
    written=(
        *("system", "label", "question", "kind", "level", "status"),
        *("values", "spreads", "marks", "flags", "caveats", "error"),
    ),
):
    """One answer, ready for a table.

    Attributes
    ----------
    system, label, question, kind, level : str
        Which; ``level`` in words.
    values : dict of str to float or str
        The numbers by name, units in the name.
    marks : dict of str to tuple of str
        By the name of a value that rests on something flagged: the names of those flags.
    flags, caveats : tuple of str
        The doubts, in sentences.
    error : str
        Why there is no answer; empty where there is one.
    spreads : dict of str to float
        Of the values that a committee gave: the sample standard deviation (ddof = 1) of the
        members.
    """

    system: str
    label: str
    question: str
    kind: str
    level: str
    values: dict[str, float | str]
    marks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    error: str = ""
    spreads: dict[str, float] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """``ok``, or ``failed`` where there is no answer."""
        return "failed" if self.error else "ok"


def data_frame(rows: Iterable[Row]) -> Any:
    """Return rows as a pandas ``DataFrame``, flags as one column of text.

    Raises
    ------
    MissingDependencyError
        pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingDependencyError(
            "to_dataframe() needs pandas, which is not installed: pip install pandas"
        ) from error
    return pd.DataFrame(
        [
            {
                "system": row.system,
                "label": row.label,
                "question": row.question,
                "level": row.level,
                "status": row.status,
                **row.values,
                **{f"± {name}": spread for name, spread in row.spreads.items()},
                "flags": "; ".join(row.flags),
                "error": row.error,
            }
            for row in rows
        ]
    )
