"""What GPAW is given: box, basis, spin, occupations, command line. Needs no GPAW."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule

from heterodot.calculators import Level
from heterodot.calculators.gpaw.errors import translate
from heterodot.calculators.gpaw.restart import restart_path
from heterodot.calculators.gpaw.settings import ODD_WIDTH, element_basis, gpaw_parameters
from heterodot.calculators.mpi import mpi_command
from heterodot.errors import (
    CapabilityError,
    ConvergenceError,
    InputError,
    LevelError,
    MissingDependencyError,
    RefusedError,
)
from heterodot.provenance import with_charge


def given_to_gpaw(atoms, protocol="moderate", **overrides):
    level = Level("gpaw", protocol, overrides)
    ready = level.prepare(atoms)
    return gpaw_parameters(ready, level.settings, level.check(ready))


# -- the box ----------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["fast", "moderate", "precise"])
def test_a_dot_gets_a_centred_box_that_fits_the_grid(protocol):
    level = Level("gpaw", protocol)
    dot = molecule("C6H6")
    boxed = level.prepare(dot)
    vacuum = level.settings["vacuum"]
    lengths = boxed.cell.lengths()
    np.testing.assert_allclose(boxed.cell.array, np.diag(lengths))
    assert not boxed.pbc.any()
    np.testing.assert_allclose(lengths / 0.8, np.round(lengths / 0.8), atol=1e-9)
    low, high = boxed.positions.min(axis=0), lengths - boxed.positions.max(axis=0)
    np.testing.assert_allclose(low, high, atol=1e-9)
    assert low.min() >= vacuum - 1e-9
    assert low.max() <= vacuum + 0.4
    np.testing.assert_allclose(boxed.get_all_distances(), dot.get_all_distances(), atol=1e-9)
    assert np.allclose(level.prepare(boxed).positions, boxed.positions), "idempotent"


@pytest.mark.parametrize("h", [0.15, 0.18, 0.25])
def test_the_grid_spacing_is_the_one_asked_for_in_every_box(h):
    level = Level("gpaw", overrides={"h": h})
    for name in ("CO2", "C6H6"):
        points = level.prepare(molecule(name)).cell.lengths() / (4 * h)  # GPAW: multiples of 4
        np.testing.assert_allclose(points, np.round(points), atol=1e-9)


def test_the_box_does_not_depend_on_where_the_dot_is():
    level = Level("gpaw")
    dot = molecule("H2O")
    moved = dot.copy()
    moved.positions += [3.21, -7.0, 0.4]
    np.testing.assert_allclose(level.prepare(moved).positions, level.prepare(dot).positions)


def test_a_slab_without_a_third_vector_gets_vacuum_along_its_normal():
    slab = fcc111("Cu", (1, 1, 3))
    slab.cell[2] = 0.0
    boxed = Level("gpaw").prepare(slab)
    np.testing.assert_allclose(boxed.cell[:2], slab.cell[:2])
    np.testing.assert_allclose(boxed.cell[2, :2], 0.0, atol=1e-12)
    np.testing.assert_allclose(boxed.positions[:, :2], slab.positions[:, :2], atol=1e-9)
    assert boxed.cell[2, 2] >= np.ptp(slab.positions[:, 2]) + 10.0


def test_a_cell_of_the_users_is_kept():
    atoms = molecule("H2O")
    atoms.set_cell([9.0, 9.0, 9.0])
    boxed = Level("gpaw").prepare(atoms)
    np.testing.assert_array_equal(boxed.cell.array, atoms.cell.array)
    np.testing.assert_array_equal(boxed.positions, atoms.positions)


# -- spin -------------------------------------------------------------------------------------


def test_an_odd_dot_has_a_fixed_moment_and_little_smearing():
    parameters = given_to_gpaw(molecule("OH"))
    assert parameters["spinpol"] is True
    assert parameters["occupations"] == {
        "name": "fermi-dirac", "width": ODD_WIDTH, "fixmagmom": True
    }  # fmt: skip
    ready = Level("gpaw").prepare(molecule("OH"))
    assert ready.get_initial_magnetic_moments().sum() == pytest.approx(1.0)


def test_a_closed_shell_is_never_polarised_by_accident():
    atoms = molecule("H2O")
    atoms.set_initial_magnetic_moments([0.3, 0.0, 0.1])
    parameters = given_to_gpaw(atoms)
    assert parameters["spinpol"] is False
    assert parameters["occupations"] == {"name": "fermi-dirac", "width": 0.1}
    assert not Level("gpaw").prepare(atoms).get_initial_magnetic_moments().any()


def test_the_users_moments_say_where_the_spin_starts():
    atoms = molecule("NO2")
    atoms.set_initial_magnetic_moments([0.0, 0.5, 0.0])
    moments = Level("gpaw").prepare(atoms).get_initial_magnetic_moments()
    np.testing.assert_allclose(moments, [0.0, 1.0, 0.0])
    triplet = Level("gpaw", overrides={"multiplicity": 3}).prepare(molecule("O2"))
    np.testing.assert_allclose(triplet.get_initial_magnetic_moments(), [1.0, 1.0])


@pytest.mark.parametrize("override", [{"multiplicity": 1}, {"spinpol": False}])
def test_odd_electrons_are_never_run_spin_paired(override):
    level = Level("gpaw", overrides=override)
    with pytest.raises(RefusedError, match="never run spin-paired"):
        level.check(molecule("OH"))
    with pytest.raises(RefusedError, match="never run spin-paired"):
        level.prepare(molecule("OH"))


def test_moments_that_sum_to_a_spin_set_it():
    """O2's ground state is ³Σg⁻ (K. P. Huber and G. Herzberg): ASE's moments say so."""
    oxygen = molecule("O2")
    assert oxygen.get_initial_magnetic_moments().tolist() == [1.0, 1.0]
    parameters = given_to_gpaw(oxygen)
    assert parameters["spinpol"] is True
    assert parameters["occupations"]["fixmagmom"] is True
    assert Level("gpaw").prepare(oxygen).get_initial_magnetic_moments().sum() == pytest.approx(2.0)


def test_opposite_moments_start_a_broken_symmetry_singlet():
    stretched = Atoms("H2", [[0, 0, 0], [0, 0, 3.0]], magmoms=[1, -1])
    assert given_to_gpaw(stretched)["spinpol"] is True
    moments = Level("gpaw").prepare(stretched).get_initial_magnetic_moments()
    np.testing.assert_allclose(moments, [1.0, -1.0])


@pytest.mark.parametrize(
    ("moments", "overrides", "message"),
    [
        ([1, 0], {}, "sum to 1, but O2 with an even electron count has 0, 2"),
        ([1, 1], {"multiplicity": 1}, "multiplicity 1 means 0 .* moments of O2 mean 2"),
        ([1, 1], {"multiplicity": 5}, "multiplicity 5 means 4 .* moments of O2 mean 2"),
        ([1, 1], {"spinpol": False}, "spinpol false, but O2 has initial magnetic moments"),
        ([[0, 0, 1], [0, 0, 1]], {}, "are vectors"),
        ([7, 7], {}, "needs 14 unpaired electrons"),
    ],
)
def test_a_spin_said_twice_differently_is_refused(moments, overrides, message):
    atoms = Atoms("O2", [[0, 0, 0], [0, 0, 1.21]], magmoms=moments)
    with pytest.raises(RefusedError, match=message):
        Level("gpaw", overrides=overrides).check(atoms)


def test_a_metal_with_an_odd_cell_keeps_its_moment_free():
    parameters = given_to_gpaw(bulk("Cu"))
    assert parameters["spinpol"] is True
    assert "fixmagmom" not in parameters["occupations"]
    paired = Level("gpaw", overrides={"spinpol": False})
    assert not paired.check(bulk("Cu")).polarized
    assert any("odd number" in c for c in paired.caveats(bulk("Cu")))
    with pytest.raises(RefusedError):
        Level("gpaw", overrides={"multiplicity": 1}).check(bulk("Cu"))


def test_spinpol_false_and_unpaired_electrons_contradict():
    with pytest.raises(LevelError, match="two spin channels"):
        Level("gpaw", overrides={"spinpol": False, "multiplicity": 3})


def test_a_charge_beyond_the_electrons_is_refused():
    with pytest.raises(RefusedError, match="valence electrons"):
        Level("gpaw").check(with_charge(molecule("H2"), 2))


# -- settings ---------------------------------------------------------------------------------


def test_the_basis_names_every_element():
    atoms = Atoms("CuInS2", positions=np.eye(4, 3) * 3)
    assert element_basis(atoms, "dzp") == {"Cu": "dzp", "In": "dzp", "S": "dzp"}
    mixed = element_basis(atoms, {"Cu": "szp(dzp)"})
    assert mixed == {"Cu": "szp(dzp)", "In": "dzp", "S": "dzp"}
    assert None not in mixed


def test_every_protocol_has_a_mode_and_overrides_switch_it():
    assert Level("gpaw", "fast").settings["mode"] == "lcao"
    assert Level("gpaw", "moderate").label == "PBE/dzp LCAO (GPAW)"
    assert Level("gpaw", "precise").label == "PBE/PW 500 eV (GPAW)"
    to_lcao = Level("gpaw", "precise", {"mode": "lcao"}).settings
    assert "ecut" not in to_lcao
    assert to_lcao["h"] == 0.2
    to_pw = Level("gpaw", "fast", {"mode": "pw", "ecut": 300}).settings
    assert (to_pw["h"], to_pw["ecut"]) == (None, 300.0)


def test_kpoints_only_along_periodic_directions():
    slab = fcc111("Cu", (1, 1, 3), vacuum=6)
    assert given_to_gpaw(slab, kpts=[4, 4, 4])["kpts"] == {"size": [4, 4, 1]}
    assert given_to_gpaw(molecule("H2O"), kpts=[4, 4, 4])["kpts"] == {"size": [1, 1, 1]}


def test_kpoints_are_not_reduced_where_atoms_are_equivalent():
    assert "symmetry" not in given_to_gpaw(bulk("ZnS", "zincblende", a=5.41))
    assert given_to_gpaw(bulk("Si"))["symmetry"] == {"point_group": False}
    assert "symmetry" not in given_to_gpaw(bulk("Si"), symmetry="on")


def test_caveats_say_what_the_mode_is_not_good_for():
    dot = molecule("H2O")
    assert any("0.3-0.5 eV" in c for c in Level("gpaw").caveats(dot))
    assert Level("gpaw", "precise").caveats(dot) == ()
    anion = with_charge(molecule("OH"), -1)
    anion.set_initial_magnetic_moments(None)  # ASE's are those of the radical
    assert any("background" in c for c in Level("gpaw", "precise").caveats(anion))
    assert not any("background" in c for c in Level("gpaw").caveats(anion))


def test_a_restart_file_belongs_to_its_settings(tmp_path):
    level = Level("gpaw")
    water, odd = level.prepare(molecule("H2O")), level.prepare(molecule("OH"))
    a = restart_path(tmp_path, water, given_to_gpaw(molecule("H2O")))
    moved = water.copy()
    moved.positions[0] += 0.1
    assert restart_path(tmp_path, moved, given_to_gpaw(molecule("H2O"))) == a
    assert restart_path(tmp_path, water, given_to_gpaw(molecule("H2O"), width=0.2)) != a
    assert restart_path(tmp_path, odd, given_to_gpaw(molecule("OH"))) != a


# -- errors and commands ----------------------------------------------------------------------


class KohnShamConvergenceError(Exception):
    """GPAW's, whose message is empty."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (KohnShamConvergenceError(), ConvergenceError),
        (FileNotFoundError("long\nhelp text"), RefusedError),
        (NameError("Unknown functional: PBEE."), LevelError),
        (NotImplementedError(), CapabilityError),
    ],
)
def test_errors_become_one_line(error, kind):
    translated = translate(error)
    assert isinstance(translated, kind)
    assert "\n" not in str(translated)
    assert len(str(translated)) > 20


