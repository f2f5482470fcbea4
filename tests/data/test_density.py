from __future__ import annotations

import gzip
from dataclasses import replace

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


def vasp_text(grids, cell, symbols, counts, places, per_line=5, number="{:.11E}"):
    """What VASP writes: the structure, an empty line, counts and values, augmentation between."""
    head = ["made by hand", "   1.00000000000000"]
    head += ["  ".join(f"{x:.6f}" for x in row) for row in cell]
    head += [" ".join(symbols), " ".join(map(str, counts)), "Direct"]
    head += [" ".join(f"{x:.6f}" for x in place) for place in places]
    parts = ["\n".join(head) + "\n"]
    for grid in grids:
        flat = [number.format(x) for x in grid.ravel(order="F")]
        rows = [" ".join(flat[i : i + per_line]) for i in range(0, len(flat), per_line)]
        parts.append(" ".join(map(str, grid.shape)) + "\n" + "\n".join(rows))
        parts.append("augmentation occupancies   1   2\n  0.1E+00  0.2E+00")
    return "\n".join(parts) + "\n"


CUBE_CELL = np.diag([3.0, 3.2, 3.4])


def small(total=10.0, shape=(6, 5, 7)):
    """A grid that holds so many electrons in CUBE_CELL, times the volume as VASP writes it."""
    values = np.random.default_rng(5).random(shape)
    return values * total * values.size / values.sum()


@pytest.mark.parametrize(
    ("name", "per_line"),
    [("CHG", 10), ("CHGCAR", 5), ("CHGCAR_sum", 5), ("AECCAR2", 5), ("PARCHG.0012", 10),
     ("CHG.vasp", 5), ("CHGCAR.gz", 5)],
)  # fmt: skip
def test_every_file_of_vasps_is_read_by_its_name(tmp_path, name, per_line):
    grid = small()
    text = vasp_text([grid], CUBE_CELL, ["Be", "O"], [1, 1], [[0, 0, 0], [0.5, 0.5, 0.5]], per_line)
    data = text.replace("\n", "\r\n").encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    found = read_grid(tmp_path / name)
    assert found.integral == pytest.approx(10.0)
    np.testing.assert_allclose(found.values, grid / found.volume, rtol=1e-9)
    assert found.numbers.tolist() == [4, 8]
    assert found.positions[1] == pytest.approx([1.5, 1.6, 1.7])


def test_exponents_that_fortran_writes_without_e_are_read(tmp_path):
    grid = small()
    grid[0, 0, 0], grid[1, 0, 0] = 0.33004e-101, -0.5e-120
    text = vasp_text([grid], CUBE_CELL, ["Ne"], [1], [[0, 0, 0]])
    odd = text.replace("3.30040000000E-102", "0.33004-101").replace(
        "-5.00000000000E-121", "-.5-120"
    )
    odd = odd.replace("E-01", "D-01")
    assert "0.33004-101 -.5-120" in odd
    (tmp_path / "CHGCAR").write_text(odd)
    found = read_grid(tmp_path / "CHGCAR")
    np.testing.assert_allclose(found.values, grid / found.volume, rtol=1e-9)
    write_grid(found, tmp_path / "rho.cube")
    plain = (tmp_path / "rho.cube").read_text()
    tiny = plain.splitlines()[7].split()[0]
    (tmp_path / "odd.cube").write_bytes(
        plain.replace(tiny, "0.33004-101", 1).replace("\n", "\r\n").encode()
    )
    again = read_grid(tmp_path / "odd.cube")
    np.testing.assert_allclose(again.values, found.values, atol=1e-11)
    assert again.values[0, 0, 0] == pytest.approx(0.33004e-101 / Bohr**3, rel=1e-6)


def test_the_spin_density_is_the_second_grid(tmp_path):
    up_down = small(), small(2.0)
    text = vasp_text(up_down, CUBE_CELL, ["O"], [1], [[0, 0, 0]])
    (tmp_path / "CHGCAR").write_text(text)
    assert read_grid(tmp_path / "CHGCAR").integral == pytest.approx(10.0)
    spin = read_grid(tmp_path / "CHGCAR", part="spin")
    assert (spin.integral, spin.kind) == (pytest.approx(2.0), "spin")
    (tmp_path / "CHG").write_text(vasp_text(up_down[:1], CUBE_CELL, ["O"], [1], [[0, 0, 0]]))
    for name, part in (("CHG", "spin"), ("CHG", "up")):
        with pytest.raises(InputError, match="part"):
            read_grid(tmp_path / name, part=part)
    (tmp_path / "CHG").write_text(text + text)
    with pytest.raises(InputError, match="several steps"):
        read_grid(tmp_path / "CHG")
    for name, word in (("LOCPOT", "potential"), ("ELFCAR", "ELF"), ("a.xsf", "unit")):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=word):
            read_grid(tmp_path / name)


def test_core_and_valence_add_up_to_all_electrons(tmp_path):
    core, valence = small(4.0), small(8.0)
    place = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]]
    for name, grid in (("AECCAR0", core), ("AECCAR2", valence)):
        text = vasp_text([grid], CUBE_CELL, ["Be", "O"], [1, 1], place)
        (tmp_path / name).write_text(text)
    parts = [read_grid(tmp_path / name) for name in ("AECCAR0", "AECCAR2")]
    total = parts[0] + parts[1]
    assert total.integral == pytest.approx(12.0)
    assert total.nuclear_charges.tolist() == [4, 8]  # every electron is there
    for same in (read_grid([tmp_path / "AECCAR0", tmp_path / "AECCAR2"]), sum(parts)):
        np.testing.assert_array_equal(same.values, total.values)
    assert (total - parts[1]).integral == pytest.approx(4.0)
    other = small(8.0, (6, 6, 7))
    (tmp_path / "CHG").write_text(vasp_text([other], CUBE_CELL, ["Be", "O"], [1, 1], place))
    with pytest.raises(InputError, match="expected one grid"):
        parts[0] + read_grid(tmp_path / "CHG")
    with pytest.raises(InputError, match="another GridDensity"):
        parts[0] + 3.0
    fragment = replace(parts[0], numbers=[1], positions=[[1.0, 1.0, 1.0]])
    assert (parts[1] + fragment).numbers.tolist() == [4, 8, 1]
    with pytest.raises(InputError, match="valence of O"):
        parts[0].with_valence({"Be": 2, "O": float("nan")})
