"""Choose failed tasks and forget that they failed: the user's word that they be tried again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from heterodot.errors import InputError
from heterodot.workflows.store.store import Store

TRANSIENT = frozenset({"LostWorkerError", "CrashError", "StoreError", "MissingDependencyError"})
"""Errors that say nothing of the task itself: a process killed, a disk full, a code not there."""

_KEY_PART = re.compile("[0-9a-f]{6,64}")


def is_transient(failure: Mapping[str, Any]) -> bool:
    """Whether trying again may help though nothing was changed."""
    return str(failure.get("error")) in TRANSIENT


def chosen_failures(
    store: Store, wanted: Sequence[str] = (), transient: bool = False
) -> list[dict[str, Any]]:
    """Return the failures that are meant.

    Parameters
    ----------
    store : Store
    wanted : sequence of str
        Tasks by label, by a pattern of labels (``dot *``), or by the first six or more digits of
        their keys; all if empty.
    transient : bool
        Only those that :func:`is_transient`.

    Raises
    ------
    InputError
        If one of ``wanted`` fits no failure; names the nearest label.
    """
    failures = store.failures()
    for word in wanted:
        if not any(_fits(word, failure) for failure in failures):
            labels = [str(failure.get("label", "")) for failure in failures]
            near = get_close_matches(word, labels, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"task {word!r}: no failed task of that name or key{hint}")
    return [
        failure
        for failure in failures
        if (not wanted or any(_fits(word, failure) for word in wanted))
        and (not transient or is_transient(failure))
    ]


def _fits(word: str, failure: Mapping[str, Any]) -> bool:
    label, key = str(failure.get("label", "")), str(failure["key"])
    is_key = _KEY_PART.fullmatch(word) is not None and key.startswith(word)
    return word == label or is_key or fnmatchcase(label, word)
