"""Tables of the report: they sort as numbers, keep their daggers, and leave as CSV and TSV."""

import pytest
from tests.report.charts.conftest import page

from heterodot.report.tables import shown

TABLE = {
    "title": "CO2 on dots",
    "name": "adsorption",
    "columns": [{"name": "system"}, {"name": "E_ads (eV)", "digits": 2}, {"name": "site"}],
    "rows": [
        ["Type A", {"value": -0.125, "flags": ["physisorbed: no bond"]}, "Cu"],
        ["Type B", -1.5, "Zn"],
        ["=1+1", {"value": 10.25, "spread": 0.5}, None],
        ["Type D", None, "Cu"],
    ],
}

NAMES = "return [...document.querySelectorAll('tbody th')].map((cell) => cell.textContent)"


@pytest.fixture
def table(browser, tmp_path):
    path = tmp_path / "table.html"
    path.write_text(page([], [TABLE]))
    browser.get_log("browser")
    browser.get(path.as_uri())
    assert not browser.get_log("browser")
    return browser


@pytest.mark.browser
def test_a_column_sorts_by_its_numbers_and_empty_cells_stay_last(table):
    from selenium.webdriver.common.keys import Keys

    button = table.find_elements("css selector", "thead button")[1]
    button.send_keys(Keys.ENTER)  # by the keyboard
    assert table.execute_script(NAMES) == ["Type B", "Type A", "=1+1", "Type D"]
    heading = table.find_elements("css selector", "thead th")[1]
    assert heading.get_attribute("aria-sort") == "ascending"
    button.click()
    assert table.execute_script(NAMES) == ["=1+1", "Type A", "Type B", "Type D"]
    assert heading.get_attribute("aria-sort") == "descending"


@pytest.mark.browser
def test_files_have_plain_numbers_and_the_flags_in_words(table):
    mark = table.find_element("css selector", ".hd-dagger")
    assert (mark.text, mark.get_attribute("title")) == ("†", "physisorbed: no bond")
    script = "return document.querySelector('table').heterodot"
    text = table.execute_script(f"{script}.csvText()")
    assert text.splitlines() == [
        "system,E_ads (eV),site,flags",
        "Type A,-0.125,Cu,E_ads (eV): physisorbed: no bond",
        "Type B,-1.5,Zn,",
        "'=1+1,10.25,,",
        "Type D,,Cu,",
    ]
    tsv = table.execute_script(f"{script}.tsv()")
    assert tsv.splitlines()[1].split("\t")[:2] == ["Type A", "-0.125"]


def test_what_runs_over_orders_of_magnitude_has_an_exponent():
    assert shown(3.2e-9, "vacancy: D 300 K (cm²/s)") == "3.20e−09"
    assert shown(4.5e12, "k Eyring 300 K (1/s)") == "4.50e+12"
    assert shown(0.719, "barrier (eV)") == "0.719"
