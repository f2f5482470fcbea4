"""VASP's files: a real vasprun.xml, and projections written into it in VASP's layout."""

import numpy as np
import pytest
from ase import Atoms
from tests.data.foreign.layouts import (
    ASE_FILES,
    DIAMOND,
    polarised,
    procar,
    vasprun_with,
    weights_of,
)

from heterodot.analysis import read_calculation, read_states
from heterodot.data.foreign.calculation import is_path
from heterodot.data.foreign.vasp import planar_potential, valence_electrons
from heterodot.errors import InputError


def test_diamond_has_the_levels_of_its_file():
    found = read_calculation(DIAMOND)
    states = found.states
    assert states.fermi_level == pytest.approx(9.21741277)
    assert (states.homo, states.lumo) == pytest.approx((9.0490, 14.5994))  # by eye, in the file
    assert states.energies.shape == (1, 10, 8)
    assert (states.k_weights[None, :, None] * states.occupations).sum() == pytest.approx(8)
    assert (found.program, found.atoms.get_chemical_formula()) == ("VASP 6.3.0", "C2")
    with pytest.raises(InputError, match="VASP writes them with LORBIT = 11"):
        states.projection()


def test_valences_are_those_of_the_potentials():
    assert valence_electrons(ASE_FILES / "vasp" / "vasprun_dfpt.xml") == {"Na": 1.0, "Cl": 7.0}


@pytest.mark.parametrize(("n_orbitals", "last"), [(9, (2, 2)), (3, (2, None))])
def test_projections_keep_their_atoms_and_harmonics(tmp_path, n_orbitals, last):
    weights = weights_of(n_orbitals)
    (tmp_path / "vasprun.xml").write_text(vasprun_with(weights))
    found = read_states(tmp_path).projection("PAW")
    assert found.weights.shape == (1, 10, 8, 2 * n_orbitals)
    np.testing.assert_allclose(found.weights[0].reshape(10, 8, 2, n_orbitals), weights)
    assert found.atom.tolist() == [0] * n_orbitals + [1] * n_orbitals
    m = None if found.m is None else int(found.m[-1])
    assert (int(found.l[-1]), m) == last
    if found.m is not None:
        assert found.m[:4].tolist() == [0, -1, 0, 1]  # s, py, pz, px


def test_two_spin_channels_hold_an_electron_a_state(tmp_path):
    weights = weights_of(9)
    (tmp_path / "vasprun.xml").write_text(polarised(vasprun_with(weights), 0.1))
    states = read_states(tmp_path)
    plain = read_states(DIAMOND)
    np.testing.assert_allclose(states.energies, [plain.energies[0], plain.energies[0] + 0.1])
    assert states.occupations.max() == 1.0
    assert states.gap == pytest.approx(plain.gap - 0.1)
    assert states.projection().weights.shape == (2, 10, 8, 18)


def test_projections_of_a_procar_beside(tmp_path):
    states = read_states(DIAMOND)
    weights = weights_of(9)
    (tmp_path / "vasprun.xml").write_text(DIAMOND.read_text())
    path = tmp_path / "PROCAR"
    path.write_text(procar(weights, states.energies[0], states.k_weights))
    for file in (tmp_path, path):
        found = read_states(file).projection()
        np.testing.assert_allclose(found.weights[0].reshape(weights.shape), weights)
    path.write_text(procar(weights, states.energies[0] + 1.0, states.k_weights))
    with pytest.raises(InputError, match="not of the same run"):
        read_states(tmp_path)
    (tmp_path / "vasprun.xml").unlink()
    with pytest.raises(InputError, match="neither the elements nor the Fermi level"):
        read_states(path)


def test_files_that_are_cut_short_or_not_enough_are_refused(tmp_path):
    text = DIAMOND.read_text()
    path = tmp_path / "vasprun.xml"
    path.write_text(text[: len(text) // 2])
    with pytest.raises(InputError, match=r"vasprun\.xml: not a whole vasprun\.xml"):
        read_calculation(path)
    name = '<i type="logical" name="LNONCOLLINEAR"> F'
    assert name in text
    path.write_text(text.replace(name, name.replace(" F", " T")))
    with pytest.raises(InputError, match="non-collinear"):
        read_calculation(path)
    (tmp_path / "DOSCAR").write_text("   2   2   1   0\n")
    with pytest.raises(InputError, match=r"DOSCAR: holds curves.*vasprun\.xml"):
        read_calculation(tmp_path / "DOSCAR")


def test_electrons_that_did_not_converge_are_said(tmp_path):
    text = DIAMOND.read_text()
    steps = text.rsplit("<calculation>", 1)[1].count("<scstep>")
    name = '<i type="int" name="NELM">'
    before, after = text.split(name)[:2]
    rest = text[len(before) + len(name) + after.index("</i>") :]
    (tmp_path / "vasprun.xml").write_text(f"{before}{name} {steps}{rest}")
    assert any("had not converged" in text for text in read_states(tmp_path).caveats)
    assert not read_states(DIAMOND).caveats


def test_a_fermi_level_within_the_bands_of_an_insulator_is_not_believed(tmp_path):
    text = DIAMOND.read_text()
    (tmp_path / "vasprun.xml").write_text(text.replace("9.21741277", "8.50000000"))
    states = read_states(tmp_path)
    assert states.gap == pytest.approx(5.5504)
    assert states.fermi_level == pytest.approx(9.0490)
    assert any("8.5000 eV, is not in the gap" in text for text in states.caveats)


def test_a_list_of_equal_weights_is_a_path_unless_it_covers_the_zone():
    line = [[x, x, 0] for x in np.linspace(0, 0.5, 21)]
    mesh = [[x, y, 0.25] for x in (-0.25, 0, 0.25, 0.5) for y in (-1 / 3, 0, 1 / 3)]
    assert is_path(line, np.ones(21) / 21)
    assert not is_path(mesh, np.ones(12))
    assert not is_path([[0, 0, 0], [0.5, 0, 0], [0.5, 0.5, 0]], [1, 4, 3])


def test_a_locpot_beside_gives_the_vacuum_of_a_slab():
    """A well of 3 eV in 20 Å; the ends of the profile are the middle of the vacuum."""
    slab = Atoms("Cu2", [[0, 0, 9.0], [0, 0, 11.0]], cell=[3, 3, 20], pbc=True)
    heights = np.arange(40) * 0.5
    values = np.tile(np.where(abs(heights - 10) < 3, -3.0, 4.5), (4, 4, 1))
    found = planar_potential(slab, values)
    assert (found.axis, found.periodic, found.faces) == (2, False, (4.5, 4.5))
    bulk = Atoms("Cu", cell=[3, 3, 3], pbc=True)
    assert planar_potential(bulk, values[..., :6]).periodic


def test_a_locpot_is_read_with_its_run(tmp_path):
    states = read_states(DIAMOND)
    atoms = read_calculation(DIAMOND).atoms
    (tmp_path / "vasprun.xml").write_text(DIAMOND.read_text())
    from ase.io import write

    write(tmp_path / "LOCPOT", atoms, format="vasp")
    grid = "\n   2   2   2\n" + " ".join(f"{x:.5E}" for x in [1.0, 2, 1, 2, 3, 4, 3, 4]) + "\n"
    with (tmp_path / "LOCPOT").open("a") as file:
        file.write(grid)
    found = read_states(tmp_path)
    assert states.potential is None
    assert found.potential.values == pytest.approx([1.5, 3.5])  # third direction slowest
    assert found.vacuum_level is None
