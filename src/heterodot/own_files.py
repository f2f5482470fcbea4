"""Files of the user's own configuration: where they are, and whether they are the user's own.

What is written there may name Python to import and shell lines to run, so a file that somebody else
could have written is refused.
"""

from __future__ import annotations

import os
import pwd
import stat
import tomllib
from pathlib import Path
from typing import Any

from heterodot.errors import InputError

MAX_BYTES = 100_000
"""Largest file read."""

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def own_path(name: str) -> str:
    """Return where a file of the user's configuration would be; empty where there is no home.

    In ``heterodot`` below ``XDG_CONFIG_HOME``, or ``~/.config``.
    """
    base = os.environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):  # relative ones are to be ignored, says the standard
        base = os.path.expanduser("~/.config")  # noqa: PTH111 - Path fails where there is no home
    return f"{base}/heterodot/{name}" if base.startswith("/") else ""


def own_file(name: str) -> Path | None:
    """Return a file of the user's configuration; None where it is not there.

    Raises
    ------
    InputError
        If another user owns it or its folder, or may write to them.
    """
    given = own_path(name)
    if not given or not os.path.exists(given):  # noqa: PTH110 - of no folder we may not enter
        return None
    path = Path(given)
    for place in dict.fromkeys((path, path.parent, path.resolve().parent)):
        _refuse_others(place)
    return path


def _refuse_others(path: Path) -> None:
    """Raise InputError for what somebody else could have written."""
    state = path.stat()
    if state.st_uid != os.geteuid():
        raise InputError(
            f"{path}: belongs to {_user(state.st_uid)}, expected a configuration of your own "
            f"(you are {_user(os.geteuid())}); take it away or set XDG_CONFIG_HOME"
        )
    if state.st_mode & _OTHERS:
        raise InputError(
            f"{path}: others may write it (mode {stat.S_IMODE(state.st_mode):o}), expected you "
            f"alone: chmod go-w '{path}'"
        )


def _user(number: int) -> str:
    try:
        return f"user {pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"user {number}"


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
    what : str
        What it should be, for the message: "a profile".

    Raises
    ------
    InputError
        ``FILE: what was given, what was expected``, in one line.
    """
    expected = f"expected {what} (TOML)"
    try:
        if not path.is_file():
            raise InputError(f"{path}: not there, {expected}")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES} bytes, {expected}")
        return tomllib.loads(raw.decode())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not TOML ({error})") from error
