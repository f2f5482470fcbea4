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
from heterodot.analysis.defects.plot import plot_charge_states
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


def test_the_figure_marks_levels_inside_the_gap():
    states = [ChargeState(0, 2.0), ChargeState(-1, 3.5), ChargeState(1, 1.0)]
    axes = plot_charge_states({"Cl_i": states}, gap=1.2).axes[0]
    (dots,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert dots.get_xdata() == pytest.approx([1.0])  # ε(0/−) at 1.5 lies in the conduction band
    assert axes.get_xlim() == (0, 1.2)
    with pytest.raises(InputError, match="no defect"):
        plot_charge_states({}, gap=1.0)
