"""Implicit solvents of tblite, spelled so that they work.

The keyword tblite's documentation gives for CPCM raises; the spelling that works differs by model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heterodot.checks import is_number

BY_SOLVENT = ("alpb", "gbsa")
"""Need the name of a solvent they are parametrised for."""
BY_DIELECTRIC = ("cpcm", "cosmo", "pcm", "gb", "gbe")
"""Take a dielectric constant; cpcm, cosmo and pcm also a solvent's name."""
_DDX = ("cpcm", "cosmo", "pcm")


def check_solvation(value: Any) -> str | None:
    """Return what was expected instead of ``value``, or None when it is fine."""
    if value is None:
        return None
    if len(value) != 2 or value[0] not in (*BY_SOLVENT, *BY_DIELECTRIC):
        return (
            f"[model, solvent or dielectric constant] with model one of "
            f"{', '.join((*BY_SOLVENT, *BY_DIELECTRIC))}"
        )
    model, medium = value
    number = is_number(medium)
    if model in BY_SOLVENT and not isinstance(medium, str):
        return f'a solvent\'s name for {model}, such as ["{model}", "water"]'
    if number and not medium > 1.0:
        return "a dielectric constant above 1"
    if not number and not isinstance(medium, str):
        return "a solvent's name or a dielectric constant"
    if model in ("gb", "gbe") and not number:
        return f'a dielectric constant for {model}, such as ["{model}", 78.4]'
    return None


def interaction(value: Sequence[Any]) -> tuple[Any, ...]:
    """Return the arguments of ``tblite.interface.Calculator.add`` for a checked setting."""
    model, medium = value
    if model in _DDX:
        return ("ddX-solvation", medium, model)
    if model in ("gb", "gbe"):
        return (f"{model}-solvation", float(medium), "p16")
    return (f"{model}-solvation", medium)
