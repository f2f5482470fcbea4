"""What is read off trajectories, against what is exact: lattices, gases, walks, oscillators."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from scipy.spatial.transform import Rotation

from heterodot.analysis.motion.trajectories.bonds import bond_report
from heterodot.analysis.motion.trajectories.correlation import CM_PER_FS
from heterodot.analysis.motion.trajectories.density_of_states import vibrational_states
from heterodot.analysis.motion.trajectories.displacements import (
    mean_squared_displacement,
    squared_displacements,
)
from heterodot.analysis.motion.trajectories.distances import radial_distribution
from heterodot.analysis.motion.trajectories.plot import plot_vibrational_states
from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.analysis.motion.trajectories.varshni import fit_varshni
from heterodot.errors import InputError


def at_rest(atoms, n=1):
    return Trajectory(atoms, 1.0, {"positions": np.repeat(atoms.positions[None], n, axis=0)})


def test_shells_of_a_lattice():
    """Zinc blende: 4 at √3a/4, 12 like ones at a/√2."""
    a = 5.832
    crystal = bulk("CdS", "zincblende", a, cubic=True) * (2, 2, 2)
    unlike = radial_distribution(at_rest(crystal), ("Cd", "S"), reach=5.5, width=0.1)
    assert unlike.first_peak == pytest.approx(np.sqrt(3) / 4 * a, abs=0.1)
    assert unlike.coordination[unlike.distances < 4.0][-1] == pytest.approx(4)
    assert unlike.coordination[-1] == pytest.approx(4 + 12)  # √11a/4 = 4.84 Å
    like = radial_distribution(at_rest(crystal), ("Cd", "Cd"), reach=5.5, width=0.1)
    assert like.coordination[-1] == pytest.approx(12)
    assert like.half_cell == pytest.approx(a)
    back = radial_distribution(at_rest(crystal), ("S", "Cd"), reach=5.5, width=0.1)
    assert back.values == pytest.approx(unlike.values)


def test_atoms_at_random_have_no_structure():
    """g = 1 in a box and in a ball, within the noise of counting."""
    rng = np.random.default_rng(3)
    box = rng.uniform(0, 14, (12, 150, 3))
    gas = Atoms("Ar150", cell=[14] * 3, pbc=True)
    found = radial_distribution(Trajectory(gas, 1.0, {"positions": box}), ("Ar", "Ar"), 6.0, 0.5)
    assert found.values[2:] == pytest.approx(1, abs=0.07)
    ball = rng.normal(size=(30, 150, 3))
    ball *= (8 * rng.uniform(size=(30, 150, 1)) ** (1 / 3)) / np.linalg.norm(
        ball, axis=2, keepdims=True
    )
    dot = Atoms("Cd75S75")
    found = radial_distribution(Trajectory(dot, 1.0, {"positions": ball}), ("Cd", "S"), 14.0, 0.5)
    assert found.values[2:] == pytest.approx(1, abs=0.08)
    assert not found.periodic


def test_displacements_are_the_mean_over_origins():
    r = np.random.default_rng(4).normal(size=(40, 3, 3)).cumsum(axis=0)
    found = squared_displacements(r)
    for lag in (0, 1, 13, 39):
        direct = ((r[lag:] - r[: 40 - lag]) ** 2).sum(axis=2).mean()
        assert found[lag] == pytest.approx(direct, abs=1e-9)


def test_a_random_walk_diffuses_as_it_must():
    """Steps of variance s² along each direction every Δt: D = s²/(2Δt)."""
    rng, n, s, interval = np.random.default_rng(5), 4000, 0.05, 2.0
    walks = rng.normal(0, s, (n, 60, 3)).cumsum(axis=0)
    atoms = Atoms("Li60")
    found = mean_squared_displacement(Trajectory(atoms, interval, {"positions": walks}), "Li")
    exact = s**2 / (2 * interval) * 0.1 * 59 / 60  # the drift of the whole is taken off
    assert abs(found.diffusion - exact) < 4 * found.diffusion_error
    assert found.diffusion == pytest.approx(exact, rel=0.2)
    assert found.diffusion_error < 0.1 * exact
    assert found.exponent == pytest.approx(1, abs=0.15)
    still = mean_squared_displacement(at_rest(Atoms("Li2", [(0, 0, 0), (0, 0, 3)]), 50))
    assert still.diffusion == pytest.approx(0, abs=1e-20)


def oscillators(n=6000, interval=1.0):
    """Two dimers along x: one at 200 cm⁻¹, one at 450 cm⁻¹, of equal energy, for ever."""
    atoms = Atoms("CdSZnS", [(0, 0, 0), (2.5, 0, 0), (9, 0, 0), (11.3, 0, 0)])
    atoms.set_array("domain", np.array(["core", "core", "shell", "shell"]))
    times = interval * np.arange(n)
    masses = atoms.get_masses()
    velocities = np.zeros((n, 4, 3))
    for (i, j), wavenumber in (((0, 1), 200.0), ((2, 3), 450.0)):
        mu = masses[i] * masses[j] / (masses[i] + masses[j])
        wave = np.sqrt(2 / mu) * np.sin(2 * np.pi * wavenumber / CM_PER_FS * times)
        velocities[:, i, 0], velocities[:, j, 0] = -mu / masses[i] * wave, mu / masses[j] * wave
    positions = np.repeat(atoms.positions[None], n, axis=0)
    return Trajectory(atoms, interval, {"positions": positions, "velocities": velocities})


def test_lines_of_oscillators_are_where_they_belong():
    found = vibrational_states(oscillators())
    assert found.lines == pytest.approx([200, 450], abs=0.2 * found.resolution)
    spacing = found.wavenumbers[1]
    assert found.total.sum() * spacing == pytest.approx(12)  # three for each of four atoms
    low = np.abs(found.wavenumbers - 200) < 100
    assert found.parts["core"][low].sum() * spacing == pytest.approx(6, rel=0.02)
    assert abs(found.parts["shell"][low].sum()) * spacing < 0.1
    # the lighter atom of a dimer has the larger share of its energy
    cd, s = found.parts["Cd"][low].sum(), (found.parts["S"] - found.parts["Zn"])[low].sum()
    assert s / cd == pytest.approx(112.414 / 32.06, rel=0.02)
    assert 445 < found.highest < 480
    drawn = plot_vibrational_states(found).axes[0]
    assert [line.get_label() for line in drawn.lines] == ["Cd", "S", "Zn", "core", "shell"]
    assert found.nyquist == pytest.approx(16678.2, abs=0.1)


def test_bonds_that_break_are_named():
    """The fourth atom of a chain leaves after half the time; the pieces turn as they like."""
    n = 100
    chain = Atoms("CdSCdS", [(2.5 * k, 0, 0) for k in range(4)])
    frames = []
    for k in range(n):
        moved = chain.copy()
        moved.positions[3, 0] += 0.1 * max(0, k - 50)
        moved.positions[:] = moved.positions @ Rotation.from_euler("z", 0.1 * k).as_matrix()
        frames.append(moved)
    found = bond_report(Trajectory.from_frames(frames, 1.0))
    assert found.broken == ((2, 3),)
    assert found.dissociated
    assert (found.fragments_before, found.fragments_after) == (1, 2)
    (history,) = found.histories
    assert history.survival == pytest.approx(2 / 3)
    assert 200 < history.lifetime < 300  # one event in 99 + 99 + ≈70 fs at risk


def test_bonds_across_faces_are_followed():
    crystal = bulk("CdS", "zincblende", 5.832, cubic=True)
    moving = at_rest(crystal, 5).positions + np.arange(5)[:, None, None] * [3.0, 1.0, 0.0]
    found = bond_report(Trajectory(crystal, 1.0, {"positions": moving}))
    assert found.histories[0].n_bonds == 16
    assert found.histories[0].mean == pytest.approx(np.sqrt(3) / 4 * 5.832)
    assert not found.broken
    assert not found.formed
    assert found.histories[0].lifetime == float("inf")


def test_varshnis_law_of_silicon_comes_back():
    """E0 1.1557 eV, α 7.021·10⁻⁴ eV/K, β 1108 K: Varshni's own table."""
    t = np.array([100.0, 200, 300, 450, 600, 800])
    gaps = 1.1557 - 7.021e-4 * t**2 / (t + 1108)
    found = fit_varshni(t, gaps)
    assert found.gap == pytest.approx(1.1557, abs=1e-4)
    assert found.alpha == pytest.approx(7.021e-4, rel=0.01)
    assert found.beta == pytest.approx(1108, rel=0.02)
    assert found.at(300.0) == pytest.approx(gaps[2], abs=1e-5)
    with pytest.raises(InputError, match="three or more"):
        fit_varshni(t[:2], gaps[:2])
