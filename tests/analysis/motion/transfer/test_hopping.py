"""Surface hopping on models with exact answers."""

import numpy as np
import pytest
from ase.units import kB

from heterodot.analysis.motion.transfer.decay import fit_decay
from heterodot.analysis.motion.transfer.dephasing import HBAR
from heterodot.analysis.motion.transfer.hopping import Path, surface_hopping
from heterodot.errors import InputError


def constant(gap, coupling, n_frames, interval):
    energies = np.tile([0.0, gap], (n_frames, 1))
    couplings = np.zeros((n_frames - 1, 2, 2))
    couplings[:, 0, 1], couplings[:, 1, 0] = coupling, -coupling
    return Path(energies, couplings, interval)


def test_rabi_oscillation():
    """P2(t) = (2ħd)²/(Δ² + (2ħd)²) sin²(Ωt/2), ħΩ = √(Δ² + (2ħd)²)."""
    gap, coupling, interval = 0.1, 0.05, 0.5
    found = surface_hopping(
        constant(gap, coupling, 400, interval), 0, 300, n_seeds=4000, boltzmann=False
    )
    wide = np.hypot(gap, 2 * HBAR * coupling)
    exact = (2 * HBAR * coupling / wide) ** 2 * np.sin(wide * found.times / (2 * HBAR)) ** 2
    np.testing.assert_allclose(found.amplitudes[:, 1], exact, atol=1e-10)
    np.testing.assert_allclose(found.amplitudes.sum(axis=1), 1, atol=1e-12)


def test_fewest_switches_follow_the_amplitudes_while_those_flow_one_way():
    """J. C. Tully (1990): hops keep the populations at |c|²."""
    path = constant(0.0, 0.02, 2000, 0.1)
    found = surface_hopping(path, 0, 700, n_seeds=20_000, boltzmann=False, seed=3)
    np.testing.assert_allclose(found.populations[0], found.amplitudes, atol=0.02)


