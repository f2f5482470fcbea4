from __future__ import annotations

import numpy as np
import pytest

from heterodot.analysis import ElectronicStructure


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
