"""Spectral density, dephasing and couplings of signals made by hand."""

from itertools import pairwise

import numpy as np
import pytest
from ase import Atoms

from heterodot.analysis.motion.trajectories.correlation import CM_PER_FS, autocorrelation
from heterodot.analysis.motion.transfer.couplings import follow_states
from heterodot.analysis.motion.transfer.dephasing import HBAR, dephasing, pair_times
from heterodot.analysis.motion.transfer.spectral import LINES_KEPT, spectral_density
from heterodot.errors import InputError

PUBLISHED = np.array([33.0, 72.0, 120.0, 200.0, 300.0, 365.0])
"""cm⁻¹, L. Qiu et al., Adv. Sci. 2023, 2206560; 120 for 110 to 130."""


def six_lines(n_frames=6000, interval=2.0):
    """A gap moved by six atoms, each at one of the published lines, and a seventh that is apart."""
    rng = np.random.default_rng(4)
    t = interval * np.arange(n_frames)
    omega = 2 * np.pi * PUBLISHED / CM_PER_FS
    phase = rng.uniform(0, 2 * np.pi, 6)
    waves = np.cos(np.outer(t, omega) + phase)
    amplitude = np.array([1.0, 0.8, 0.7, 0.6, 0.5, 0.5])
    gap = 1.5 + 0.02 * waves @ amplitude + 0.002 * rng.normal(size=n_frames)
    velocities = 1e-4 * rng.normal(size=(n_frames, 7, 3))
    velocities[:, :6, 0] += -0.01 * omega * np.sin(np.outer(t, omega) + phase) / omega.max()
    velocities[:, 6] += 0.001 * rng.normal(size=(n_frames, 3))
    atoms = Atoms("PbCsBrPbSBrCd", positions=np.arange(21.0).reshape(7, 3))
    atoms.set_array("domain", np.array(["a"] * 4 + ["b"] * 3))
    return gap, velocities, atoms, interval


def test_six_published_lines_are_found_and_assigned():
    gap, velocities, atoms, interval = six_lines()
    found = spectral_density(gap, interval, velocities=velocities, atoms=atoms)
    np.testing.assert_allclose([line.wavenumber for line in found.lines], PUBLISHED, atol=1.0)
    names = [max(line.elements, key=line.elements.get) for line in found.lines]
    assert names == ["Pb", "Cs", "Br", "Pb", "S", "Br"]
    assert [max(line.domains, key=line.domains.get) for line in found.lines] == [*"aaaabb"]
    assert all(max(line.elements.values()) > 0.9 for line in found.lines)
    assert all(line.coherence > 0.9 for line in found.lines)
    assert found.mean == pytest.approx(1.5, abs=1e-3)
    assert "Pb" in found.lines[0].assignment()
    assert found.resolution == pytest.approx(2 * CM_PER_FS / (2 * 6000), rel=1e-9)


def test_the_density_of_one_line_is_its_integral():
    """C = σ² cos ω₀t, no window: |∫ C|² / 2π at ω₀ is (σ² T)²/2π for lags −T … T."""
    interval, n = 1.0, 20_000
    t = interval * np.arange(n)
    omega = 2 * np.pi * 200 / CM_PER_FS
    found = spectral_density(0.1 * np.cos(omega * t), interval, window="none", longest=5000.0)
    assert found.correlation[0] == pytest.approx(0.005, rel=1e-3)
    assert found.intensities.max() == pytest.approx((0.005 * 5000) ** 2 / (2 * np.pi), rel=0.02)
    highest = max(found.lines, key=lambda line: line.height)  # the others are the window's lobes
    assert highest.wavenumber == pytest.approx(200, abs=0.5)
    assert highest.assignment() == "not assigned"


def test_noise_is_assigned_to_nobody():
    rng = np.random.default_rng(0)
    atoms = Atoms("CdS", positions=[[0, 0, 0], [0, 0, 2.5]])
    found = spectral_density(
        rng.normal(size=4000), 1.0, velocities=rng.normal(size=(4000, 2, 3)), atoms=atoms
    )
    assert max(line.coherence for line in found.lines) < 0.9
    with pytest.raises(InputError, match="16 frames"):
        spectral_density(np.ones(8), 1.0)
    assert spectral_density(np.ones(40), 1.0).lines == ()


def test_a_million_frames_and_its_own_integral():
    found = autocorrelation(np.random.default_rng(1).normal(size=10**6), 1000)
    assert found[0] == pytest.approx(1, abs=0.01)


