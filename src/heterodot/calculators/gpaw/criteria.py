"""GPAW's SCF criteria, loosened and put back while its calculator lives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CRITERIA = ("energy", "density")
"""Those that are loosened; others stay what they are."""

DENSITY = 1e-4
"""GPAW's own criterion, electrons per valence electron."""

FORCE_ERROR = 250.0
"""eV/Å of error of the forces per electron (and valence electron) of the density's last change.

Measured, COOH on Cu2In2S6H3, LCAO, largest error of nine geometries at 1e-4, 3e-5, 1e-5: 0.030,
0.006, 0.0014 eV/Å from predicted densities, 0.014 at 1e-4 from GPAW's own start, which lies further
off and so ends closer. Plane waves were not measured.
"""


def scf_factor(convergence: Mapping[str, Any], error: float) -> float:
    """Return the factor on the criteria with which forces are right to about ``error`` eV/Å."""
    return error / FORCE_ERROR / float(convergence.get("density", DENSITY))


def loosen(calculator: Any, factor: float) -> bool:
    """Multiply the criteria asked for by a factor; 1 puts them back.

    Where that tightens them, what had converged is taken up again at the next question.

    Parameters
    ----------
    calculator : gpaw ASECalculator
    factor : float

    Returns
    -------
    bool
        Whether the criteria are what was wanted: not before the first SCF is set up.
    """
    try:
        dft = calculator.dft
    except AttributeError:
        return factor == 1.0
    for name in CRITERIA:
        criterion = dft.scf_loop.convergence.get(name)
        if criterion is None:
            continue
        asked = criterion.__dict__.setdefault("asked_tol", criterion.tol)
        if asked * factor < criterion.tol:
            dft.results = {}  # GPAW's own sign that an SCF is to go on
        criterion.tol = asked * factor
    return True
