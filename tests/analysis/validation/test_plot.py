"""The page of plots: one panel a quantity, every level a line."""

import pytest

from heterodot.analysis.validation.plot import plot_validation
from heterodot.data.validation.measured import Answer, LevelRecord, Measured, Quantity
from heterodot.errors import InputError


def test_a_panel_for_each_quantity_with_right_values():
    quantities = {
        "one": Quantity("one", "eV", reference={"a": 1.0}),
        "two": Quantity("two", "Å", reference={"a": 2.0}, relative=True),
        "cost": Quantity("cost", "s"),
    }
    record = LevelRecord(
        "EMT", "emt", {}, {},
        answers={"one": Answer({"a": 1.5}), "two": Answer({"a": 2.1}), "cost": Answer({"x": 1.0})},
    )  # fmt: skip
    figure = plot_validation(Measured(quantities, (record,)))
    assert [axes.get_title() for axes in figure.axes] == ["one", "two"]
    assert figure.axes[1].get_xlabel() == "error (%)"
    (dots,) = [line for line in figure.axes[1].lines if line.get_marker() == "o"]
    assert dots.get_xdata()[0] == pytest.approx(5.0)
    with pytest.raises(InputError, match="nothing to draw"):
        plot_validation(Measured(quantities, ()))
