"""The profile a command works with: the one named, or the user's default, which is said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.common.text import one_line
from heterodot.errors import InputError
from heterodot.own_files import own_path

Profile = Annotated[
    Path | None,
    typer.Option(
        "--profile",
        "-p",
        help="Profile of the cluster (TOML); by default profile.toml in ~/.config/heterodot.",
    ),
]


def chosen_profile(given: Path | None) -> Path | None:
    """Return the profile given, or the user's default; None where there is neither.

    Raises
    ------
    InputError
        If others could have written the default.
    """
    from heterodot.workflows.running.batch.profile import default_profile

    if given is not None:
        return given
    found = default_profile()
    if found is not None:
        typer.echo(f"profile: {one_line(found)} (your default)", err=True)
    return found


def needed_profile(given: Path | None) -> Path:
    """Return the profile given, or the user's default.

    Raises
    ------
    InputError
        If there is neither, or as :func:`chosen_profile`.
    """
    found = chosen_profile(given)
    if found is None:
        from heterodot.workflows.running.batch.profile import DEFAULT

        raise InputError(
            "no profile: expected --profile FILE.toml, or one for all your studies in "
            f"{own_path(DEFAULT)}"
        )
    return found
