"""Projected densities: what the page broadens is what Python broadens."""

import json

import numpy as np
import pytest
from ase.build import molecule

from heterodot.analysis import projected_dos
from heterodot.calculators import Level
from heterodot.report.charts import shared_charts
from heterodot.workflows import DBandCentre, ElectronicStructureRun

XTB = Level("gfn1-xtb")

BROADENED = """
const [data, label, energies, width, spin] = arguments;
const system = data.systems[0];
const curve = system.curves.find((one) => one.label === label);
return [...heterodot.broadened(system.bins, curve.spins[spin], energies, width)];
"""


@pytest.fixture(scope="module")
def water(runner):
    return ElectronicStructureRun(molecule("H2O"), XTB).run(runner)


@pytest.fixture(scope="module")
def radical(runner):
    atoms = molecule("OH")
    return ElectronicStructureRun(atoms, XTB).run(runner)


@pytest.mark.browser
def test_the_curve_is_that_of_python(shown, water, radical):
    for answer in (water, radical):
        (chart,) = shared_charts({"one": answer})
        json.dumps(chart, allow_nan=False)
        browser = shown([chart])
        energies = np.linspace(-6.0, 3.0, 91)
        expected = projected_dos(
            answer.electronic_structure, element="O", l="p", energies=energies, width=0.12,
            reference="vbm",
        )  # fmt: skip
        for spin, values in enumerate(expected.values):
            given = (chart, "O p", energies.tolist(), 0.12, spin)
            found = browser.execute_script(BROADENED, *given)
            assert found == pytest.approx(values, abs=0.01 * values.max())


@pytest.mark.browser
def test_a_range_is_chosen_by_dragging_and_by_keys(shown, water):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    (chart,) = shared_charts({"water": water})
    browser = shown([chart])
    window = "return document.querySelector('section').heterodot.window()"
    whole = browser.execute_script(window)
    assert whole[1] > water.electronic_structure.gap  # the gap is in sight, however wide
    drawing = browser.find_element("css selector", "svg")
    drag = ActionChains(browser).move_to_element_with_offset(drawing, -100, 0).click_and_hold()
    drag.move_by_offset(160, 0).release().perform()
    chosen = browser.execute_script(window)
    assert whole[0] < chosen[0] < chosen[1] < whole[1]
    assert "states/eV" in browser.find_element("css selector", ".hd-readout").text
    drawing.send_keys(Keys.ESCAPE)
    assert browser.execute_script(window) == whole
    drawing.send_keys("+")
    closer = browser.execute_script(window)
    assert closer[1] - closer[0] < whole[1] - whole[0]


@pytest.mark.browser
def test_toggles_levels_and_centres(shown, runner):
    answer = DBandCentre(molecule("H2O"), XTB, elements=("O",), l=1).run(runner)
    (chart,) = shared_charts({"water": answer})
    (centre,) = chart["systems"][0]["centres"]
    (moments,) = answer.marked_moments()
    assert centre["centre"] == moments.relative_to("vbm").centre
    browser = shown([chart])
    curves = "return document.querySelectorAll('.hd-curve').length"
    assert browser.execute_script(curves) == 1  # the band that was asked for
    texts = "return [...document.querySelectorAll('svg text')].map((t) => t.textContent)"
    drawn = browser.execute_script(texts)
    assert {"VBM", "EF", "CBM"} <= set(drawn)
    number = f"{centre['centre']:.2f}".replace("-", "−")
    assert any(text.startswith(f"O p {number}") for text in drawn)
    browser.execute_script("document.querySelector('.hd-legend button').click()")
    assert browser.execute_script(curves) == 0
    table = browser.execute_script("return document.querySelector('section').heterodot.csvText()")
    assert table.startswith("E - E_VBM (eV)")
