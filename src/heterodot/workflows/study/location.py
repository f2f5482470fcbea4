"""Where a study's results go, without reading anything else of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from heterodot.errors import InputError
from heterodot.paths import user_path

if TYPE_CHECKING:
    from heterodot.structures.recipes.yamlfile import Document


def output_of(document: Document) -> Path:
    """Return the results folder: ``output`` relative to the study, or its name + ``-results``.

    ``~`` is the home folder.

    Raises
    ------
    StudyError
        If ``output`` is no text or no path, or the file is no mapping.
    """
    path = document.path
    if not isinstance(document.data, dict):
        raise document.error((), "given no mapping, expected a study")
    given = document.data.get("output")
    if given is not None and not isinstance(given, str):
        raise document.error(("output",), f"given {given!r}, expected text")
    try:
        folder = path.parent / user_path(given or f"{path.stem}-results")
    except InputError as error:
        raise document.error(("output",), str(error)) from error
    return Path(os.path.normpath(folder))  # examples/../demo is demo
