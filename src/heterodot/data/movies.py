"""Structures in a row, to be played: the images of a path, the frames of a trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ase import Atoms

from heterodot.errors import InputError


@dataclass(frozen=True, eq=False)
class Movie:
    """Geometries of the same atoms, one after the other.

    Attributes
    ----------
    frames : sequence of Atoms
        One or more of the same atoms in the same order; read one by one, so that a trajectory on
        disk need not fit into memory.
    captions : sequence of str
        A line for each frame ("image 3, 0.41 eV"); empty for none.
    swings : bool
        Played forth and back, as a path is; else from the start again, as a trajectory is.

    Raises
    ------
    InputError
        There is no frame, or captions are not as many as the frames.
    """

    frames: Sequence[Atoms]
    captions: Sequence[str] = ()
    swings: bool = False

    def __post_init__(self) -> None:
        if not len(self.frames):
            raise InputError("a movie of 0 frames: expected 1 or more")
        if len(self.captions) not in (0, len(self.frames)):
            raise InputError(
                f"{len(self.captions)} captions for {len(self.frames)} frames: expected one each, "
                "or none"
            )
