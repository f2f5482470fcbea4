"""Static dielectric constants of zinc-blende crystals, measured.

Of CdS and CdSe, which are measured as wurtzite, the mean of the three directions.
"""

from __future__ import annotations

from ase.formula import Formula

from heterodot.errors import InputError
from heterodot.structures.crystals.elastic_constants import BERLINCOURT
from heterodot.structures.crystals.table import MADELUNG

STATIC_DIELECTRIC: dict[str, tuple[float, str]] = {
    "ZnS": (8.37, BERLINCOURT),
    "ZnSe": (9.12, BERLINCOURT),
    "CdS": ((2 * 9.35 + 10.33) / 3, f"wurtzite, {BERLINCOURT}"),
    "CdSe": ((2 * 9.70 + 10.65) / 3, f"wurtzite, {BERLINCOURT}"),
    "InP": (12.5, MADELUNG),
}
"""Constant and source, by formula."""


def static_dielectric(formula: str) -> float:
    """Return the measured static dielectric constant of a crystal.

    Raises
    ------
    InputError
        It is not in the table.
    """
    plain = Formula(formula).format("metal")
    if plain not in STATIC_DIELECTRIC:
        known = ", ".join(STATIC_DIELECTRIC)
        raise InputError(f"dielectric constant of {plain}: not in the table ({known}); give it")
    return STATIC_DIELECTRIC[plain][0]
