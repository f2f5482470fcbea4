"""CP2K's files, against what CP2K printed of the same runs."""

import json
import shutil

import numpy as np
import pytest
from tests.data.foreign.layouts import FILES

from heterodot.analysis import (
    ElectronicStructure,
    band_edges,
    projected_dos,
    read_calculation,
    spin_populations,
)
from heterodot.errors import InputError

CP2K = FILES / "cp2k"


def test_water_has_the_levels_and_charges_cp2k_printed():
    states = read_calculation(CP2K / "h2o.out").states
    assert states.gap == pytest.approx(16.898427, abs=1e-4)  # "MO| Band gap:"
    assert states.fermi_level == pytest.approx(-5.753153, abs=1e-4)
    assert states.n_electrons == 8
    assert states.charges["Mulliken"] == pytest.approx([-0.752996, 0.376498, 0.376498])
    assert states.charges["Hirshfeld"] == pytest.approx([-1.1, 0.553, 0.553])
    assert band_edges(states).vbm == pytest.approx(-5.7531, abs=1e-4)  # from the vacuum's zero
    assert states.level["label"] == "CP2K 2023.1, PBE"


def test_weights_of_a_state_sum_to_one_and_the_lone_pair_is_px():
    found = read_calculation(CP2K / "h2o-k1-1.pdos").states.projection()
    assert found.weights.sum(axis=-1) == pytest.approx(np.ones((1, 1, 6)), abs=1e-6)
    px = (found.atom == 0) & (found.l == 1) & (found.m == 1)
    assert found.weights[0, 0, 3, px] == pytest.approx([1.0])


def test_a_kind_of_several_atoms_is_asked_for_as_a_whole():
    states = read_calculation(CP2K / "h2o.out").states
    both = projected_dos(states, element="H", l="s")
    again = projected_dos(states, atoms=[1, 2], energies=both.energies)
    np.testing.assert_allclose(both.values, again.values)
    with pytest.raises(InputError, match=r"1 of 2 atoms: .* atoms 1, 2 in one sum only"):
        projected_dos(states, atoms=[1])
    written = json.dumps(states.to_dict(), default=np.ndarray.tolist)
    kept = ElectronicStructure.from_dict(json.loads(written))
    assert kept.projection().groups == states.projection().groups


def test_a_radical_has_its_two_channels():
    states = read_calculation(CP2K / "oh.out.gz").states
    assert states.n_spins == 2
    assert states.n_electrons == 7
    assert states.fermi_levels == pytest.approx([-7.153327, -6.507180], abs=1e-4)
    assert states.gap == pytest.approx(1.285976, abs=1e-4)  # of the second channel, as printed
    assert states.projection().groups is None
    assert spin_populations(states).sum() == pytest.approx(1.0, abs=1e-6)


def test_the_output_alone_has_levels_and_says_how_to_get_projections(tmp_path):
    shutil.copy(CP2K / "h2o.out", tmp_path)
    states = read_calculation(tmp_path / "h2o.out").states
    assert states.gap == pytest.approx(16.898427, abs=1e-4)
    with pytest.raises(InputError, match=r"no projections.*&PRINT &PDOS"):
        projected_dos(states, element="O")


def test_what_is_missing_is_named(tmp_path):
    shutil.copy(CP2K / "h2o-k1-1.pdos", tmp_path)
    with pytest.raises(InputError, match="output of CP2K for project h2o is not beside it"):
        read_calculation(tmp_path / "h2o-k1-1.pdos")
    shutil.copy(CP2K / "h2o.out", tmp_path)
    with pytest.raises(InputError, match=r"no \.pdos file of kind 2"):
        read_calculation(tmp_path / "h2o.out")
    text = (CP2K / "h2o-k2-1.pdos").read_text()
    (tmp_path / "h2o-k2-1.pdos").write_text(text[: text.index("       5 ")])
    with pytest.raises(InputError, match="differ in their number of states"):
        read_calculation(tmp_path / "h2o.out")
