"""What can be drawn by its own method is drawn as by a figure function: where told, captioned."""

import inspect
from importlib import import_module
from pkgutil import walk_packages

import pytest
from ase import Atoms
from matplotlib.figure import Figure
from tests.workflows.parts.test_marks import GFN1, path

import heterodot
from heterodot.structures import metal_cluster
from heterodot.workflows import DBandCentre, ElectronicStructureRun, Runner


def drawing_methods():
    """Every method ``plot`` or ``picture`` of a class of the package, by class and name."""
    found = {}
    for info in walk_packages(heterodot.__path__, "heterodot."):
        if info.name.endswith("__main__"):
            continue
        for thing in vars(import_module(info.name)).values():
            if not inspect.isclass(thing) or not thing.__module__.startswith("heterodot."):
                continue
            for name in {"plot", "picture"} & set(vars(thing)):
                found[f"{thing.__qualname__}.{name}"] = vars(thing)[name]
    return found


METHODS = drawing_methods()
PANELS = {"ElectronTransferResult.plot", "GapFluctuationResult.plot"}
"""Several panels that belong together: a figure of their own."""


def test_the_methods_are_found():
    assert {
        "ElectronicStructureResult.plot", "DBandCentreResult.plot", "BandAlignmentResult.plot",
        "BondingResult.plot", "BondCurves.plot", "FreeEnergyDiagram.plot", "Reflections.plot",
        "ReactionFreeEnergyResult.plot", "ChargeTransferResult.picture",
    } <= set(METHODS)  # fmt: skip


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_that_draws_takes_axes_and_a_caption_and_returns_the_figure(name):
    signature = inspect.signature(METHODS[name])
    named = signature.parameters
    if name not in PANELS:
        (where,) = {"ax", "axes"} & set(named)
        assert named[where].default is None
    assert named["caption"].default == ""
    assert signature.return_annotation == "Figure"


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with Runner(tmp_path_factory.mktemp("store"), executor="serial") as runner:
        yield runner


def test_results_are_drawn_into_the_axes_of_a_given_figure(runner):
    states = ElectronicStructureRun(Atoms("H2", [[0, 0, 0], [0, 0, 0.74]]), GFN1).run(runner)
    figure = Figure()
    left, middle, right = figure.subplots(1, 3)
    assert states.plot("hydrogen", ax=left, caption="not here") is figure
    assert path().plot(ax=right, caption="not here") is figure
    assert left.get_ylabel() == "Projected DOS (states/eV)"
    assert left.get_title(loc="left").startswith("hydrogen")
    assert right.get_ylabel() == "Free energy (eV)"
    assert left.has_data()
    assert right.has_data()
    assert not middle.has_data()
    assert not figure.texts  # the caption's place is not ours


def test_the_callers_caption_comes_before_that_of_the_result(runner):
    result = DBandCentre(metal_cluster("Cu", 2), GFN1).run(runner)
    own = " ".join(result.plot().texts[0].get_text().split())
    both = " ".join(result.plot(caption="Two atoms").texts[0].get_text().split())
    assert both.startswith("Two atoms. ")
    assert both.removeprefix("Two atoms. ") == own
    (axes,) = Figure().subplots(1, 1, squeeze=False).ravel()
    assert result.plot(ax=axes) is axes.get_figure()
    assert axes.has_data()
