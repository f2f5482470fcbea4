"""Equations of state: exact curves come back, noise gives errors that ASE's own fit agrees with."""

import numpy as np
import pytest
from ase.eos import EquationOfState
from ase.units import GPa

from heterodot.analysis import fit_equation, plot_equation_of_state
from heterodot.analysis.elasticity.equation_of_state import birch_murnaghan, vinet
from heterodot.errors import InputError

EXACT = (40.0, -10.0, 0.5, 4.7)
VOLUMES = np.linspace(36, 46, 9)


@pytest.mark.parametrize(
    ("form", "curve"), [("birch-murnaghan", birch_murnaghan), ("vinet", vinet)]
)
def test_a_curve_gives_back_what_it_was_made_of(form, curve):
    fit = fit_equation(VOLUMES, curve(VOLUMES, *EXACT), form)
    assert (fit.v0, fit.e0, fit.b0 * GPa, fit.b1) == pytest.approx(EXACT, rel=1e-8)
    assert fit.rms < 1e-12
    assert fit.inside
    # B0 and B0' are what the curve's own derivatives say
    v, d = 40.0, 0.02
    e = [float(fit.energies(np.array([v + k * d]))[0]) for k in (-2, -1, 0, 1, 2)]
    second = (e[1] - 2 * e[2] + e[3]) / d**2
    third = (e[4] - 2 * e[3] + 2 * e[1] - e[0]) / (2 * d**3)
    assert v * second == pytest.approx(0.5, rel=1e-4)
    assert -1 - v * third / second == pytest.approx(4.7, rel=1e-3)


@pytest.mark.parametrize(
    ("form", "curve", "name"),
    [("birch-murnaghan", birch_murnaghan, "birchmurnaghan"), ("vinet", vinet, "vinet")],
)
def test_noise_gives_what_ase_fits_and_errors_of_its_size(form, curve, name):
    rng = np.random.default_rng(1)
    found = []
    for _ in range(40):
        energies = curve(VOLUMES, *EXACT) + rng.normal(0, 1e-4, len(VOLUMES))
        fit = fit_equation(VOLUMES, energies, form)
        found.append((fit.b0, fit.b0_error))
    volume, energy, bulk = EquationOfState(VOLUMES, energies, name).fit()
    assert (fit.v0, fit.e0, fit.b0 * GPa) == pytest.approx((volume, energy, bulk), rel=1e-5)
    scatter, said = np.std([b for b, _ in found]), np.mean([error for _, error in found])
    assert said == pytest.approx(scatter, rel=0.3)


def test_what_has_no_minimum_or_too_few_volumes_is_refused():
    with pytest.raises(InputError, match="no minimum"):
        fit_equation(VOLUMES, -0.01 * VOLUMES**2)
    with pytest.raises(InputError, match="4 volumes: expected 5"):
        fit_equation(VOLUMES[:4], VOLUMES[:4])
    with pytest.raises(InputError, match="expected one of birch-murnaghan, vinet"):
        fit_equation(VOLUMES, VOLUMES, "murnaghan")


def test_the_figure_shows_points_and_curve():
    energies = vinet(VOLUMES, *EXACT)
    figure = plot_equation_of_state(VOLUMES, energies, fit_equation(VOLUMES, energies), n_atoms=2)
    curve, points, minimum = figure.axes[0].lines
    assert points.get_xdata() == pytest.approx(VOLUMES / 2)
    assert min(curve.get_ydata()) == pytest.approx(0, abs=0.05)
    assert minimum.get_xdata()[0] == pytest.approx(20, abs=0.01)
