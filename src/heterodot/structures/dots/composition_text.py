"""Compositions written in a line: ``8/12``, ``Cu=8,In=10,vacancy=2`` or fractions."""

from __future__ import annotations

from heterodot.errors import StructureError


def read_composition(text: str) -> str | dict[str, float]:
    """Return "x/12" as it is, or what ``Cu=8,In=10,vacancy=2`` says by name.

    Raises
    ------
    StructureError
        A number cannot be read, or something is named twice.
    """
    if "=" not in text:
        return text
    expected = "'Cu=8,In=10,vacancy=2', fractions, or '8/12'"
    return named_numbers(text, f"composition {text!r}", expected)


def named_numbers(text: str, what: str, expected: str) -> dict[str, float]:
    """Return the numbers of ``Fe=3,O=-2`` by name.

    Parameters
    ----------
    text : str
        Pairs joined by commas.
    what, expected : str
        For messages: what was given, and what it should have been.

    Raises
    ------
    StructureError
        A number cannot be read, or something is named twice.
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        try:
            number = float(value)
        except ValueError:
            raise StructureError(f"{what}: expected {expected}") from None
        if name in found:
            raise StructureError(f"{what}: {name} twice; expected each once")
        found[name] = number
    return found
