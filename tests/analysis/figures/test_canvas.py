"""One signature for every figure: its data, ``ax`` or ``axes``, a caption; it never saves."""

import inspect
from importlib import import_module
from pkgutil import walk_packages

import numpy as np
import pytest
from ase.build import molecule
from matplotlib.figure import Figure
from tests.analysis.ramps import ramp

from heterodot import analysis
from heterodot.analysis import (
    BandEdges,
    FreeEnergyDiagram,
    Step,
    coordination_shells,
    density_of_states,
    picture,
    plot_bonding,
    plot_dos_difference,
    plot_free_energy,
    plot_pdos,
    plot_powder,
    plot_screening,
    plot_staircase,
    xrd_pattern,
)
from heterodot.analysis.figures.canvas import formerly_saved
from heterodot.errors import InputError
from heterodot.structures import crystal

DIAGRAM = FreeEnergyDiagram((Step("A", 0.0), Step("B", 1.0, 1)))
PAIRS = ({"a": (0.0, 0.1), "b": (0.2, 0.0)}, {"a": "promoted", "b": "control"}, [0.5], ("x", "y"))


def figure_functions():
    """Every function of analysis that draws a figure, by name."""
    found = {"picture": picture}
    for info in walk_packages(analysis.__path__, "heterodot.analysis."):
        module = import_module(info.name)
        for name, thing in vars(module).items():
            if name.startswith("plot_") and inspect.isfunction(thing):
                found[name] = thing
    return found


FIGURES = figure_functions()
PANELS = {"plot_phonons", "plot_thermodynamics", "plot_quasi_harmonic"}
"""Several panels that belong together: a figure of their own."""


def test_all_figures_are_looked_at():
    assert {name for name in analysis.__all__ if name.startswith("plot_")} <= set(FIGURES)
    assert len(FIGURES) == 37


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_takes_axes_and_a_caption_and_returns_the_figure(name):
    signature = inspect.signature(FIGURES[name])
    named = signature.parameters
    if name not in PANELS:
        (where,) = {"ax", "axes"} & set(named)
        assert named[where].default is None
    assert named["caption"].default == ""
    assert "path" not in named
    assert signature.return_annotation == "Figure"


def crystal_pattern():
    return {"ZnS": xrd_pattern(crystal("ZnS"), two_theta=(15, 65))}


@pytest.mark.parametrize(
    ("draw", "label"),
    [
        (lambda ax: plot_free_energy({"one": DIAGRAM}, ax=ax), "Free energy (eV)"),
        (
            lambda ax: plot_staircase({"one": BandEdges(-5.9, -4.2, "here")}, ax=ax),
            "Potential (V vs RHE, pH 7)",
        ),
        (lambda ax: plot_screening(*PAIRS, ax=ax), "E − lowest (eV), y"),
        (
            lambda ax: plot_powder([], crystal_pattern(), {"a": 28.5}, ax=ax),
            "Intensity (each to its maximum)",
        ),
        (
            lambda ax: coordination_shells(crystal("ZnS").repeat(2), "Zn").plot(ax=ax),
            "Neighbours per Zn (Å$^{-1}$)",
        ),
        (lambda ax: picture(molecule("H2O"), ax=ax, title="water"), ""),
    ],
)
def test_a_figure_is_drawn_where_it_is_told(draw, label):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert draw(right) is figure
    assert right.get_ylabel() == label
    assert right.has_data()
    assert right.get_legend() is not None or right.texts
    assert not left.has_data()
    assert not figure.texts  # the caption's place is not ours
    assert not figure.legends


def test_panels_are_drawn_where_they_are_told():
    es, _ = ramp()
    dos = density_of_states(es, reference="vbm")
    figure = Figure()
    panels = figure.subplots(2, 2).ravel()
    assert plot_dos_difference({"a": dos, "b": dos}, axes=panels[:2]) is figure
    assert np.ptp(panels[1].lines[0].get_ydata()) == pytest.approx(0)
    assert plot_pdos({"a": dos, "b": dos}, axes=panels[2:]) is figure
    assert panels[3].get_ylabel() == "Projected DOS (states/eV)"
    assert panels[2].get_legend() is not None
    with pytest.raises(InputError, match="axes: given 1, expected 2, one for each panel"):
        plot_pdos({"a": dos, "b": dos}, axes=panels[:1])


def test_a_figure_saves_by_the_old_keyword_and_says_how_now(tmp_path):
    with pytest.warns(DeprecationWarning, match=r"picture: .* save by save_figure\(figure, path\)"):
        figure = picture(molecule("H2O"), None, tmp_path / "water", 2.0)
    assert isinstance(figure, Figure)
    assert figure.get_figwidth() == 2.0
    assert {p.name for p in tmp_path.iterdir()} == {"water.png", "water.svg"}
    with pytest.warns(DeprecationWarning, match="save_figure"):
        plot_screening(*PAIRS, path=tmp_path / "all")
    assert (tmp_path / "all.svg").read_text().startswith("<?xml")


def test_too_many_arguments_are_pythons_own_error():
    @formerly_saved("path", "title")
    def plot(data, *, title=""):
        return data, title

    assert plot(1, title="b") == (1, "b")
    with pytest.warns(DeprecationWarning, match="save_figure"):
        assert plot(1, None, "b") == (1, "b")
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        plot(1, None, "b", 4)
    assert plot_bonding.__name__ == "plot_bonding"
