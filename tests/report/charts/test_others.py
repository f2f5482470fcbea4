"""The other charts: what they say is what the results hold."""

import json
from dataclasses import replace

import numpy as np
import pytest
from ase.build import molecule
from tests.analysis.densities import gaussians
from tests.workflows.conftest import copper

from heterodot.analysis.alignment.band_edges import BandEdges
from heterodot.analysis.alignment.redox import REDOX_LEVELS
from heterodot.calculators import Level
from heterodot.data.flags import Flag
from heterodot.report.charts import charts_of, shared_charts
from heterodot.report.charts.convergence import convergence_charts
from heterodot.report.charts.descriptor import descriptor_charts
from heterodot.workflows import (
    BandAlignment,
    ChargeTransfer,
    DBandCentre,
    Relax,
    Runner,
    Vibrations,
)
from heterodot.workflows.questions.band_alignment import BandAlignmentResult

EMT, XTB = Level("emt"), Level("gfn1-xtb")
LABEL = "return document.querySelector('svg').getAttribute('aria-label')"


def _texts(browser):
    script = "return [...document.querySelectorAll('svg text')].map((t) => t.textContent)"
    return browser.execute_script(script)


@pytest.mark.browser
def test_edges_and_redox_levels_on_every_scale(shown):
    oxide = BandEdges.from_potentials(2.7, -0.4, "RHE", source="as published")
    dot = BandEdges(-5.7, -3.9, "a level")
    states = _states()
    common = {
        "level": "a level", "work_functions": {"mean": 5.0}, "alignments": {}, "layered": None,
        "plateaus": {}, "electronic_structure": states, "structure": molecule("H2O"),
        "energy": 0.0, "scale": "NHE", "ph": 7.0,
    }  # fmt: skip
    flag = Flag("vacuum-not-flat", "the potential still changes")
    answers = {
        "dot": BandAlignmentResult(edges={"mean": dot}, flags=(flag,), **common),
        "oxide": BandAlignmentResult(edges={"mean": oxide}, **common),
    }
    (chart,) = shared_charts(answers)
    json.dumps(chart, allow_nan=False)
    browser = shown([chart])
    script = """
        const [data, at] = arguments;
        return [
          data.materials.map((m) => [m.vbm, m.cbm].map(
            (e) => heterodot.edgeOn(e, m.nernstian, at, data.constants))),
          data.redox.map((level) => heterodot.redoxOn(level, at, data.constants)),
        ];
    """
    for scale in ("vacuum", "NHE", "RHE"):
        for pH in (0.0, 7.0, 12.3):
            edges, levels = browser.execute_script(script, chart, {"scale": scale, "pH": pH})
            for found, edge in zip(edges, (dot, oxide), strict=True):
                assert found == pytest.approx(edge.on(scale, pH), abs=1e-9)
            assert levels == pytest.approx([r.potential(scale, pH) for r in REDOX_LEVELS])
    assert "1.26†" in _texts(browser)
    dashed = browser.find_elements("css selector", ".hd-plateau[stroke-dasharray]")
    assert len(dashed) == 2  # both edges of the one that is flagged


def _states():
    from heterodot.data.electronic_structure import ElectronicStructure

    energies = np.array([[[-6.0, -4.0]]])
    return ElectronicStructure(
        np.array([1]), energies, np.ones(1), np.array([[[2.0, 0.0]]]), -5.0, 2.0
    )


@pytest.mark.browser
def test_the_sides_of_an_interface(shown, runner):
    atoms = molecule("H2O") + molecule("H2O")
    atoms.positions[3:] += [0, 0, 3.0]
    atoms.set_array("domain", np.array(["A"] * 3 + ["B"] * 3))
    atoms.set_array("layer", np.repeat([0, 1], 3))
    answer = BandAlignment(atoms, XTB).run(runner)
    (chart,) = charts_of(answer, "dimer")
    browser = shown([chart])
    found = answer.alignments["layers"]
    number = f"{found.valence_offset:+.2f}".replace("-", "−")
    assert any(number in text for text in _texts(browser))
    assert found.statement() in browser.execute_script(LABEL)


