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


def loosen(calculator: Any, factor: float) -> None:
    """Multiply the criteria asked for by a factor; 1 puts them back.

    Where that tightens them, what had converged is taken up again at the next question. Before the
    first SCF, where there is nothing to change yet, it is done at its first step.

    Parameters
    ----------
    calculator : gpaw ASECalculator
    factor : float
    """
    try:
        dft = calculator.dft
    except AttributeError:
        _loosen_at_first_step(calculator, factor)
        return
    for name in CRITERIA:
        criterion = dft.scf_loop.convergence.get(name)
        if criterion is None:
            continue
        asked = criterion.__dict__.setdefault("asked_tol", criterion.tol)
        if asked * factor < criterion.tol:
            dft.results = {}  # GPAW's own sign that an SCF is to go on
        criterion.tol = asked * factor


def _loosen_at_first_step(calculator: Any, factor: float) -> None:
    """Have GPAW's hook do it, which sees an iteration before it is judged."""
    hook = calculator.hooks.get("scf_step")
    after = getattr(hook, "after", hook)

    def first(context: Any) -> None:
        calculator.hooks["scf_step"] = after
        loosen(calculator, factor)
        if after is not None:
            after(context)

    first.after = after  # type: ignore[attr-defined]
    calculator.hooks["scf_step"] = first
