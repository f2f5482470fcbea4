"""The equations of motion against what is exact, on harmonic springs that cost nothing."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.calculators.calculator import Calculator, all_changes

from heterodot.analysis.motion.trajectories.correlation import (
    CM_PER_FS,
    autocorrelation,
    correlated_mean,
    cosine_transform,
)
from heterodot.analysis.motion.trajectories.density_of_states import vibrational_states
from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.workflows.tasks.moving.ensembles import (
    CSVR,
    LANGEVIN,
    NOSE_HOOVER,
    NVE,
    Ensemble,
)
from heterodot.workflows.tasks.moving.start import degrees_of_freedom, thermal_momenta

LENGTH, STIFFNESS = 2.5, 6.0  # Å, eV/Å²


class Springs(Calculator):
    """A ring of atoms on a line, each tied to the next along x, y and z alike: all harmonic."""

    implemented_properties = ["energy", "free_energy", "forces"]  # noqa: RUF012

    def __init__(self, rest, stiffness=STIFFNESS):
        super().__init__()
        self.rest, self.stiffness = rest, stiffness

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        moved = self.atoms.positions - self.rest
        stretch = np.roll(moved, -1, axis=0) - moved
        energy = self.stiffness / 2 * float((stretch**2).sum())
        forces = self.stiffness * (stretch - np.roll(stretch, 1, axis=0))
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}


def ring(n=8, temperature=300.0, seed=1, stiffness=STIFFNESS):
    atoms = Atoms(["S"] * n, [(k * LENGTH, 0, 0) for k in range(n)])
    atoms.set_cell([n * LENGTH, 20, 20])
    atoms.pbc = True
    atoms.calc = Springs(atoms.positions.copy(), stiffness)
    atoms.set_momenta(thermal_momenta(atoms, temperature, np.random.default_rng(seed)))
    return atoms


def analytic(n=8):
    """Wavenumbers (cm⁻¹) of a ring of n equal masses: 2√(k/m)|sin(πq/n)|, each three times."""
    mass = 32.06
    omega = 2 * np.sqrt(STIFFNESS / mass) * np.abs(np.sin(np.pi * np.arange(1, n) / n))
    return np.unique(np.round(omega * units.fs / (2 * np.pi) * CM_PER_FS, 6))


def follow(atoms, name, steps, timestep=2.0, every=1):
    ensemble = Ensemble(name, timestep, 300.0, 20.0, 0.0, 1000.0)
    integrator = ensemble.integrator(atoms, np.random.default_rng(2))
    found = {"positions": [], "velocities": [], "kinetic": [], "potential": []}
    for step in range(steps):
        integrator.step()
        if step % every == 0:
            found["positions"].append(atoms.positions.copy())
            found["velocities"].append(atoms.get_velocities() * units.fs)
            found["kinetic"].append(atoms.get_kinetic_energy())
            found["potential"].append(atoms.get_potential_energy())
    return {k: np.array(v) for k, v in found.items()}


@pytest.fixture(scope="module")
def free():
    return follow(ring(), NVE, 2400, 2.0)


def test_lines_of_a_harmonic_crystal_are_at_its_frequencies(free):
    atoms = ring()
    trajectory = Trajectory(
        atoms, 2.0, {"positions": free["positions"], "velocities": free["velocities"]}
    )
    found = vibrational_states(trajectory)
    exact = analytic()
    for wavenumber in exact:
        assert np.abs(np.array(found.lines) - wavenumber).min() < 0.6 * found.resolution
    # the leapfrog moves a line up by (ωΔt)²/24
    assert found.highest == pytest.approx(exact[-1], abs=2 * found.resolution)
    assert len(exact) == 4


def test_energy_is_conserved_to_the_second_order():
    spread = []
    for timestep in (1.0, 2.0, 4.0):
        found = follow(ring(), NVE, int(400 / timestep), timestep)
        spread.append(np.std(found["kinetic"] + found["potential"]))
    assert spread[1] / spread[0] == pytest.approx(4, rel=0.15)
    assert spread[2] / spread[1] == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize(("name", "stiffness"), [(LANGEVIN, STIFFNESS), (CSVR, 0.0)])
def test_kinetic_energies_are_those_of_the_canonical_ensemble(name, stiffness):
    """2K/kT is χ² of the degrees of freedom: mean f, variance 2f.

    Rescaling is tested on free particles: harmonic modes do not share their energy.
    """
    atoms = ring(stiffness=stiffness)
    f = degrees_of_freedom(atoms, keeps_rotation=True)
    assert f == 21
    found = follow(atoms, name, 2000, 4.0)
    values = 2 * found["kinetic"][200:] / (units.kB * 300)
    mean = correlated_mean(values)
    assert abs(mean.value - f) < 4 * mean.error
    assert mean.error < 0.06 * f
    scatter = correlated_mean((values - f) ** 2)
    assert abs(scatter.value - 2 * f) < 4 * scatter.error
    assert np.abs(found["velocities"].sum(axis=1)).max() < 1e-9


def test_a_chain_of_thermostats_counts_the_degrees_there_are():
    """3N − 3 at rest: ASE's own count of 3N would be 14 % too hot here."""
    found = follow(ring(), NOSE_HOOVER, 1500, 4.0)
    temperature = 2 * found["kinetic"][500:] / (units.kB * 21)
    assert temperature.mean() == pytest.approx(300, rel=0.06)


def test_the_velocity_spectrum_of_one_oscillator_is_one_line():
    pair = Atoms("S2", [(0, 0, 0), (LENGTH, 0, 0)], cell=[5, 20, 20], pbc=True)
    pair.calc = Springs(pair.positions.copy())
    pair.set_momenta([[1.0, 0, 0], [-1.0, 0, 0]])
    found = follow(pair, NVE, 1000, 1.0)
    velocity = found["velocities"][:, 0, 0]
    spectrum = cosine_transform(autocorrelation(velocity, 500), 1.0)
    peak = spectrum.wavenumbers[spectrum.intensities.argmax()]
    # both springs of a ring of two: k = 12 eV/Å², μ = m/2
    exact = np.sqrt(4 * STIFFNESS / 32.06) * units.fs / (2 * np.pi) * CM_PER_FS
    assert peak == pytest.approx(exact, abs=0.3 * spectrum.resolution)
