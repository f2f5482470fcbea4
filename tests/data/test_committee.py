"""An energy of a committee: differences are formed member by member."""

import pickle

import numpy as np
import pytest

from heterodot.data.committee import (
    POTENTIALS_DISAGREE,
    CommitteeEnergy,
    disagreement,
    disagreement_limit,
    energy_of,
    members_of,
)
from heterodot.data.flags import Marked
from heterodot.errors import InputError

WHOLE = CommitteeEnergy.of({"a": -10.0, "b": -13.0, "c": -11.5})
PART = CommitteeEnergy.of({"a": -9.0, "b": -12.2, "c": -10.4})


def test_it_is_the_mean_and_its_spread_has_one_degree_of_freedom_less():
    assert pytest.approx(-11.5) == WHOLE
    assert WHOLE.spread == pytest.approx(np.std([-10.0, -13.0, -11.5], ddof=1))


def test_what_the_members_share_cancels_in_a_difference():
    difference = WHOLE - PART
    assert members_of(difference) == pytest.approx({"a": -1.0, "b": -0.8, "c": -1.1})
    assert difference.spread == pytest.approx(np.std([-1.0, -0.8, -1.1], ddof=1))
    assert difference.spread < WHOLE.spread / 5


@pytest.mark.parametrize(
    ("made", "of_a"),
    [
        (WHOLE + 1, -9.0),
        (1 - WHOLE, 11.0),
        (-0.5 * WHOLE, 5.0),
        (WHOLE * 2, -20.0),
        (WHOLE / 4, -2.5),
        (-WHOLE, 10.0),
        (sum((n * e for n, e in ((1, WHOLE), (-1, PART))), 0.0), -1.0),
    ],
)
def test_sums_and_multiples_are_formed_member_by_member(made, of_a):
    assert made.members["a"] == pytest.approx(of_a)
    assert float(made) == pytest.approx(np.mean(list(made.members.values())))


def test_it_survives_another_process():
    back = pickle.loads(pickle.dumps(WHOLE))
    assert (float(back), back.members) == (float(WHOLE), WHOLE.members)


def test_two_committees_are_not_mixed():
    with pytest.raises(InputError, match="two committees"):
        WHOLE - CommitteeEnergy.of({"a": 1.0, "d": 2.0})
    with pytest.raises(InputError, match="two or more"):
        CommitteeEnergy.of({"a": 1.0})
    assert energy_of(1.0, None) == 1.0
    assert not members_of(energy_of(1.0, {}))


def test_it_is_printed_with_its_spread():
    assert f"{Marked(WHOLE - PART):+.3f}" == "-0.967 ± 0.153"
    assert f"{Marked(-1.0):+.3f}" == "-1.000"


def test_a_difference_is_flagged_where_the_members_disagree():
    calm = CommitteeEnergy.of({"a": 0.0, "b": disagreement_limit()})
    assert not disagreement("ΔE", calm)
    assert not disagreement("ΔE", 5.0)
    (flag,) = disagreement("ΔE", CommitteeEnergy.of({"a": 0.0, "b": 3 * disagreement_limit()}))
    assert flag.name == POTENTIALS_DISAGREE
    far, spread = 3 * disagreement_limit(), 3 * disagreement_limit() / 2**0.5
    said = f"ΔE: from 0.00 eV (a) to {far:.2f} eV (b), spread {spread:.2f} eV"
    assert flag.message.startswith(said)
