"""How large a slab is and what its faces are, as objects or as keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from heterodot.options import chosen, defaults_of, shared_out


@dataclass(frozen=True, eq=False)
class SlabSize:
    """How thick and how wide a slab is, and the vacuum above it.

    Attributes
    ----------
    layers : int or None
        How many chemical layers (see :func:`heterodot.structures.terminations`); the kind of the
        faces may ask for more.
    thickness : float or None
        Instead: from the lowest to the highest atom at least, Å. 10 Å if neither is given.
    repeat : two int, or (2, 2) int
        Repeats of the primitive surface cell, or a matrix of rows of them (det > 0).
    vacuum : float
        Empty height between the slab and its next image, Å.
    """

    layers: int | None = None
    thickness: float | None = None
    repeat: Sequence[int] | Sequence[Sequence[int]] = (1, 1)
    vacuum: float = 15.0


@dataclass(frozen=True, eq=False)
class SlabFaces:
    """The two faces of a slab: where it is cut, how they are balanced and closed.

    Attributes
    ----------
    termination, bottom_termination : str, int or None
        Upper and lower face, by name or index; by default the upper one cuts the weakest bonds
        and the lower one is what the number of layers gives.
    kind : {"as cut", "symmetric", "stoichiometric"}
        Whether layers are added until both faces are the same by symmetry, or until the
        composition is the crystal's.
    polarity : {"report", "compensate", "refuse"}
        What to do where the slab has a dipole: say so; move ions of one face to the other until
        it is gone; or raise.
    passivate_top, passivate_bottom : {"pseudo-H"} or None
        Close the dangling bonds of a face with pseudo-hydrogens.
    """

    termination: str | int | None = None
    bottom_termination: str | int | None = None
    kind: str = "as cut"
    polarity: str = "report"
    passivate_top: str | None = None
    passivate_bottom: str | None = None

    @property
    def anchor(self) -> str:
        """The face that layers are counted from."""
        below = self.termination is None and self.bottom_termination is not None
        return "bottom" if below else "top"


class SlabKeywords(TypedDict, total=False):
    """The fields of :class:`SlabSize` and :class:`SlabFaces` as keywords."""

    layers: int | None
    thickness: float | None
    termination: str | int | None
    bottom_termination: str | int | None
    kind: str
    repeat: Sequence[int] | Sequence[Sequence[int]]
    vacuum: float
    polarity: str
    passivate_top: str | None
    passivate_bottom: str | None


def slab_defaults() -> dict[str, Any]:
    """Return the default of every keyword."""
    return {**defaults_of(SlabSize), **defaults_of(SlabFaces)}


def slab_options(
    size: SlabSize | None, faces: SlabFaces | None, keywords: Mapping[str, Any]
) -> tuple[SlabSize, SlabFaces]:
    """Return both objects with the keywords, which win, in their fields.

    Raises
    ------
    StructureError
        An object is of another type.
    TypeError
        A keyword is a field of neither.
    """
    of_size, of_faces = shared_out(keywords, SlabSize, SlabFaces)
    return chosen(SlabSize, size, of_size, "slab"), chosen(SlabFaces, faces, of_faces, "slab")
