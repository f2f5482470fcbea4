"""FHI-aims and ORCA: an output ASE ships, and one in the layout of the code."""

import numpy as np
import pytest
from tests.data.foreign.layouts import AIMS, ASE_FILES, DIAMOND, ORCA, aims_once

from heterodot.analysis import projected_dos, read_calculation
from heterodot.data.foreign.reading import is_calculation
from heterodot.errors import InputError


def test_aims_has_the_gap_it_printed(tmp_path):
    path = tmp_path / "aims.out"
    path.write_text(aims_once())
    states = read_calculation(path).states
    assert states.gap == pytest.approx(4.94948774, abs=2e-5)
    assert (states.homo, states.lumo) == pytest.approx((-7.29853196, -2.34904422), abs=1e-5)
    assert states.fermi_level == pytest.approx(-2.64499990)
    assert states.vacuum_level == 0.0
    with pytest.raises(InputError, match=r"no projections.*FHI-aims has none"):
        projected_dos(states, element="H")


def test_states_of_the_first_cycle_are_not_taken_for_the_last():
    with pytest.raises(InputError, match="first cycle only"):
        read_calculation(AIMS)


def test_one_k_point_of_many_is_refused_with_the_gap_aims_estimates():
    path = ASE_FILES / "aims" / "DFPT_dielectric.out"
    with pytest.raises(InputError, match=r"1 of 36 k-points.*gap of 1\.6939 eV"):
        read_calculation(path)


def test_orca_has_its_levels_and_populations(tmp_path):
    path = tmp_path / "oh.out"
    path.write_text(ORCA.read_text())
    found = read_calculation(path)
    states = found.states
    assert (found.program, found.atoms.get_chemical_formula()) == ("ORCA 5.0.4", "HO")
    assert states.n_spins == 2
    assert (states.homo, states.lumo) == pytest.approx((-6.8028, -5.4423))
    assert states.fermi_level == pytest.approx(-6.12255)
    assert any("middle of HOMO and LUMO" in text for text in states.caveats)
    assert states.charges["Mulliken"] == pytest.approx([-0.15, 0.15])
    assert "PBE" in states.level["label"]
    projections = states.projection()
    np.testing.assert_allclose(projections.weights.sum(axis=-1), 1.0)
    keys = zip(projections.atom, projections.l, projections.m, strict=True)
    assert [tuple(map(int, key)) for key in keys] == [
        (0, 0, 0), (0, 1, -1), (0, 1, 0), (0, 1, 1), (1, 0, 0),
    ]  # fmt: skip
    assert projections.weights[1, 0, 4, 1] == 1.0  # the hole, in py


def test_orca_without_populations_says_how_to_ask(tmp_path):
    path = tmp_path / "oh.out"
    text = ORCA.read_text()
    path.write_text(text[: text.index("LOEWDIN REDUCED")])
    with pytest.raises(InputError, match=r"Print\[P_OrbPopMO_L\] 1"):
        read_calculation(path).states.projection()
    path.write_text(text.replace("    9\n", "   11\n", 1))
    with pytest.raises(InputError, match=r"hold 9\.0000 electrons, the code says 11"):
        read_calculation(path)


def test_what_is_no_calculation_is_said_in_one_line(tmp_path):
    (tmp_path / "a.txt").write_text("hello\n")
    assert not is_calculation(tmp_path / "a.txt")
    assert not is_calculation(tmp_path / "none")
    assert is_calculation(DIAMOND)
    with pytest.raises(InputError, match=r"a\.txt: not of a code that is read here; expected"):
        read_calculation(tmp_path / "a.txt")
    with pytest.raises(InputError, match="a folder without"):
        read_calculation(tmp_path)
