"""A Hessian corrected by a few displaced geometries, and whether its error is what it says."""

from __future__ import annotations

import numpy as np
import pytest
from ase import units
from ase.build import molecule as g2
from ase.thermochemistry import HarmonicThermo

from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.provenance import with_charge
from heterodot.workflows.tasks.computing.leading.corrected_hessian import (
    HessianCorrection,
    mode_free_energies,
)
from heterodot.workflows.tasks.tasks import Hessian, Relax

GFN2 = Level("gfn2-xtb", overrides={"accuracy": 0.01})
LED = Level("gfn2-xtb", overrides={"accuracy": 0.01}, prior="gfn1-xtb")


def solved(task, directory):
    directory.mkdir(exist_ok=True)
    return task.result(task.solve(directory))


def free_energy(hessian) -> float:
    return float(mode_free_energies(np.linalg.eigvalsh(hessian))[0].sum())


def test_the_free_energy_of_a_mode_is_that_of_a_harmonic_oscillator():
    quantum = 200 * units.invcm
    value = (quantum / (units._hbar * 1e10 / np.sqrt(units._e * units._amu))) ** 2
    free, slope = mode_free_energies(np.array([value]))
    expected = HarmonicThermo([quantum]).get_helmholtz_energy(298.15, verbose=False)
    assert free[0] == pytest.approx(expected, abs=1e-6)
    more = mode_free_energies(np.array([value * 1.001]))[0][0]
    assert slope[0] == pytest.approx((more - free[0]) / (0.001 * value), rel=1e-3)


def surfaces(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A Hessian of eight modes from 60 to 3500 cm⁻¹, and one off by 5 % and (100 cm⁻¹)²."""
    rng = np.random.default_rng(seed)
    modes = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    unit = units.invcm / 0.06465415
    roots = np.geomspace(60, 3500, 8) * unit
    off = rng.normal(size=(8, 8))
    sizes = np.sqrt((100 * unit) ** 2 + 0.05 * roots**2)
    wrong = np.diag(roots**2) + (off + off.T) / 2**0.5 * np.outer(sizes, sizes)
    return modes @ np.diag(roots**2) @ modes.T, modes @ wrong @ modes.T


def corrected(seed: int, n: int) -> tuple[float, float]:
    """True and stated error of the free energy after ``n`` displacements."""
    dear, cheap = surfaces(seed)  # the dear one is in its minimum
    known = HessianCorrection(cheap, np.full(8, 12.0), 1e-4)
    for _ in range(n):
        direction = known.next_direction(lambda _: 0.1)
        known.learn(direction, (dear - cheap) @ direction, 0.1)
    best = known.best()
    return free_energy(best.matrix) - free_energy(dear), best.error


def test_the_stated_error_is_that_of_the_free_energy():
    found = np.array([corrected(seed, 5) for seed in range(12)])
    assert np.abs(found[:, 0] / found[:, 1]).max() < 4.0
    assert 0.4 < np.sqrt(np.mean((found[:, 0] / found[:, 1]) ** 2)) < 2.0
    before = np.array([corrected(seed, 0)[0] for seed in range(12)])
    assert np.abs(found[:, 0]).mean() < 0.5 * np.abs(before).mean()


def test_with_every_direction_known_nothing_is_left():
    error, stated = corrected(1, 8)
    assert abs(error) < 5e-4
    assert stated < 1e-3


def test_a_led_hessian_is_as_exact_as_it_says_with_fewer_geometries(tmp_path):
    start = g2("CH3CH2OH")
    start.rattle(0.05, seed=2)
    atoms = solved(Relax(start, GFN2, 0.005), tmp_path / "relax").structure
    own = (0, 1, 2, 3, 4)
    masses = np.sqrt(np.repeat(atoms.get_masses()[list(own)], 3))
    whole = solved(Hessian(atoms, GFN2, own), tmp_path / "whole")
    task = Hessian(atoms, LED, own, error=0.01)
    led = solved(task, tmp_path / "led")
    assert led.cost.n_forces < 0.5 * whole.cost.n_forces
    assert 0 < led.error <= 0.01
    assert "GFN1-xTB" in led.led
    assert f"{led.cost.n_forces - 1} displaced" in led.led
    ends = [free_energy(found.hessian / np.outer(masses, masses)) for found in (whole, led)]
    assert ends[1] == pytest.approx(ends[0], abs=0.02)
    assert led.energy == pytest.approx(whole.energy, abs=1e-6)
    lines = (tmp_path / "led" / "calculations.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / "calculations.jsonl").write_text("".join(lines[:3]))
    again = solved(task, tmp_path / "killed")
    np.testing.assert_array_equal(again.hessian, led.hessian)
    assert again.error == led.error
    assert (tmp_path / "killed" / "calculations.jsonl").read_text() == "".join(lines)


def test_error_and_prior_are_in_the_key_where_they_decide_and_nowhere_else():
    atoms = g2("CH3CH2OH")
    atoms.rattle(0.01, seed=1)
    plain = Hessian(atoms, GFN2)
    assert Hessian(atoms, GFN2, error=0.01).key == plain.key  # no prior was asked for
    assert Hessian(atoms, LED).key == plain.key
    led = Hessian(atoms, LED, error=0.01)
    assert led.key != plain.key
    assert led.key != Hessian(atoms, LED, error=0.02).key
    assert Hessian(g2("CO2"), LED, error=0.01).leader is None  # symmetry needs fewer
    refusing = Level("gfn2-xtb", overrides={"accuracy": 0.01}, prior="sevennet")
    assert Hessian(with_charge(atoms, 1), refusing, error=0.01).leader is None
    with pytest.raises(InputError, match=r"error -1.0: expected 0 or a positive energy"):
        Hessian(atoms, LED, error=-1.0)
