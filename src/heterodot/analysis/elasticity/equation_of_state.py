"""Equations of state: energies at several volumes, and the minimum and bulk modulus they give.

Third-order Birch–Murnaghan (F. Birch, Phys. Rev. 71, 809 (1947), doi:10.1103/PhysRev.71.809) and
Vinet (P. Vinet et al., J. Phys. Condens. Matter 1, 1941 (1989), doi:10.1088/0953-8984/1/11/002).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.units import GPa

from heterodot.errors import InputError
from heterodot.records import Record

FEWEST = 5
"""Volumes: four numbers are fitted, and their errors need one more."""


def birch_murnaghan(v: np.ndarray, v0: float, e0: float, b0: float, b1: float) -> np.ndarray:
    """Return the energy (eV) at volumes ``v`` (Å³): third order, ``b0`` in eV/Å³."""
    x = np.cbrt(v0 / v) ** 2
    found: np.ndarray = e0 + 9 * v0 * b0 / 16 * ((x - 1) ** 3 * b1 + (x - 1) ** 2 * (6 - 4 * x))
    return found


def vinet(v: np.ndarray, v0: float, e0: float, b0: float, b1: float) -> np.ndarray:
    """Return the energy (eV) at volumes ``v`` (Å³); ``b0`` in eV/Å³."""
    y = np.cbrt(v / v0)
    slope = 1.5 * (b1 - 1)
    tail = 1 - (1 + slope * (y - 1)) * np.exp(-slope * (y - 1))
    found: np.ndarray = e0 + 9 * b0 * v0 / slope**2 * tail
    return found


FORMS: dict[str, tuple[str, Callable[..., np.ndarray]]] = {
    "birch-murnaghan": ("Birch–Murnaghan, third order", birch_murnaghan),
    "vinet": ("Vinet", vinet),
}
"""By name: what it is called, and E(V)."""


@dataclass(frozen=True)
class EquationFit(Record):
    """An equation of state fitted to energies.

    Attributes
    ----------
    form : str
        One of :data:`FORMS`.
    v0, e0 : float
        Volume (Å³) and energy (eV) of the minimum.
    b0 : float
        Bulk modulus there, GPa.
    b1 : float
        Its derivative by the pressure.
    v0_error, e0_error, b0_error, b1_error : float
        Standard errors, from the curvature of the sum of squares and the residuals.
    rms : float
        Root mean square of the residuals, eV.
    lowest, highest : float
        The range of the volumes, Å³.
    """

    form: str
    v0: float
    e0: float
    b0: float
    b1: float
    v0_error: float
    e0_error: float
    b0_error: float
    b1_error: float
    rms: float
    lowest: float
    highest: float

    @property
    def inside(self) -> bool:
        """Whether the minimum lies between the volumes."""
        return self.lowest <= self.v0 <= self.highest

    def energies(self, volumes: np.ndarray) -> np.ndarray:
        """Return the energy (eV) at volumes (Å³)."""
        return FORMS[self.form][1](volumes, self.v0, self.e0, self.b0 * GPa, self.b1)


def fit_equation(
    volumes: Sequence[float] | np.ndarray,
    energies: Sequence[float] | np.ndarray,
    form: str = "birch-murnaghan",
) -> EquationFit:
    """Fit an equation of state by least squares.

    Parameters
    ----------
    volumes : sequence of float
        Å³, five or more different ones.
    energies : sequence of float
        eV.
    form : str
        One of :data:`FORMS`.

    Raises
    ------
    InputError
        Another form, too few volumes, or energies without a minimum.
    """
    from scipy.optimize import least_squares

    if form not in FORMS:
        raise InputError(f"equation of state {form!r}: expected one of {', '.join(FORMS)}")
    v, e = _checked(volumes, energies)
    start = _start(v, e)
    scale = np.array([start[0], max(float(np.ptp(e)), 1e-12), start[2], start[3]])
    function = FORMS[form][1]

    def residuals(x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = (function(v, *(x * scale + offset)) - e) / scale[1]
        return np.nan_to_num(found, nan=1e6, posinf=1e6, neginf=-1e6)

    offset = np.array([0.0, start[1], 0.0, 0.0])
    begin = np.array([1.0, 0.0, 1.0, 1.0])
    found = least_squares(residuals, begin, method="lm", xtol=1e-14, ftol=1e-14, gtol=1e-14)
    v0, e0, b0, b1 = found.x * scale + offset
    if not (v0 > 0 and b0 > 0):
        raise _no_minimum(v)
    rest = residuals(found.x) * scale[1]
    errors = _errors(found.jac, found.fun) * scale
    return EquationFit(
        form=form,
        v0=float(v0),
        e0=float(e0),
        b0=float(b0 / GPa),
        b1=float(b1),
        v0_error=float(errors[0]),
        e0_error=float(errors[1]),
        b0_error=float(errors[2] / GPa),
        b1_error=float(errors[3]),
        rms=float(np.sqrt(np.mean(rest**2))),
        lowest=float(v.min()),
        highest=float(v.max()),
    )


def _checked(volumes: object, energies: object) -> tuple[np.ndarray, np.ndarray]:
    v, e = np.asarray(volumes, float), np.asarray(energies, float)
    if v.ndim != 1 or v.shape != e.shape or not (np.isfinite(v).all() and np.isfinite(e).all()):
        raise InputError(
            f"volumes {v.shape} and energies {e.shape}: expected as many finite numbers of both"
        )
    if len(np.unique(v)) < FEWEST or (v <= 0).any():
        raise InputError(
            f"{len(np.unique(v))} volumes: expected {FEWEST} different ones or more, above 0 Å³"
        )
    return v, e


def _start(v: np.ndarray, e: np.ndarray) -> tuple[float, float, float, float]:
    """Return V0, E0, B0 and B0' of Birch and Murnaghan's polynomial: linear in V^(-2/3)."""
    middle = float(np.cbrt(v.mean()) ** -2)
    u = np.cbrt(v) ** -2 / middle
    cubic: Any = np.polynomial.Polynomial.fit(u, e, 3).convert()
    slope, bend, twist = cubic.deriv(), cubic.deriv(2), cubic.deriv(3)
    roots = [r.real for r in slope.roots() if abs(r.imag) < 1e-9 and r.real > 0]
    minima = [r for r in roots if bend(r) > 0]
    if not minima:
        raise _no_minimum(v)
    x = min(minima, key=lambda r: abs(r - 1.0))
    v0 = float((x * middle) ** -1.5)
    # u' = -2u/3V, u'' = 10u/9V², and f' = 0 at the minimum of f(u)
    second = 4 / 9 * x**2 * bend(x)
    b0 = second / v0
    third = -(8 / 27 * x**3 * twist(x) + 20 / 9 * x**2 * bend(x))
    b1 = -third / second - 1
    return v0, float(cubic(x)), float(b0), float(b1)


def _no_minimum(v: np.ndarray) -> InputError:
    return InputError(
        f"energies at {len(v)} volumes of {v.min():.2f}…{v.max():.2f} Å³ have no minimum: expected "
        "volumes on both sides of one"
    )


def _errors(jacobian: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    """(4,) standard errors of the scaled parameters."""
    free = len(residuals) - jacobian.shape[1]
    variance = float(residuals @ residuals) / free
    inverse = np.linalg.pinv(jacobian.T @ jacobian)
    return np.sqrt(np.clip(np.diag(inverse), 0.0, None) * variance)
