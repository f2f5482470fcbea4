"""Diffusion coefficients by hand, and Fick's law against Crank's sphere."""

from __future__ import annotations

import numpy as np
import pytest

from heterodot.analysis.motion.rates.diffusion import VACANCIES_FCC, Diffusivity, parallel
from heterodot.analysis.motion.rates.fick import ShellLayer, fick_sphere
from heterodot.analysis.motion.rates.plot import plot_concentration
from heterodot.data.committee import CommitteeEnergy
from heterodot.errors import InputError


def test_prefactor_by_hand():
    # 12/6 × 0.7815 × 5e12 Hz × (2.5e-8 cm)² = 4.884375e-3 cm²/s
    found = Diffusivity(0.7, 5e12, 2.5, 12, VACANCIES_FCC)
    assert found.prefactor == pytest.approx(4.884375e-3)
    # × exp(−0.7/(8.617333262e-5 × 1000)) = × exp(−8.12316)
    assert found.at(1000.0) == pytest.approx(4.884375e-3 * np.exp(-8.12316), rel=1e-5)
    entropy = Diffusivity(0.7, 5e12, 2.5, 12, VACANCIES_FCC, entropy=2 * 8.617333262e-5)
    assert entropy.prefactor == pytest.approx(4.884375e-3 * np.e**2, rel=1e-6)
    assert parallel([found, found], 1000.0) == pytest.approx(2 * found.at(1000.0))


def test_each_member_of_a_committee_has_its_own():
    energy = CommitteeEnergy(0.6, {"a": 0.5, "b": 0.7})
    found = Diffusivity(energy, 1e13, 3.0, 4).of_members(500.0)
    assert found["a"] / found["b"] == pytest.approx(np.exp(0.2 / (8.617333262e-5 * 500)), rel=1e-5)
    assert Diffusivity(0.6, 1e13, 3.0, 4).of_members(500.0) == {}


def crank(radius: np.ndarray, a: float, dt: float) -> np.ndarray:
    """J. Crank, The Mathematics of Diffusion, 2nd ed. (1975), eq. 6.18, of a sphere of radius a."""
    n = np.arange(1, 400)[:, None]
    terms = (-1.0) ** n / n * np.sin(n * np.pi * radius / a) * np.exp(-dt * (n * np.pi / a) ** 2)
    return 1 + 2 * a / (np.pi * radius) * terms.sum(axis=0)


def test_sphere_of_one_material_is_cranks():
    # D 1e-16 cm²/s = 0.01 nm²/s; radius 2 nm
    found = fick_sphere([ShellLayer(2.0, lambda _: 1e-16)], [(0, 500)], [20.0, 60.0, 120.0])
    for time, got, mean in zip(found.times, found.concentrations, found.taken_up, strict=True):
        assert got == pytest.approx(crank(found.radii, 2.0, 0.01 * time), abs=2e-3)
        n = np.arange(1, 400)
        exact = 1 - 6 / np.pi**2 * (np.exp(-0.01 * time * (n * np.pi / 2) ** 2) / n**2).sum()
        assert mean == pytest.approx(exact, abs=2e-3)  # eq. 6.20


def test_shells_alike_are_one_and_a_programme_is_its_integral():
    def d(temperature: float) -> float:
        return 1e-16 * (temperature - 400.0) / 100.0

    one = fick_sphere([ShellLayer(2.0, lambda _: 1e-16)], [(0, 500)], [50.0])
    # from 410 to 590 K in 50 s: D is 1e-16 on the average
    ramp = fick_sphere([ShellLayer(1.0, d), ShellLayer(2.0, d)], [(0, 410), (50, 590)], [50.0])
    assert ramp.concentrations == pytest.approx(one.concentrations, abs=1e-4)


def test_a_tight_shell_keeps_the_core_clean():
    layers = [ShellLayer(1.0, lambda _: 1e-15), ShellLayer(1.5, lambda _: 1e-20)]
    found = fick_sphere([*layers, ShellLayer(2.0, lambda _: 1e-15)], [(0, 500)], [50.0])
    inside = found.concentrations[0, found.radii < 1.0].max()
    outside = found.concentrations[0, found.radii > 1.5].min()
    assert inside < 1e-3
    assert outside > 0.9


def test_what_does_not_rise_is_refused():
    layer = ShellLayer(1.0, lambda _: 1e-16)
    with pytest.raises(InputError, match="rising from the core outwards"):
        fick_sphere([layer, layer], [(0, 500)], [1.0])
    with pytest.raises(InputError, match="times"):
        fick_sphere([layer], [(0, 500)], [])
    with pytest.raises(InputError, match="programme"):
        fick_sphere([layer], [], [1.0])


def test_the_figure_of_a_dot_has_a_line_for_each_time_and_its_shells():
    layers = [ShellLayer(1.0, lambda _: 1e-15), ShellLayer(2.0, lambda _: 1e-16)]
    programme = [(0.0, 300.0), (100.0, 400.0)]
    profile = fick_sphere(layers, programme, [1.0, 50.0])
    shells = {"InP": 1.0, "ZnS": 2.0}
    axes = plot_concentration(profile, shells, programme, [(0.5, 0.1), (1.5, 0.6)]).axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["1 s, 301 K", "50 s, 350 K", "measured"]
    assert [text.get_text() for text in axes.texts] == ["InP", "ZnS"]
    with pytest.raises(InputError, match="no shell"):
        plot_concentration(profile, {}, programme)
