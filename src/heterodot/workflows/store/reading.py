"""A store that is only read: nothing is made, renamed or locked in its folder."""

from __future__ import annotations

import os

from heterodot.errors import StoreError
from heterodot.paths import user_path
from heterodot.workflows.store.archives import read_json
from heterodot.workflows.store.store import SCHEMA, Store


class ReadOnlyStore(Store):
    """Results of finished tasks in a folder that is left as it is.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    StoreError
        There is no store, or a newer heterodot wrote it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._lock_file = None
        self.path = user_path(path).absolute()
        self.refused: dict[str, str] = {}
        try:
            schema = int(read_json(self.path / "store.json")["schema"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{self.path}: holds no store that can be read ({error})") from error
        if schema > SCHEMA:
            raise StoreError(
                f"{self.path}: store schema {schema}, this heterodot reads up to {SCHEMA}; "
                "upgrade heterodot"
            )

    def refuse(self, key: str, reason: str) -> None:
        """Remember why a record is not believed; it stays where it is."""
        self.refused[key] = f"{self._record_path(key)}: not believed: {reason}"
