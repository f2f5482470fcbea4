"""What every workflow's result has: its level, its flags and caveats, a dictionary, a summary."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.figures.style import join_caption
from heterodot.data.committee import POTENTIALS_DISAGREE
from heterodot.data.flags import DAGGER, Marked, flag_names, flag_note, marked_label
from heterodot.data.movies import Movie
from heterodot.workflows.parts.gates import OTHER_LEVEL, carried_flags
from heterodot.workflows.parts.references import Reference, references_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawing = Callable[[], "Figure"]
"""Draws a figure when it is called."""

Text = Callable[[], str]
"""Returns the content of a file when it is called."""

LEFT = "largest force, level of the energies (eV/Å)"
"""Name of the number that says how far the geometries of another level are from own minima."""

Values = dict[str, "float | str | Marked"]
"""The numbers (and words) of an answer by name."""


@dataclass(frozen=True, kw_only=True)
class Result(ABC):
    """Base of the results.

    Attributes
    ----------
    level : str
        The level of theory, in words.
    flags : tuple of Flag
        The gates that failed, after the flags the structures themselves carry
        (:func:`heterodot.provenance.add_flag`): those are found here, whoever makes the result.
    caveats : tuple of str
        What the level may not be believed for, on this system.
    energy_forces : dict of str to float
        Where the geometries are minima of another level: the largest force (eV/Å) that the level of
        the energies finds on a free atom of each, by what it is; where it gives forces.
    """

    level: str
    flags: tuple[Flag, ...] = ()
    caveats: tuple[str, ...] = ()
    energy_forces: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        carried = [flag for atoms in self.rests_on() for flag in carried_flags(atoms)]
        apart = [flag for reference in self.references() for flag in reference.disagreement]
        object.__setattr__(self, "flags", unique_flags([*carried, *self.flags, *apart]))

    @property
    def structures(self) -> dict[str, Atoms]:
        """The geometries the answer was found at, by what they are; to be written and drawn."""
        return {}

    @property
    def movies(self) -> dict[str, Movie]:
        """What the report plays (images of a path, frames of a trajectory), by what it is."""
        return {}

    @property
    def geometry(self) -> str:
        """What the geometry is to be called: "relaxed", or "as-given" where it is no minimum."""
        return "as-given" if "not-relaxed" in flag_names(self.flags) else "relaxed"

    def state_name(self, state: str) -> str:
        """Return what a figure calls one of :attr:`structures`."""
        return state

    def state_flags(self, state: str) -> tuple[Flag, ...]:  # noqa: ARG002
        """Return the flags of one of :attr:`structures`."""
        return self.flags

    def rests_on(self) -> Iterable[Atoms]:
        """Return the structures whose flags are flags of the result."""
        return self.structures.values()

    @abstractmethod
    def values(self) -> Values:
        """Return the numbers (and words) of the answer by name, units in the names.

        A plain one rests on everything the result is flagged for; a :class:`Marked` one on what
        it says.
        """

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:  # noqa: ARG002
        """Return the drawings of this answer alone, by file name without ending.

        Parameters
        ----------
        name : str
            What the answer is called in file names; part of each of them.
        title : str
            The system.
        """
        return {}

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:  # noqa: ARG003
        """Return the drawings of several answers to one question, by file name without ending.

        Parameters
        ----------
        answers : mapping of str to result
            By the label of the system.
        """
        return {}

    def files(self) -> dict[str, Text]:
        """Return further files of the answer, by the ending of their names: ``bands.csv``.

        Each is a function that returns the text; a study writes them into ``files/``.
        """
        return {}

    def references(self) -> tuple[Reference, ...]:
        """Return what was subtracted from what, for each energy that is a difference."""
        return ()

    def references_table(self) -> str:
        """Return :meth:`references` as text."""
        return references_table(self.references())

    @property
    def shared_flags(self) -> tuple[Flag, ...]:
        """The flags but that a committee is of several minds on a difference: of that one only."""
        return tuple(flag for flag in self.flags if flag.name != POTENTIALS_DISAGREE)

    def quantities(self) -> dict[str, Marked]:
        """Return :meth:`values`, each with the flags it rests on."""
        shared = self.shared_flags
        apart = {name: r.disagreement for r in self.references() for name in r.values}
        found = {}
        values = self.values()
        if self.energy_forces:
            no_minimum = tuple(flag for flag in self.flags if flag.name == OTHER_LEVEL)
            values = {**values, LEFT: Marked(max(self.energy_forces.values()), no_minimum)}
        for name, value in values.items():
            marked = value if isinstance(value, Marked) else Marked(value, shared)
            own = unique_flags([*marked.flags, *apart.get(name, ())])
            found[name] = replace(marked, flags=own)
        return found

    def marked(self, label: str) -> str:
        """Return a name for a figure, with † where the result is flagged."""
        return marked_label(label, self.flags)

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return the result's own entries as plain JSON values."""

    @abstractmethod
    def headline(self) -> str:
        """Return the answer in a line or a small table."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "kind": type(self).__name__.removesuffix("Result"),
            "level": self.level,
            "flags": [flag.to_dict() for flag in self.flags],
            "caveats": list(self.caveats),
            "marks": {name: list(q.names) for name, q in self.quantities().items() if q.flags},
            **self._spreads(),
            **({"energy_forces": dict(self.energy_forces)} if self.energy_forces else {}),
            "differences": [reference.to_dict() for reference in self.references()],
            **self.data(),
        }

    def _spreads(self) -> dict[str, Any]:
        """Return the spread of each value that a committee gave; nothing of one level alone."""
        found = {name: q.spread for name, q in self.quantities().items() if q.spread is not None}
        return {"spreads": found} if found else {}

    def summary(self) -> str:
        """Return the answer with its doubts, as text."""
        lines = [self.headline(), f"level of theory: {self.level}"]
        if DAGGER in lines[0] and "rests on" not in lines[0]:
            lines.append(f"{DAGGER} rests on what is flagged")
        lines += [f"flag {flag}" for flag in self.flags]
        said = [flag.message for flag in self.flags]
        lines += [f"caveat: {c}" for c in self.caveats if not any(c in text for text in said)]
        return "\n".join(lines)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        setattr(cls, "_repr_pretty_", Result._repr_pretty_)  # noqa: B010 - where IPython looks

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the answer with its doubts at IPython's prompt, not its arrays."""
        printer.text(type(self).__name__ if cycle else self.summary())

    def _repr_html_(self) -> str:
        """Return the answer with its doubts, for a notebook."""
        from heterodot.workflows.parts.views import result_html

        return result_html(self)


def notes(answers: Mapping[str, Result]) -> str:
    """Say for a caption what † means beside each system that is flagged."""
    return join_caption(flag_note(answer.flags, label) for label, answer in answers.items())