@pytest.mark.parametrize("rate", [0.002, 0.008, 0.04])
def test_landau_zener(rate):
    """Adiabatic states of H = [[vt/2, V], [V, −vt/2]]: exp(−2πV²/ħv) change the surface."""
    v, interval, n = 0.05, 0.4, 6_001
    t = interval * (np.arange(n) - n // 2)
    half = np.hypot(rate * t / 2, v)
    middle = 0.5 * (t[1:] + t[:-1])
    coupling = 0.5 * rate / 2 * v / ((rate * middle / 2) ** 2 + v**2)
    couplings = np.zeros((n - 1, 2, 2))
    couplings[:, 0, 1], couplings[:, 1, 0] = coupling, -coupling
    path = Path(np.stack([-half, half], axis=1), couplings, interval)
    found = surface_hopping(path, 0, n - 1, n_seeds=1500, boltzmann=False)
    exact = np.exp(-2 * np.pi * v**2 / (HBAR * rate))
    assert found.amplitudes[-1, 1] == pytest.approx(exact, abs=0.01)
    assert found.populations[0, -1, 1] == pytest.approx(exact, abs=0.04)


def noisy(gap, n_frames=4000, interval=1.0, size=0.01, seed=5):
    rng = np.random.default_rng(seed)
    n = len(gap)
    raw = size * rng.normal(size=(n_frames - 1, n, n))
    couplings = raw - np.swapaxes(raw, 1, 2)
    return Path(np.tile(np.asarray(gap, float), (n_frames, 1)), couplings, interval)


@pytest.mark.parametrize(("scheme", "n_seeds", "near"), [("fssh", 300, 0.06), ("dish", 60, 0.04)])
def test_detailed_balance_at_long_times(scheme, n_seeds, near):
    """Of fewest switches with refused hops it holds nearly, of decoherence-induced ones exactly."""
    levels = np.array([0.0, 0.02, 0.05])
    times = np.full((3, 3), 20.0)
    np.fill_diagonal(times, np.inf)
    found = surface_hopping(
        noisy(levels, size=0.06), 2, 3000, n_seeds=n_seeds, starts=np.arange(0, 3000, 600),
        scheme=scheme, decoherence_times=times, seed=1,
    )  # fmt: skip
    late = found.populations[:, 800:].mean(axis=(0, 1))
    exact = np.exp(-levels / (kB * 300))
    np.testing.assert_allclose(late, exact / exact.sum(), atol=near)
    assert found.refused > 0


def test_without_refusals_all_states_are_alike_at_the_end():
    path, starts = noisy([0.0, 0.1], size=0.06), np.arange(0, 3000, 600)
    found = surface_hopping(path, 1, 3000, n_seeds=100, starts=starts, boltzmann=False)
    assert found.populations[:, 800:].mean(axis=(0, 1)) == pytest.approx([0.5, 0.5], abs=0.04)


def test_norm_is_kept_by_both_schemes_and_a_state_that_does_not_couple_stays():
    path = constant(0.3, 0.0, 50, 1.0)
    times = np.array([[np.inf, 5.0], [5.0, np.inf]])
    for scheme in ("fssh", "dish"):
        found = surface_hopping(path, 1, 300, scheme=scheme, decoherence_times=times, n_seeds=50)
        assert (found.populations[0, :, 1] == 1).all()
        assert found.hops == 0
    found = surface_hopping(
        noisy([0, 0.1, 0.2]), 0, 2000, scheme="dish", n_seeds=20,
        decoherence_times=np.full((3, 3), 9.0),
    )  # fmt: skip
    np.testing.assert_allclose(found.amplitudes.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(found.populations.sum(axis=2), 1, atol=1e-12)


def test_a_path_is_run_back_and_retraces_itself():
    """Run back without hops, a coherent state comes back to where it began."""
    path = noisy([0.0, 0.1], n_frames=101)
    there = surface_hopping(path, 0, 100, n_seeds=1, boltzmann=False)
    assert there.amplitudes[100, 0] < 0.999
    energies = np.linspace(0, 1, 11)[:, None] * np.array([0.0, 1.0])
    drifting = Path(energies, np.zeros((10, 2, 2)), 1.0)
    found = surface_hopping(drifting, 1, 20, n_seeds=1)
    np.testing.assert_allclose(
        found.energies[0], [*np.linspace(0, 1, 11), *np.linspace(0.9, 0, 10)]
    )


def test_same_seed_same_digits():
    path = noisy([0.0, 0.05])
    one, two = (surface_hopping(path, 1, 200, n_seeds=30, seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.populations, two.populations)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"initial": 2}, "initial state 2"),
        ({"starts": np.array([4000])}, "starts"),
        ({"scheme": "x"}, "'fssh' or 'dish'"),
        ({"scheme": "dish"}, "decoherence times"),
        ({"n_seeds": 0}, "n_seeds 0"),
    ],
)
def test_what_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        surface_hopping(**{"path": noisy([0.0, 0.1]), "initial": 0, "n_steps": 3, **change})
    with pytest.raises(InputError, match="antisymmetric"):
        Path(np.zeros((3, 2)), np.ones((2, 2, 2)), 1.0)


def test_a_known_decay_is_found_with_its_error():
    rng = np.random.default_rng(2)
    times = np.arange(0, 2000, 10.0)
    curves = np.exp(-times / 800) * (1 + 0.2 * rng.normal(size=(30, 1)))
    found = fit_decay(times, curves)
    assert found.time == pytest.approx(800, rel=1e-4)
    assert found.r_squared == pytest.approx(1)
    taus = rng.normal(800, 100, size=40)
    found = fit_decay(times, np.exp(-times / taus[:, None]))
    assert found.low < taus.mean() < found.high
    assert found.error == pytest.approx(100 / np.sqrt(40), rel=0.5)
    assert found.told(2000.0).startswith(f"{found.time:.0f} ± ")
    still = fit_decay(times, np.ones((2, 200)))
    assert still.time == np.inf
    assert still.told(2000.0, "†") == "none within 2000 fs†"
    with pytest.raises(InputError, match="positive"):
        fit_decay(times, np.zeros((2, 200)))
