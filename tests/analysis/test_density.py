from __future__ import annotations

import numpy as np
import pytest
from ase.io.cube import read_cube_data, write_cube
from ase.units import Bohr
from tests.analysis.densities import gaussians

from heterodot.analysis import GridDensity, read_grid, write_grid
from heterodot.errors import InputError

TRICLINIC = np.array([[5.0, 0.3, 0.1], [-1.2, 5.5, 0.4], [0.8, -0.7, 6.1]])


@pytest.fixture
def density():
    return gaussians(
        (20, 24, 28), TRICLINIC, [[0.3, 0.4, 0.3], [0.6, 0.6, 0.7]], [8, 3], [0.5, 0.4]
    )


def test_integral_and_profile_count_the_electrons(density):
    assert density.integral == pytest.approx(11, abs=1e-6)
    for axis in range(3):
        profile = density.plane_average(axis)
        step = profile.positions[1] - profile.positions[0]
        assert profile.values.sum() * step == pytest.approx(11, abs=1e-6)
        assert profile.cumulative[-1] == pytest.approx(density.integral)
        assert len(profile.values) == density.values.shape[axis]
    # the height over the plane of a and b, not the length of c
    assert profile.positions[-1] * 28 / 27 == pytest.approx(
        density.volume / np.linalg.norm(np.cross(TRICLINIC[0], TRICLINIC[1]))
    )


def test_difference_of_one_grid_is_exact_and_of_two_refused(density):
    assert np.abs(density.minus(density).values).max() == 0
    other = gaussians((20, 24, 30), TRICLINIC, [[0.3, 0.4, 0.3]], [8], [0.5])
    with pytest.raises(InputError, match="expected one grid"):
        density.minus(other)
    moved = GridDensity(density.values, TRICLINIC * 1.01, density.numbers, density.positions)
    with pytest.raises(InputError, match="expected one grid"):
        density.minus(moved)


def test_thinning_keeps_values_and_refuses_to_interpolate(density):
    thin = density.thinned(4)
    assert thin.values.shape == (5, 6, 7)
    assert thin.values[1, 2, 3] == density.values[4, 8, 12]
    with pytest.raises(InputError, match="divisor"):
        density.thinned(3)
    for bad in (0, True, 2.0):
        with pytest.raises(InputError):
            density.thinned(bad)


def test_cube_round_trip_and_the_same_as_ase_reads(density, tmp_path):
    write_grid(density, tmp_path / "rho.cube")
    again = read_grid(tmp_path / "rho.cube")
    assert np.allclose(again.values, density.values, rtol=1e-10, atol=1e-15)
    assert np.allclose(again.cell, density.cell, atol=1e-6)
    assert np.allclose(again.positions, density.positions, atol=1e-6)
    assert again.nuclear_charges.tolist() == [8, 3]
    values, atoms = read_cube_data(str(tmp_path / "rho.cube"))
    assert np.allclose(values / Bohr**3, density.values)
    assert np.allclose(atoms.positions, density.positions, atol=1e-6)


def test_cube_written_by_ase_with_an_origin(density, tmp_path):
    with (tmp_path / "rho.cube").open("w") as file:
        write_cube(file, density.atoms, density.values * Bohr**3, origin=[0.1, 0.2, 0.3])
    again = read_grid(tmp_path / "rho.cube", pbc=(True, True, False))
    assert np.allclose(again.values, density.values, rtol=1e-4, atol=1e-5)
    assert again.pbc == (True, True, False)
    assert np.allclose(again.corner, [0.1, 0.2, 0.3], atol=1e-5)


def test_chgcar_written_by_pymatgen(tmp_path):
    from pymatgen.core import Lattice, Structure
    from pymatgen.io.vasp import Chgcar, Poscar

    made = gaussians(
        (16, 16, 18), TRICLINIC, [[0.3, 0.4, 0.3], [0.6, 0.6, 0.7]], [6, 4], [0.6, 0.6]
    )
    structure = Structure(Lattice(TRICLINIC), ["O", "Be"], [[0.3, 0.4, 0.3], [0.6, 0.6, 0.7]])
    values = {"total": made.values * made.volume}
    Chgcar(Poscar(structure), values).write_file(str(tmp_path / "CHGCAR"))
    found = read_grid(tmp_path / "CHGCAR", valence={"O": 6, "Be": 4})
    assert np.allclose(found.values, made.values, atol=1e-6)
    assert found.integral == pytest.approx(10, abs=1e-4)
    assert found.nuclear_charges.tolist() == [6, 4]
    assert read_grid(tmp_path / "CHGCAR").nuclear_charges is None  # 10 of 12 electrons: not told
    with pytest.raises(InputError, match="Be missing"):
        read_grid(tmp_path / "CHGCAR", valence={"O": 6})


def test_npz_is_exact(density, tmp_path):
    write_grid(density, tmp_path / "rho.npz")
    again = read_grid(tmp_path / "rho.npz")
    assert (again.values == density.values).all()
    assert again.pbc == density.pbc
    assert again.same_grid(density)


def test_files_that_are_not_densities_are_refused_in_one_line(density, tmp_path):
    write_grid(density, tmp_path / "rho.cube")
    text = (tmp_path / "rho.cube").read_text()
    (tmp_path / "short.cube").write_text(text[: len(text) // 2])
    (tmp_path / "CHGCAR").write_text("nothing\n")
    (tmp_path / "rho.npz").write_bytes(b"nothing")
    for name in ("short.cube", "CHGCAR", "rho.npz", "none.cube", "rho.cube2"):
        with pytest.raises(InputError) as refused:
            read_grid(tmp_path / name)
        assert "\n" not in str(refused.value)
    (tmp_path / "a.gpw").write_bytes(b"")
    with pytest.raises(InputError, match="read_density"):
        read_grid(tmp_path / "a.gpw")
    with pytest.raises(InputError, match="expected a name"):
        write_grid(density, tmp_path / "rho.dat")


def test_wrong_shapes_and_values_are_refused(density):
    with pytest.raises(InputError, match="n1, n2, n3"):
        GridDensity(np.zeros((3, 3)), TRICLINIC, [1], [[0, 0, 0]])
    with pytest.raises(InputError, match="independent"):
        GridDensity(np.zeros((3, 3, 3)), np.zeros((3, 3)), [1], [[0, 0, 0]])
    with pytest.raises(InputError, match="NaN"):
        GridDensity(np.full((3, 3, 3), np.nan), TRICLINIC, [1], [[0, 0, 0]])
    with pytest.raises(InputError, match="axis"):
        density.plane_average(3)
