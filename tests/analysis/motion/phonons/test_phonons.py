"""Force constants, bands, densities and thermodynamics beside ASE, phonopy and exact answers."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase import units
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones

from heterodot.analysis.motion.phonons.born import Born
from heterodot.analysis.motion.phonons.crystal import (
    THZ,
    WAVENUMBER,
    HarmonicCrystal,
    displaced_supercells,
    set_up,
)
from heterodot.analysis.motion.phonons.files import force_sets_text, parameters_text, read_phonopy
from heterodot.analysis.motion.phonons.spectra import (
    phonon_bands,
    phonon_density,
    phonon_mesh,
)
from heterodot.analysis.motion.phonons.stability import imaginary_modes
from heterodot.analysis.motion.phonons.thermodynamics import temperature_grid, thermodynamics
from heterodot.errors import InputError

X, L = (0.5, 0.0, 0.5), (0.5, 0.5, 0.5)


def crystal_of(atoms, calculator, supercell, delta=0.01, born=None):
    model = set_up(atoms, np.diag(supercell), 1e-4)
    forces = []
    for cell in displaced_supercells(model, delta):
        cell.calc = calculator()
        forces.append(cell.get_forces())
    return HarmonicCrystal.of_forces(atoms, model, np.array(forces), born, 1e-4)


@pytest.fixture(scope="module")
def copper():
    return crystal_of(bulk("Cu", a=3.6), EMT, (4, 4, 4))


@pytest.mark.parametrize(("symbol", "a"), [("Cu", 3.59), ("Al", 3.99)])
def test_frequencies_are_those_of_ase(symbol, a, tmp_path):
    """Where the waves fit into the supercell, ase.phonons has the same sums."""
    from ase.phonons import Phonons

    atoms = bulk(symbol, a=a)
    ours = crystal_of(atoms, EMT, (4, 4, 4), delta=0.001)
    theirs = Phonons(atoms, EMT(), supercell=(4, 4, 4), delta=0.001, name=tmp_path / "phonon")
    theirs.run()
    theirs.read(acoustic=True, symmetrize=3)
    vectors = [X, L, (0.25, 0.0, 0.25), (0.25, 0.25, 0.5)]
    energies = theirs.band_structure(np.array(vectors), verbose=False)
    assert ours.frequencies(vectors) * THZ == pytest.approx(energies, rel=2e-5)


def test_lennard_jones_crystal_with_next_neighbours_only():
    """ω² = 8k/m and 4k/m at X, k = 72 ε / (2^⅓ σ²) at the minimum of the pair potential.

    Central forces between nearest neighbours of an fcc crystal (N. W. Ashcroft, N. D. Mermin, Solid
    State Physics, 1976, chapter 22, problem 5).
    """
    epsilon, sigma = 0.01, 3.0
    distance = 2 ** (1 / 6) * sigma
    atoms = bulk("Ar", "fcc", a=distance * np.sqrt(2))
    found = crystal_of(
        atoms, lambda: LennardJones(epsilon=epsilon, sigma=sigma, rc=1.2 * distance), (3, 3, 3),
        delta=0.0005,
    )  # fmt: skip
    k, m = 72 * epsilon / (2 ** (1 / 3) * sigma**2), atoms.get_masses()[0]
    hz = np.sqrt(k / m * units._e * 1e20 / units._amu) / (2 * np.pi) * 1e-12
    even = crystal_of(
        atoms, lambda: LennardJones(epsilon=epsilon, sigma=sigma, rc=1.2 * distance), (4, 4, 4),
        delta=0.0005,
    )  # fmt: skip
    exact = hz * np.sqrt([4.0, 4.0, 8.0])
    assert even.frequencies([X])[0] == pytest.approx(exact, rel=1e-4)
    assert found.frequencies([X])[0] == pytest.approx(exact, rel=1e-4)  # forces end within it


def test_bands_run_along_seekpaths_lines(copper):
    bands = phonon_bands(copper, points=11)
    ends = [f"{a}-{b}" for a, b in bands.lines]
    assert ends == ["Γ-X", "X-U", "K-Γ", "Γ-L", "L-W", "W-X"]
    assert bands.frequencies[0][0] == pytest.approx(np.zeros(3), abs=1e-4)
    assert bands.frequencies[0][-1] == pytest.approx(copper.frequencies([X])[0], abs=1e-6)
    assert bands.frequencies[3][-1] == pytest.approx(copper.frequencies([L])[0], abs=1e-6)
    assert len(list(bands.rows())) == sum(map(len, bands.frequencies))
    # a conventional cell has the same primitive one
    cubic = crystal_of(bulk("Cu", a=3.6, cubic=True), EMT, (2, 2, 2))
    assert len(cubic.primitive) == 1
    assert [a for a, _ in phonon_bands(cubic, points=3).lines] == [a for a, _ in bands.lines]


def test_free_energy_is_phonopys(copper):
    """Over the same mesh, phonopy's own sums."""
    mesh = phonon_mesh(copper, 20.0)
    copper.model.run_mesh(mesh.mesh.size, is_gamma_center=True)
    copper.model.run_thermal_properties(temperatures=[0, 300, 900], exclude_gamma_acoustic=True)
    theirs = copper.model.thermal_properties
    ours = mesh.thermodynamics([0, 300, 900])
    kilo = units.kJ / units.mol
    assert ours.free_energy == pytest.approx(theirs.free_energy * kilo, rel=2e-5)
    assert ours.entropy == pytest.approx(theirs.entropy * kilo / 1e3, rel=1e-5)
    assert ours.heat_capacity == pytest.approx(theirs.heat_capacity * kilo / 1e3, rel=1e-5)