@pytest.mark.browser
def test_a_spectrum_is_that_of_python(shown, runner):
    answer = Vibrations(molecule("CO2"), XTB).run(runner)
    (chart,) = charts_of(answer, "CO2")
    assert chart["infrared"]
    browser = shown([chart])
    places = np.linspace(300.0, 2800.0, 26)
    script = "return arguments[1].map((nu) => heterodot.absorption(arguments[0], nu, 20))"
    modes = chart["systems"][0]["modes"]
    found = browser.execute_script(script, modes, places.tolist())
    assert found == pytest.approx(answer.spectrum().curve(places, 20.0), rel=1e-9)
    assert any("(×2)" in text for text in _texts(browser))  # both bends, named once


@pytest.mark.browser
def test_charge_transfer_by_partition_and_along_the_axis(shown, runner):
    atoms = molecule("H2O") + molecule("H2O")
    atoms.positions[3:] += [0, 0, 3.0]
    answer = ChargeTransfer(atoms, XTB, fragments=((0, 1, 2), (3, 4, 5))).run(runner)
    cell = np.diag([6.0, 6.0, 9.0])
    one = gaussians((8, 8, 30), cell, [[0.5, 0.5, 0.4]], [8.0], [0.7])
    two = gaussians((8, 8, 30), cell, [[0.5, 0.5, 0.45]], [8.0], [0.7])
    moved = replace(two, values=two.values - one.values, kind="difference")
    fragments = {name: [0] for name in answer.fragments}
    density = {"difference": moved, "profile": moved.plane_average(2), "fragments": fragments}
    gained, profile = charts_of(replace(answer, **density), "dimer")
    browser = shown([gained, profile])
    name, found = next(iter(answer.transfers.items()))
    number = f"{found['Mulliken'].electrons_gained:+.3f}".replace("-", "−")
    assert f"{number} Mulliken" in _texts(browser)
    label = browser.execute_script(LABEL)
    assert f"{name}: {number} Mulliken" in label
    script = "return document.querySelectorAll('section')[1].heterodot.csvText()"
    assert browser.execute_script(script).count("\n") == 1 + 30
    between = moved.average_along(np.array([0.0, 0.0, -1.0]), moved.positions[0])
    _, tilted = charts_of(replace(answer, **{**density, "profile": between}), "dimer")
    assert "axis" not in tilted
    assert "between the fragments" in tilted["along"]
    assert tilted["atoms"][0]["places"] == [0.0]


@pytest.mark.browser
def test_every_relaxation_with_its_criterion(shown, tmp_path):
    with Runner(tmp_path / "store", executor="serial") as runner:
        tasks = [
            Relax(copper(seed=1), EMT, 0.05, 100, label="loose relax"),
            Relax(copper(seed=2), EMT, 0.01, 2, label="two steps relax"),
        ]
        done, stopped = runner.gather(tasks)
        (chart,) = convergence_charts(runner.store)
    first, second = chart["runs"]
    assert (first["name"], first["converged"]) == ("two steps relax", False)
    assert second["forces"] == pytest.approx(done.forces, rel=1e-3)
    assert second["final"] == done.energy
    assert "not converged: two steps relax" in chart["caption"]
    browser = shown([chart])
    assert {"0.05 eV/Å", "0.01 eV/Å"} <= set(_texts(browser))
    assert "two steps relax: 2 geometries" in browser.execute_script(LABEL)
    assert not stopped.converged


@pytest.mark.browser
def test_a_descriptor_needs_three_systems(shown, runner, reduction):
    water = DBandCentre(molecule("H2O"), XTB, elements=("O",), l=1).run(runner)
    both = {"bands": water, "reduction": reduction()}
    assert descriptor_charts({"emt": {"a": both, "b": both}}) == []
    (chart,) = descriptor_charts({"emt": {"a": both, "b": both, "c": both}})
    assert "VBM" in chart["x_names"][0]
    browser = shown([chart])
    energy = f"{reduction().adsorption_energies['CO2']:.2f}".replace("-", "−")
    assert energy in browser.execute_script(LABEL)


@pytest.mark.browser
def test_hostile_names_are_only_text(shown, reduction):
    name = "</script><img src=x onerror=\"document.title='hurt'\">: <b>"
    (chart,) = charts_of(reduction(), name)
    browser = shown([chart], [{"title": name, "columns": [{"name": name}], "rows": [[name]]}])
    assert browser.title == "charts"
    assert name in browser.find_element("css selector", "td, tbody th").text
