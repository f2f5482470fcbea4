"""GPAW's exceptions in heterodot's words."""

from __future__ import annotations

from heterodot.calculators.translation import one_line
from heterodot.errors import (
    CalculationError,
    CapabilityError,
    ConvergenceError,
    HeterodotError,
    LevelError,
    RefusedError,
)

_BY_NAME: dict[str, tuple[type[HeterodotError], str]] = {
    "KohnShamConvergenceError": (
        ConvergenceError,
        "the SCF did not converge: passivate the structure, raise maxiter or width, see gpaw.log",
    ),
    "TooFewBandsError": (ConvergenceError, "too few bands: raise nbands"),
    "PoissonConvergenceError": (
        ConvergenceError,
        "the electrostatic potential did not converge: is the structure charged or the box small?",
    ),
    "AtomsTooClose": (RefusedError, "atoms too close, to each other or to the edge of the box"),
    "LegacyGPAWError": (CapabilityError, "the new GPAW code cannot do this with these settings"),
    "CalculationModeError": (CapabilityError, "GPAW cannot do this in this mode"),
    "SymmetryBrokenError": (CalculationError, "the structure lost the symmetry it started with"),
    "InvalidULMFileError": (CalculationError, "a restart file is broken: delete it"),
    "FileNotFoundError": (RefusedError, "no PAW data set or basis for an element"),
    "KPointError": (LevelError, "impossible k-points"),
    "TypeError": (LevelError, "unknown keyword or value"),
    "NameError": (LevelError, "unknown functional"),
    "ValueError": (RefusedError, "impossible input"),
    "NotImplementedError": (CapabilityError, "not implemented in this mode"),
    "LinAlgError": (CalculationError, "linear algebra failed"),
    "AssertionError": (CalculationError, "an internal check of GPAW failed"),
    "MemoryError": (CalculationError, "out of memory"),
    "RuntimeError": (CalculationError, "GPAW failed"),
}


def translate(error: Exception) -> HeterodotError | None:
    """Return heterodot's error for one of GPAW's, or None if it is none of them."""
    for cls in type(error).__mro__:
        if cls.__name__ in _BY_NAME:
            kind, meaning = _BY_NAME[cls.__name__]
            said = one_line(error)
            detail = "" if said == type(error).__name__ else f" ({said[:300]})"
            return kind(f"gpaw: {meaning}{detail}")
    return None
