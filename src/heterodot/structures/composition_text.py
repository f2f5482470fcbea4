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
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            raise StructureError(
                f"composition {text!r}: expected 'Cu=8,In=10,vacancy=2', fractions, or '8/12'"
            ) from None
        if name.strip() in found:
            raise StructureError(f"composition {text!r}: {name.strip()} twice; expected each once")
        found[name.strip()] = number
    return found
