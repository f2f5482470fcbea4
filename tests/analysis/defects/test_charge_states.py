"""Which charges are stable where, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from heterodot.analysis.defects.charge_states import (
    ChargeState,
    Transition,
    lowest,
    stable_charges,
    transitions,
)
from heterodot.errors import InputError


def test_levels_are_where_lines_cross():
    # +1: 1 + E; 0: 2; −1: 3.5 − E: ε(+/0) = 1, ε(0/−) = 1.5
    states = [ChargeState(0, 2.0), ChargeState(-1, 3.5), ChargeState(1, 1.0)]
    assert transitions(states) == [Transition(1, 0, 1.0), Transition(0, -1, 1.5)]
    assert str(transitions(states)[0]) == "ε(+1/0)"
    assert lowest(states, np.array([0.0, 1.2, 2.0])) == pytest.approx([1.0, 2.0, 1.5])


def test_negative_u_leaves_the_neutral_one_out():
    states = [ChargeState(1, 1.0), ChargeState(0, 2.0), ChargeState(-1, 2.4)]
    assert [one.charge for one in stable_charges(states)] == [1, -1]
    assert transitions(states)[0].level == pytest.approx(0.7)
    with pytest.raises(InputError, match="each once"):
        stable_charges([ChargeState(0, 1.0), ChargeState(0, 2.0)])
