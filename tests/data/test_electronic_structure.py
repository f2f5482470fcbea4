from __future__ import annotations

import numpy as np
import pytest

from heterodot.analysis import ElectronicStructure, band_edges


def doublet(hole: float) -> ElectronicStructure:
    """Three electrons up, two down; the empty state of the down channel lies at ``hole`` eV."""
    return ElectronicStructure(
        numbers=np.array([29]),
        energies=np.array([[[-3.0, -2.0, -1.5, 2.0]], [[-3.0, -2.0, hole, 2.0]]]),
        k_weights=np.array([1.0]),
        occupations=np.array([[[1.0, 1, 1, 0]], [[1.0, 1, 0, 0]]]),
        fermi_level=(0.25, (-2.0 + hole) / 2),
        n_electrons=5.0,
    )


def test_channels_with_levels_of_their_own_share_the_one_that_fits_both():
    states = doublet(hole=-1.0)
    assert (states.homo, states.lumo) == (-1.5, -1.0)
    assert states.zero("fermi") == pytest.approx(-1.25)


def test_a_moment_that_fits_no_common_level_keeps_the_higher_one():
    states = doublet(hole=-1.8)  # below the highest filled state of the other channel
    assert states.zero("fermi") == pytest.approx(0.25)


def test_it_survives_plain_json():
    states = doublet(hole=-1.0)
    again = ElectronicStructure.from_dict(states.to_dict())
    np.testing.assert_array_equal(again.energies, states.energies)
    assert again.fermi_level == states.fermi_level
    assert again.zero("fermi") == states.zero("fermi")


def shared(occupations, fermi=-14.05, levels=(-14.224, -14.0665, -14.0663, -14.0638, -10.632)):
    """Spin-paired levels, those of a T3 dot of ZnS with charge +2 by GFN1-xTB unless given."""
    return ElectronicStructure(
        numbers=np.array([30]),
        energies=np.array([[levels]]),
        k_weights=np.array([1.0]),
        occupations=np.array([[occupations]], float),
        fermi_level=fermi,
        n_electrons=float(sum(occupations)),
        vacuum_level=0.0,
    )


@pytest.mark.parametrize(
    "occupations",
    [
        (2, 1.352, 1.348, 1.300, 0),  # four electrons in three levels: each more than half full
        (2, 0.70, 0.66, 0.64, 0),  # two: each less than half full
        (2, 1.68, 1.66, 1.66, 0),  # five
    ],
)
def test_degenerate_levels_that_share_electrons_leave_no_gap(occupations):
    states = shared(occupations)
    assert states.gap == 0.0
    assert states.gapless
    assert states.homo == pytest.approx(-14.066, abs=0.003)
    assert states.lumo == pytest.approx(-14.066, abs=0.003)
    assert "3 frontier levels within 0.1 eV hold" in states.no_gap
    assert states.no_gap in states.caveats  # so every figure made of them says it
    assert ElectronicStructure.from_dict(states.to_dict()).caveats == states.caveats
    assert states.zero("vbm") == states.zero("fermi") == -14.05


def test_two_electrons_in_two_equal_levels_leave_no_gap():
    """Singlet O2: each π* level is exactly half full, and the next level 8 eV above."""
    states = shared((2, 2, 1, 1, 0), fermi=-8.0, levels=(-15.0, -14.0, -8.0, -8.0, 0.0))
    assert states.gap == 0.0
    assert "2 frontier levels" in states.no_gap


def test_whole_levels_keep_their_gap_however_they_are_smeared():
    closed = shared((2, 2, 2, 2, 0))
    assert closed.gap == pytest.approx(-10.632 + 14.0638)
    assert not closed.no_gap
    # One level 0.101 eV below thirty: at 300 K the chemical potential that keeps two electrons lies
    # 3 meV below the lower level, which keeps 0.943 of them, less than half.
    smeared = shared((0.943, *[0.035233] * 30), fermi=-0.003, levels=(0.0, *[0.101] * 30))
    assert smeared.gap == pytest.approx(0.101)


def test_an_open_channel_of_two_leaves_no_gap():
    """Two electrons in three levels of the minority channel (the dot with charge +1)."""
    up, down = [-3.0, -1.003, -1.002, -1.001, 3.0], [-2.9, -0.803, -0.802, -0.801, 3.2]
    states = ElectronicStructure(
        numbers=np.array([30]),
        energies=np.array([[up], [down]]),
        k_weights=np.array([1.0]),
        occupations=np.array([[[1.0, 1, 1, 1, 0]], [[1.0, 0.67, 0.67, 0.66, 0]]]),
        fermi_level=(1.0, -0.78),
        n_electrons=7.0,
    )
    assert states.gap == 0.0
    assert "hold 0.67, 0.67, 0.66 electrons" in states.no_gap


def test_channels_that_cross_leave_no_gap():
    states = doublet(hole=-1.8)
    assert states.gap == 0.0
    assert "one spin channel (-1.80 eV) lies below" in states.no_gap
    assert states.zero("vbm") == states.zero("fermi") == states.edges[0] == 0.25  # as in a metal
    assert "energies from the VBM are from the Fermi level, 0.25 eV" in states.caveats[0]


def test_edges_without_a_gap_are_the_fermi_level_and_say_so():
    edges = band_edges(shared((2, 1.352, 1.348, 1.300, 0)))
    assert edges.vbm == edges.cbm == pytest.approx(-14.05)
    assert any("there is no gap: both edges are the Fermi level" in text for text in edges.caveats)
    for states in (shared((2, 1.352, 1.348, 1.300, 0)), doublet(hole=-1.8)):
        vbm, cbm = states.edges  # what tables say: a gap of 0 between edges 0.05 eV apart was said
        assert cbm - vbm == states.gap == 0.0
        assert vbm == states.zero("fermi")
    whole = doublet(hole=-0.2)
    assert whole.edges == (whole.homo, whole.lumo)
