"""Rates from vibrations, by hand; splines through known curves."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from heterodot.analysis.motion.rates.harmonic import (
    Barrier,
    attempt_frequency,
    vibrational_free_energy,
    zero_point,
)
from heterodot.analysis.motion.rates.plot import plot_path
from heterodot.analysis.motion.rates.profile import PathProfile, path_profile
from heterodot.errors import InputError


def test_attempt_frequency_is_the_quotient_of_products():
    # 100 × 200 × 300 / (150 × 400) cm⁻¹ = 100 cm⁻¹ = 2.99792458 THz
    assert attempt_frequency([100, 200, 300], [150, 400]) == pytest.approx(2.99792458e12)
    with pytest.raises(InputError, match="expected one less of the saddle"):
        attempt_frequency([100, 200], [100, 200])
    with pytest.raises(InputError, match="-50 cm⁻¹ among the frequencies"):
        attempt_frequency([100, 200], [-50])


def test_free_energy_has_its_limits():
    # 1000 cm⁻¹ = 0.12398420 eV; frozen in at 10 K, classical at 10⁵ K: kT ln(hν/kT)
    assert zero_point([1000]) == pytest.approx(0.0619921, rel=1e-6)
    assert vibrational_free_energy([1000], 10.0) == pytest.approx(0.0619921, rel=1e-6)
    thermal = 8.617333262e-5 * 1e5
    assert vibrational_free_energy([1000], 1e5) == pytest.approx(
        thermal * np.log(0.1239842 / thermal), rel=1e-4
    )


def test_eyring_is_vineyard_where_vibrations_are_classical():
    barrier = Barrier(0.5, np.array([100.0, 80.0, 60.0]), np.array([90.0, 70.0]))
    assert barrier.eyring(3000.0) == pytest.approx(barrier.vineyard(3000.0), rel=1e-3)
    # by hand: ν0 = c × 100 × 80 × 60 / (90 × 70) = 2.2841 THz; × exp(−0.5/(8.617333e-5 × 1000))
    assert barrier.vineyard(1000.0) == pytest.approx(2.2841e12 * np.exp(-5.80226), rel=1e-4)


def test_a_spline_through_energies_and_forces_finds_what_is_between():
    places = np.linspace(0.0, 2.0, 5)
    wave = PathProfile(places, np.sin(np.pi * places) ** 2, np.pi * np.sin(2 * np.pi * places))
    (dip,) = wave.dips(0.02)
    assert (dip.place, dip.energy) == pytest.approx((1.0, 0.0), abs=1e-6)
    assert [round(s.place, 2) for s in wave.stationary()] == [0.5, 1.0, 1.5]
    assert wave.dips(1.1) == []
    figure = plot_path({"wave": [wave]})
    assert figure.axes[0].get_xlabel() == "Path (Å)"
    with pytest.raises(InputError, match="no path"):
        plot_path({})


def test_profile_takes_the_short_way_through_the_cell():
    images = [Atoms("H", [(x % 4, 0, 0)], cell=[4, 4, 4], pbc=True) for x in (3.5, 4.0, 4.5)]
    found = path_profile(images, [1.0, 2.0, 1.0], [np.array([[f, 0, 0]]) for f in (-1.0, 0.0, 1.0)])
    assert found.places.tolist() == [0.0, 0.5, 1.0]
    assert found.energies.tolist() == [0.0, 1.0, 0.0]
    assert found.slopes.tolist() == [1.0, 0.0, -1.0]
    with pytest.raises(InputError, match="images 0 and the next are the same"):
        path_profile([images[0], images[0]], [0, 0], [np.zeros((1, 3))] * 2)


def test_entropy_and_the_frequency_along_the_path_make_vineyards():
    """1e12 Hz is 33.356 cm⁻¹; Vineyard's ν0 of 100·80·60/(90·70) is 76.19 cm⁻¹ c = 2.2841e12 Hz."""
    barrier = Barrier(0.5, np.array([100.0, 80.0, 60.0]), np.array([90.0, 70.0]), along=33.35641)
    assert barrier.attempt == pytest.approx(2.28412e12, rel=1e-4)
    assert barrier.entropy / 8.617333262e-5 == pytest.approx(np.log(2.28412), rel=1e-4)
    assert Barrier(0.5, barrier.minimum, barrier.saddle).entropy == 0