def test_dephasing_of_a_gap_that_stands_still_is_gaussian():
    """C = σ²: D = exp(−σ²t²/2ħ²), line of full width 2√(2 ln 2) σ."""
    sigma = 0.08
    found = dephasing(np.full(400, sigma**2), 0.25)
    np.testing.assert_allclose(
        found.decoherence, np.exp(-((sigma * found.times / HBAR) ** 2) / 2), atol=1e-6
    )
    assert found.time == pytest.approx(np.sqrt(2) * HBAR / sigma, rel=1e-4)
    assert found.gaussian_time == pytest.approx(found.time, rel=1e-4)
    assert found.linewidth == pytest.approx(2 * np.sqrt(2 * np.log(2)) * sigma, rel=1e-3)


def test_dephasing_of_fast_motion_is_exponential():
    """C = σ² exp(−t/τ), στ/ħ ≪ 1 (motional narrowing): D = exp(−σ²τt/ħ²), width 2σ²τ/ħ."""
    sigma, tau = 0.02, 2.0
    times = np.arange(0, 4000, 0.5)
    found = dephasing(sigma**2 * np.exp(-times / tau), 0.5)
    assert found.time == pytest.approx(HBAR**2 / (sigma**2 * tau) + tau, rel=0.02)
    assert found.linewidth == pytest.approx(2 * sigma**2 * tau / HBAR, rel=0.05)


def test_dephasing_of_one_vibration():
    """C = σ² cos ωt: g = (σ/ħω)² (1 − cos ωt)."""
    sigma, omega = 0.05, 0.05
    times = np.arange(0, 200, 0.5)
    found = dephasing(sigma**2 * np.cos(omega * times), 0.5)
    exact = np.exp(-((sigma / (HBAR * omega)) ** 2) * (1 - np.cos(omega * found.times)))
    np.testing.assert_allclose(found.decoherence, exact, atol=1e-4)
    energies = np.stack([np.zeros(400), 1 + sigma * np.cos(omega * times)], axis=1)
    pairs = pair_times(energies, 0.5)
    assert pairs[0, 0] == np.inf
    assert pairs[0, 1] == pytest.approx(pairs[1, 0])


def rotating(theta):
    """Two orbitals turned by an angle in a fixed basis; columns are states."""
    return np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])


def test_couplings_of_rotating_orbitals_whatever_their_signs():
    """φ₁ = (cos θ, sin θ), φ₂ = (−sin θ, cos θ), θ = ωt: ⟨φ₁|∂t φ₂⟩ = −ω."""
    omega, interval = 0.01, 1.0
    rng = np.random.default_rng(3)
    signs = rng.choice([-1.0, 1.0], size=(50, 2))
    signs[0] = 1
    bases = [rotating(omega * k * interval) * signs[k] for k in range(50)]
    overlaps = np.array([a.T @ b for a, b in pairwise(bases)])
    found = follow_states(np.tile([0.0, 1.0], (50, 1)), overlaps, interval)
    np.testing.assert_allclose(found.couplings[:, 0, 1], -np.sin(omega) / interval, atol=1e-12)
    np.testing.assert_allclose(found.couplings + found.couplings.transpose(0, 2, 1), 0)
    assert (found.crossings, found.lost) == (0, 0)


def test_of_noise_only_the_strongest_maxima_are_lines():
    found = spectral_density(np.random.default_rng(1).normal(size=20_000), 1.0)
    assert len(found.lines) == LINES_KEPT
    heights = [line.height for line in found.lines]
    assert max(heights) == pytest.approx(1)
    assert min(heights) > 0.4  # thousands lie below


def test_states_that_cross_are_followed():
    """Two orbitals that never mix cross in energy: by energy they change places once."""
    n = 21
    diabatic = np.stack([np.linspace(0, 1, n), np.linspace(1, 0, n) + 1e-9], axis=1)
    order = np.argsort(diabatic, axis=1)
    energies = np.take_along_axis(diabatic, order, axis=1)
    overlaps = np.array([np.eye(2)[a][:, b] for a, b in pairwise(order)])
    weights = np.eye(2)[order]
    found = follow_states(energies, overlaps, 1.0, weights)
    np.testing.assert_allclose(found.energies, diabatic)
    np.testing.assert_allclose(found.weights, np.tile(np.eye(2), (n, 1, 1)))
    assert found.crossings == 1
    np.testing.assert_allclose(found.couplings, 0)


def test_a_state_that_leaves_the_window_is_counted():
    overlaps = np.tile(np.eye(2), (3, 1, 1))
    overlaps[1, 1, 1] = 0.1
    assert follow_states(np.tile([0.0, 1.0], (4, 1)), overlaps, 1.0).lost == 1
    with pytest.raises(InputError, match="real numbers"):
        follow_states(np.zeros((4, 2)), overlaps.astype(complex), 1.0)
