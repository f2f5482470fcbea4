"""The diagram that moves has what Python has, at any potential, pH and temperature."""

import json
from dataclasses import replace

import pytest

from heterodot.analysis.thermo.gas_references import OCO_BACKBONE
from heterodot.data.committee import CommitteeEnergy
from heterodot.data.flags import Flag
from heterodot.report.charts import charts_of, shared_charts

CONDITIONS = [(0.0, 0.0), (-0.73, 6.8), (0.4, 13.0)]
"""U (V) and pH."""

MOVED = """
const [data, at] = arguments;
return data.systems.map((system) => heterodot.thermo.pathway(system, data, at));
"""


def _moved(browser, chart, U, pH, T, scale="SHE"):
    at = {"U": U, "pH": pH, "T": T, "scale": scale}
    return browser.execute_script(MOVED, chart, at)


@pytest.mark.browser
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"thermal": "harmonic", "gas_correction": next(iter(OCO_BACKBONE))},
        {"gas_reference": "experiment"},
        {"gas_reference": "experiment", "anchored_gas": "CO2", "pressures": {"CO2": 2e4}},
    ],
)
def test_javascript_has_the_levels_of_python(shown, reduction, options):
    (chart,) = charts_of(reduction(**options), "Cu13")
    json.dumps(chart, allow_nan=False)
    browser = shown([chart])
    for T, answer in (
        (298.15, reduction(**options)),
        (389.0, reduction(temperature=389.0, **options)),
    ):
        for U, pH in CONDITIONS:
            expected = answer.diagram.at(U=U, pH=pH, scale="SHE")
            (found,) = _moved(browser, chart, U, pH, T)
            assert found["levels"] == pytest.approx(expected.levels.tolist(), abs=1e-6)
            assert found["U_L"] == pytest.approx(expected.limiting_potential, abs=1e-6)
            assert found["U_eq"] == pytest.approx(expected.equilibrium_potential, abs=1e-6)
            assert found["eta"] == pytest.approx(expected.overpotential, abs=1e-6)
            assert found["measured"] == pytest.approx(expected.measured_equilibrium, abs=1e-6)
            assert found["limiting"]["index"] == expected.limiting_step.index
        against = answer.diagram.at(U=-0.5, scale="RHE")
        (found,) = _moved(browser, chart, -0.5, 9.0, T, "RHE")
        assert found["levels"] == pytest.approx(against.levels.tolist(), abs=1e-6)


def _committee(result, spread):
    """The result as if two potentials had given it that are apart by ``spread`` on COOH*."""
    steps = []
    for step in result.diagram.steps:
        half = spread / 2 if step.label == "COOH*" else 0.0
        members = {"a": step.gibbs - half, "b": step.gibbs + half}
        steps.append(replace(step, gibbs=CommitteeEnergy.of(members)))
    return replace(result, diagram=replace(result.diagram, steps=tuple(steps)))


@pytest.mark.browser
def test_bands_are_the_spread_of_the_members(shown, reduction):
    answer = _committee(reduction(), 0.3)
    (chart,) = charts_of(answer, "Cu13")
    browser = shown([chart])
    (found,) = _moved(browser, chart, -0.4, 0.0, 298.15, "RHE")
    expected = answer.diagram.at(U=-0.4)
    assert found["spreads"] == pytest.approx(expected.spreads, abs=1e-9)
    assert found["U_L_spread"] == pytest.approx(expected.limiting_potential.spread, abs=1e-6)
    assert browser.execute_script("return document.querySelectorAll('.hd-band').length") == 1
    assert "standard deviation of 2 members" in chart["caption"]


@pytest.mark.browser
def test_sliders_move_the_levels_and_flags_are_dashed(shown, reduction):
    answer = reduction()
    flag = Flag("physisorbed", "COOH*: no bond to the dot")
    steps = [replace(s, flags=(flag,) if s.label == "COOH*" else ()) for s in answer.diagram.steps]
    doubted = replace(answer, diagram=replace(answer.diagram, steps=tuple(steps)))
    clear = replace(
        answer, diagram=replace(answer.diagram, steps=tuple(replace(s, flags=()) for s in steps))
    )
    (chart,) = shared_charts({"V_Cu': one": doubted, "two": clear})
    browser = shown([chart])
    look = "return document.querySelector('svg').getAttribute('aria-label')"
    before = browser.execute_script(look)
    assert "COOH* " in before
    assert "flagged" in before
    browser.execute_script("""
        const slider = document.querySelector('input[type=range]');
        slider.value = -1;
        slider.dispatchEvent(new Event('input'));
    """)
    after = browser.execute_script(look)
    assert "At U = −1.00 V vs RHE" in after
    assert after != before
    plateaus = "return [...document.querySelectorAll('.hd-plateau[stroke-dasharray]')].length"
    assert browser.execute_script(plateaus) == 1  # COOH* of the system that is flagged there
    legend = browser.execute_script(
        "return [...document.querySelectorAll('.hd-legend button')].map((b) => b.textContent)"
    )
    limiting = doubted.diagram.limiting_step
    marked = "†" if doubted.diagram.change_flags(limiting) else " V ·"
    assert marked in legend[0]
    assert "†" not in legend[1]
    # the gas all systems share stands once, and a system that is switched off is not drawn
    texts = "return [...document.querySelectorAll('svg text')].map((t) => t.textContent)"
    last = f"{answer.diagram.at(U=-1.0).levels[-1]:.2f}".replace("-", "−")
    assert browser.execute_script(texts).count(last) == 1
    drawn = "return document.querySelectorAll('.hd-plateau:not(.hd-common)').length"
    both = browser.execute_script(drawn)
    browser.execute_script("document.querySelectorAll('.hd-legend button')[1].click()")
    assert browser.execute_script(drawn) == both // 2
    text = browser.execute_script("return document.querySelector('section').heterodot.svgText()")
    assert text.startswith("<svg")
    assert "var(" not in text
    assert "U = −1.00 V vs RHE" in text  # the conditions, which the page says beside the drawing
    table = browser.execute_script("return document.querySelector('section').heterodot.csvText()")
    assert table.count("\n") == 1 + 2 * len(steps)


def test_vibrations_that_are_not_those_of_g_give_no_slider(reduction):
    """As of a result whose G was corrected outside: better no slider than a wrong one."""
    answer = reduction()
    state = answer.states["COOH"]
    other = replace(state.free_energy, zpe=state.free_energy.zpe + 0.01)
    states = {**answer.states, "COOH": replace(state, free_energy=other)}
    (chart,) = charts_of(replace(answer, states=states))
    assert chart["ranges"]["T"] is None
    assert "COOH*" in chart["fixed_T"]