def test_the_criterion_leaves_the_error_of_the_forces_that_was_measured():
    code = Level("gpaw").implementation
    for change, error in ((1e-5, 0.0014), (3e-5, 0.006), (1e-4, 0.025)):
        for asked in (1e-4, 1e-5):
            factor = code.scf_factor({"convergence": {"density": asked}}, error)
            assert factor * asked == pytest.approx(change)
    errors = np.geomspace(1e-4, 1, 50)
    factors = [code.scf_factor({"convergence": {}}, error) for error in errors]
    assert (np.diff(factors) > 0).all()
    for far in (-1, 0):  # proportional beyond what was measured
        k = slice(0, 2) if far == 0 else slice(-2, None)
        assert np.divide(*factors[k]) == pytest.approx(np.divide(*errors[k]))


def test_unknown_exceptions_pass_through():
    assert translate(KeyError("x")) is None
    with pytest.raises(KeyError), Level("gpaw").translate_errors():
        raise KeyError("x")


def test_the_command_for_several_ranks(monkeypatch):
    assert mpi_command(1, ["job.py"])[1:] == ["job.py"]
    with pytest.raises(InputError, match="at least 1"):
        mpi_command(0, ["job.py"])
    monkeypatch.setattr("shutil.which", lambda name: f"/opt/bin/{name}")
    monkeypatch.setattr("heterodot.calculators.gpaw.code._built_with_mpi", lambda: True)
    command = Level("gpaw", ranks=4).command(["job.py", "x"])
    assert command[:3] == ["/opt/bin/mpiexec", "-n", "4"]
    assert command[-3] == "python"
    assert command[-2:] == ["job.py", "x"]
    monkeypatch.setattr("heterodot.calculators.gpaw.code._built_with_mpi", lambda: False)
    with pytest.raises(MissingDependencyError, match="built without MPI"):
        Level("gpaw", ranks=4).command(["job.py", "x"])
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(MissingDependencyError, match="mpiexec"):
        mpi_command(2, ["job.py"])


def test_without_gpaw_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gpaw", None)
    level = Level("gpaw")
    with pytest.raises(MissingDependencyError, match="pip install gpaw"):
        level.calculator(level.prepare(molecule("H2")))


def test_an_unprepared_dot_is_refused():
    with pytest.raises(RefusedError, match=r"level\.prepare"):
        Level("gpaw").calculator(molecule("H2"))
    boxed = Level("gpaw").prepare(molecule("OH"))
    boxed.set_initial_magnetic_moments([0.0, 0.0])
    with pytest.raises(RefusedError, match="magnetic moments sum to 0"):
        Level("gpaw").calculator(boxed)
