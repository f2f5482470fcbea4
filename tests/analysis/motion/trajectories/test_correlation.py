"""Correlation functions, spectra and error bars against what is exact."""

import numpy as np
import pytest

from heterodot.analysis.motion.trajectories.correlation import (
    CM_PER_FS,
    autocorrelation,
    correlated_mean,
    cosine_transform,
    detect_equilibration,
    statistical_inefficiency,
)
from heterodot.errors import InputError


def autoregressive(n, rho, seed=0, variance=1.0):
    """A series whose autocorrelation is variance·ρ^lag."""
    from scipy.signal import lfilter

    rng = np.random.default_rng(seed)
    noise = rng.normal(size=n) * np.sqrt(variance * (1 - rho**2))
    noise[0] = rng.normal() * np.sqrt(variance)
    return lfilter([1.0], [1.0, -rho], noise)


def test_it_is_the_sum_over_pairs():
    series = np.random.default_rng(2).normal(size=(50, 2))
    found = autocorrelation(series, centred=False)
    for lag in (0, 1, 17, 49):
        pairs = series[lag:] * series[: 50 - lag]
        assert found[lag] == pytest.approx(pairs.mean(axis=0))
    shifted = autocorrelation(series[:, 0] + 1e3)
    assert shifted[3] == pytest.approx(autocorrelation(series[:, 0])[3], rel=1e-6)


def test_of_a_known_correlation_time():
    """AR(1): C(lag) = σ²ρ^lag, statistical inefficiency (1 + ρ)/(1 − ρ)."""
    rho, n = 0.95, 400_000
    series = autoregressive(n, rho, variance=4.0)
    found = autocorrelation(series, 40)
    assert found == pytest.approx(4.0 * rho ** np.arange(40), abs=0.12)
    worth = (1 + rho) / (1 - rho)
    assert statistical_inefficiency(series) == pytest.approx(worth, rel=0.06)


def test_error_bars_are_as_wide_as_the_means_scatter():
    rho, n = 0.9, 4000
    means = [correlated_mean(autoregressive(n, rho, seed)) for seed in range(200)]
    scatter = np.std([m.value for m in means], ddof=1)
    assert np.mean([m.error for m in means]) == pytest.approx(scatter, rel=0.15)
    assert scatter == pytest.approx(np.sqrt(19 / n), rel=0.15)  # (1 + ρ)/(1 − ρ) = 19


def test_a_decaying_start_is_left_out():
    steps = np.arange(5000)
    series = autoregressive(5000, 0.8) + 15 * np.exp(-steps / 150)
    found = detect_equilibration(series)
    assert 300 < found.start < 1300  # 15·exp(−t/150) is below the noise of 1 from 400 on
    assert detect_equilibration(autoregressive(5000, 0.8)).start < 1000


def test_a_line_is_at_its_frequency_with_its_width():
    wavenumber, interval, n = 300.0, 0.8, 10_000
    lags = interval * np.arange(n)
    correlation = np.cos(2 * np.pi * wavenumber / CM_PER_FS * lags)
    for window in ("hann", "none"):
        spectrum = cosine_transform(correlation, interval, window, padding=64)
        peak = spectrum.wavenumbers[spectrum.intensities.argmax()]
        assert peak == pytest.approx(wavenumber, abs=0.05 * spectrum.resolution)
        half = spectrum.wavenumbers[spectrum.intensities > spectrum.intensities.max() / 2]
        assert half.max() - half.min() == pytest.approx(spectrum.resolution, rel=0.05)


def test_a_lorentzian_of_an_exponential():
    """∫ exp(−|t|/τ) cos(ωt) dt = 2τ/(1 + ω²τ²)."""
    tau, interval = 50.0, 0.5
    spectrum = cosine_transform(np.exp(-interval * np.arange(4000) / tau), interval, "none")
    omega = 2 * np.pi * spectrum.wavenumbers / CM_PER_FS
    low = omega < 0.2
    expected = 2 * tau / (1 + (omega * tau) ** 2)
    assert spectrum.intensities[low] == pytest.approx(expected[low], rel=0.01, abs=0.02)


def test_what_cannot_be_is_said():
    with pytest.raises(InputError, match="not finite"):
        autocorrelation(np.array([1.0, np.nan]))
    with pytest.raises(InputError, match="empty"):
        autocorrelation(np.array([]))
    with pytest.raises(InputError, match="'hann' or 'none'"):
        cosine_transform(np.ones(5), 1.0, "boxcar")