def test_oscillators_by_hand():
    """One of ħω = kT: F, U, S and Cv by their formulae; the classical limits."""
    kT = units.kB * 300
    one = thermodynamics(np.array([kT]), [0.0, 300.0])
    n = 1 / (np.e - 1)
    assert one.free_energy == pytest.approx([kT / 2, kT / 2 + kT * np.log(1 - 1 / np.e)])
    assert one.internal_energy[1] == pytest.approx(kT * (0.5 + n))
    assert one.heat_capacity[1] == pytest.approx(units.kB * n * (n + 1))
    assert one.entropy[1] == pytest.approx((one.internal_energy - one.free_energy)[1] / 300)
    hot = thermodynamics(np.full(6, 0.01), [5000.0])
    assert hot.heat_capacity[0] == pytest.approx(6 * units.kB, rel=1e-3)
    grid = temperature_grid()
    smooth = thermodynamics(np.array([0.01, 0.03, 0.05]), grid)
    slope = np.gradient(smooth.free_energy, grid)
    assert slope[5:-1] == pytest.approx(-smooth.entropy[5:-1], rel=5e-3)  # S = −∂F/∂T


def test_imaginary_oscillators_are_counted_not_summed():
    found = thermodynamics(np.array([[0.0, 1e-6, -1e-6, 0.02, -0.01]]), [300.0], n_rigid=3)
    assert (found.n_modes, found.left_out) == (1.0, 1.0)
    with pytest.raises(InputError, match="temperatures"):
        thermodynamics(np.array([0.1]), [-5.0])


def test_densities_sum_to_the_modes():
    """Six modes of a primitive cell of two atoms; domains and elements both sum to the total."""
    atoms = bulk("CuAu", "zincblende", a=5.2)
    atoms.set_array("domain", np.array(["core", "shell"]))
    found = crystal_of(atoms, EMT, (2, 2, 2))
    density = phonon_density(found, phonon_mesh(found, 15.0))
    step = density.frequencies[1] - density.frequencies[0]
    assert density.total.sum() * step == pytest.approx(6.0, rel=1e-6)
    assert set(density.elements) == {"Cu", "Au"}
    assert set(density.domains) == {"core", "shell"}
    assert density.domains["core"] == pytest.approx(density.elements["Cu"])
    for share in density.elements.values():
        assert share.sum() * step == pytest.approx(3.0, rel=1e-6)


def test_atoms_of_two_domains_are_never_one_atom():
    """A cubic cell of Cu, one layer of it another domain: the primitive cell is not of one atom."""
    atoms = bulk("Cu", a=3.6, cubic=True)
    atoms.set_array("domain", np.array(["a", "b", "b", "a"]))
    found = crystal_of(atoms, EMT, (2, 2, 2))
    assert len(found.primitive) == 4
    assert found.domains == ("a", "b", "b", "a")


def test_born_charges_split_the_optical_modes():
    """ω_LO² − ω_TO² = e² Z*² / (ε0 ε∞ μ V): M. Born, K. Huang (1954), eq. 8.13 in SI."""
    charge, epsilon = 2.0, 5.0
    born = Born.of({"dielectric": epsilon, "charges": {"Cu": charge, "Au": -charge}})
    atoms = bulk("CuAu", "rocksalt", a=5.2)
    bare, polar = (crystal_of(atoms, EMT, (2, 2, 2), born=b) for b in (None, born))
    gamma = [phonon_bands(c, points=5).frequencies[0][0] for c in (bare, polar)]
    m = atoms.get_masses()
    reduced = m[0] * m[1] / m.sum()
    squared = (charge**2 * units._e**2 / (units._eps0 * epsilon)) / (
        reduced * units._amu * atoms.get_volume() * 1e-30
    )
    plasma = np.sqrt(squared) / (2 * np.pi) * 1e-12
    signed = np.sign(gamma[0][3:]) * gamma[0][3:] ** 2
    split = np.sign(gamma[1]) * gamma[1] ** 2
    assert split[5] - signed.max() == pytest.approx(plasma**2, rel=1e-4)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"dielectric": 5.0}, "dielectric"),
        ({"dielectric": 0.5, "charges": {"Cu": 1.0}}, "1 or more"),
        ({"dielectric": 5.0, "charges": {"Cu": "much"}}, "charges, Cu"),
        ("nonsense\nmore", "no file BORN"),
    ],
)
def test_wrong_born_charges_are_one_line(given, match):
    with pytest.raises(InputError, match=match):
        Born.of(given)


def test_charges_that_do_not_sum_to_zero_are_refused():
    born = Born.of({"dielectric": 5.0, "charges": {"Cu": 2.0, "Au": -1.0}})
    with pytest.raises(InputError, match="sum to"):
        crystal_of(bulk("CuAu", "zincblende", a=5.2), EMT, (1, 1, 1), born=born).frequencies([X])


def test_an_unstable_crystal_is_named_by_point_and_pattern():
    """Simple cubic copper of EMT: no minimum."""
    found = crystal_of(bulk("Cu", "sc", a=2.4), EMT, (2, 2, 2))
    modes = imaginary_modes(found, phonon_bands(found, points=5))
    assert modes
    first = modes[0]
    assert first.exact
    assert first.point
    assert first.frequency < -0.1
    assert first.frequency == pytest.approx(found.frequencies([first.wave_vector]).min())
    assert "Cu 1.00" in str(first)
    assert f"{abs(first.frequency) * WAVENUMBER:.0f}i cm⁻¹" in str(first)
    moved = first.structure
    assert len(moved) in (2, 4, 8)
    # the energy really falls along it
    still = bulk("Cu", "sc", a=2.4).repeat([round(x) for x in moved.cell.lengths() / 2.4])
    energies = []
    for atoms in (still, moved):
        atoms.calc = EMT()
        energies.append(atoms.get_potential_energy())
    assert energies[1] < energies[0]


def test_phonopys_files_there_and_back(copper, tmp_path):
    file = tmp_path / "phonopy_params.yaml"
    file.write_text(parameters_text(copper))
    vectors = [X, L, (0.1, 0.2, 0.3)]
    again = read_phonopy(file)
    assert again.frequencies(vectors) == pytest.approx(copper.frequencies(vectors), abs=1e-6)
    # a phonopy.yaml of cells only, with FORCE_SETS beside it
    bare = tmp_path / "split" / "phonopy_disp.yaml"
    bare.parent.mkdir()
    bare.write_text(str(copper.model.to_phonopy_yaml(settings={"force_sets": False})))
    with pytest.raises(InputError, match="no forces"):
        read_phonopy(bare)
    (bare.parent / "FORCE_SETS").write_text(force_sets_text(copper))
    third = read_phonopy(bare)
    assert third.frequencies(vectors) == pytest.approx(copper.frequencies(vectors), abs=1e-5)
    for wrong in (tmp_path / "none.yaml", tmp_path / "split" / "FORCE_SETS"):
        with pytest.raises(InputError, match=wrong.name):
            read_phonopy(wrong)


@pytest.mark.slow
def test_phonopy_load_reads_what_is_written(copper, tmp_path):
    """The program itself, not its library."""
    file = tmp_path / "phonopy_params.yaml"
    file.write_text(parameters_text(copper))
    program = Path(sys.executable).with_name("phonopy-load")
    command = [str(program)] if program.exists() else [
        sys.executable, "-c",
        "from phonopy.cui.phonopy_script import main; main(load_phonopy_yaml=True)",
    ]  # fmt: skip
    done = subprocess.run(
        [*command, str(file), "--qpoints", "0.5 0 0.5"], cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    import yaml

    bands = yaml.safe_load((tmp_path / "qpoints.yaml").read_text())["phonon"][0]["band"]
    assert [band["frequency"] for band in bands] == pytest.approx(
        copper.frequencies([X])[0].tolist(), abs=1e-4
    )
