"""The page of a small study that EMT answers, half of which fails; looked at in Chromium."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.cluster import Octahedron
from ase.io import write
from typer.testing import CliRunner

from heterodot.cli.app import app
from heterodot.data.density import GridDensity
from heterodot.data.movies import Movie
from heterodot.errors import CalculationError, InputError
from heterodot.report import motion, report_page, structures, volumes, write_report
from heterodot.report.contents import Contents
from heterodot.report.page import as_json
from heterodot.report.stored import stored_answers, study_of
from heterodot.report.tasks import Tasks
from heterodot.workflows import Relax
from heterodot.workflows.study import Study, StudyResult

HOSTILE = '</script><img src=x onerror="window.hurt=1"><!-- &'
STUDY = f"""\
heterodot: 1
title: {json.dumps("CO on copper " + HOSTILE)}
systems:
  cluster:
    label: {json.dumps("Cu13 " + HOSTILE)}
    file: cluster.xyz
    site: 0
  other:
    file: cluster.xyz
    site: 3
levels:
  emt: {{code: emt}}
questions:
  - adsorption: {{adsorbate: CO, n_starts: 1, steps: 60, fmax: 0.1}}
  - vibrations: {{indices: [0], fmax: 0.1}}
    systems: cluster
published:
  - {{system: cluster, question: adsorption, values: {{E_ads (eV): -0.5}}, source: {json.dumps(HOSTILE)}}}
workers: 1
"""  # noqa: E501 - a line of the study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    atoms = Octahedron("Cu", 3, cutoff=1)
    atoms.rattle(0.05, seed=1)
    write(folder / "cluster.xyz", atoms, format="extxyz")
    (folder / "study.yaml").write_text(STUDY)
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> StudyResult:
    """The study, its second system's relaxations failed."""
    compute = Relax.compute

    def computed(task: Relax, directory: Path) -> Any:
        if task.label.startswith("other"):
            raise CalculationError(f"{task.label}: the code failed <b>badly</b>")
        return compute(task, directory)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Relax, "compute", computed)
        return Study.load(folder / "study.yaml").run(executor="serial")


@pytest.fixture(scope="module")
def path(result: StudyResult) -> Path:
    return write_report(result, STUDY)


def without_data(page: str) -> str:
    """The page without its scripts and styles, and the files to be taken from it."""
    return re.sub(r"<(script|style|template)\b.*?</\1>", "", page, flags=re.DOTALL)


def test_the_page_loads_nothing_and_runs_no_text_of_a_study(path):
    page = path.read_text()
    shown = without_data(page)
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "&lt;img src=x onerror=" in shown
    assert not re.search(r"""(?:src|href)=["']?(?:https?:|//)""", shown)
    data = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert len(data) == 2
    for text in data:
        assert not set("<>&\u2028") & set(text)
        json.loads(text)


def test_json_keeps_what_it_holds():
    value = {f"{HOSTILE}\u2028": [1.5, float("nan"), np.arange(2)]}
    assert json.loads(as_json(value)) == {f"{HOSTILE}\u2028": [1.5, None, [0, 1]]}


def test_numbers_stand_beside_what_was_published(path, result):
    text = re.sub(r"<[^>]+>", " ", without_data(path.read_text()))
    ours = result.results["cluster/adsorption"].energy
    assert f"{ours:.3f}".replace("-", "−") in text
    assert f"{ours + 0.5:.3f}".replace("-", "−") in text


def test_a_failure_is_said_where_its_number_would_stand(path):
    text = re.sub(r"<[^>]+>", "", without_data(path.read_text()))
    assert "2 of 3" in text
    assert "other: not answered." in text
    assert "the code failed &lt;b&gt;badly&lt;/b&gt;" in text


def test_the_ledger_names_the_task_of_each_energy(path, result):
    text = re.sub(r"<[^>]+>", " ", without_data(path.read_text()))
    energies = result.results["cluster/adsorption"].energies
    ledger = text[text.index("Ledger of references", text.index("What was subtracted") - 99) :]
    for energy in energies.values():
        assert f"{energy:.4f}".replace("-", "−") in ledger
    assert re.search(r"cluster clean relax\s+[0-9a-f]{12}", ledger)
    assert re.search(r"CO gas relax\s+[0-9a-f]{12}", ledger)


def test_the_store_answers_again_and_calculates_nothing(folder, path, result, monkeypatch):
    monkeypatch.setattr(Relax, "compute", None)
    again = stored_answers(Study.load(folder / "study.yaml"), result.folder)
    assert again.n_computed == 0
    assert set(again.errors) == set(result.errors)
    assert "the code failed" in str(again.errors["other/adsorption"])
    of_folder = stored_answers(study_of(result.folder), result.folder)
    for one in (again, of_folder):
        assert one.results["cluster/adsorption"].energy == pytest.approx(
            result.results["cluster/adsorption"].energy, abs=1e-12
        )
        shown = without_data(without_time(report_page(one, STUDY)))
        assert shown == without_data(without_time(path.read_text()))


def test_a_long_movie_is_thinned_and_keeps_its_ends():
    frames = [Atoms("Cu50", np.full((50, 3), float(n))) for n in range(1000)]
    found = motion.film(Movie(frames))
    assert (found["total"], found["numbers"][0], found["numbers"][-1]) == (1000, 0, 999)
    assert sum(map(len, found["positions"])) <= motion.MOST
    assert set(np.diff(found["numbers"])) <= {2, 3}


def test_a_result_that_has_a_movie_has_it_in_its_page(result):
    class WithMovie(type(result.results["cluster/vibrations"])):
        @property
        def movies(self):
            return {"away": Movie([self.structure, self.structure])}

    answer = result.results["cluster/vibrations"]
    one = WithMovie(**{f.name: getattr(answer, f.name) for f in fields(answer)})
    outcome = replace(result.outcomes["cluster/vibrations"], result=one)
    shown = replace(result, outcomes={**result.outcomes, "cluster/vibrations": outcome})
    view = next(v for v in Contents(shown, Tasks(None, shown.keys)).views if "film" in v.data)
    assert view.title == "away"
    assert view.data["film"]["bonds"][1] is None


def without_time(page: str) -> str:
    return re.sub(r"Written by heterodot [^<]*", "", page)


def test_the_command_writes_it_and_says_where(folder, path, tmp_path):
    there = tmp_path / "page.html"
    result = CliRunner().invoke(app, ["report", str(folder / "study-results"), "-o", str(there)])
    assert result.stdout.strip() == str(there)
    assert without_data(without_time(there.read_text())) == without_data(
        without_time(path.read_text())
    )


def test_a_folder_without_results_is_refused_in_one_line(folder, tmp_path):
    for given in (tmp_path, folder):
        with pytest.raises(InputError, match=r"no \.study\.yaml in it, expected results"):
            CliRunner().invoke(app, ["report", str(given)], catch_exceptions=False)


@pytest.fixture(scope="module")
def page(browser, path):
    """The page, opened from its file."""
    browser.set_window_size(1400, 1000)
    browser.set_script_timeout(120)
    browser.get_log("browser")
    browser.get(path.as_uri())
    return browser


@pytest.fixture(scope="module")
def stage(page):
    """The first stage, in view and drawn."""
    stage = page.find_element("css selector", ".stage")
    show(page, stage)
    wait(page, "return Boolean(heterodot.stages.all[0].viewer)")
    return stage


def show(driver: Any, element: Any) -> None:
    place = "{block: 'center', behavior: 'instant'}"
    driver.execute_script(f"arguments[0].scrollIntoView({place})", element)


@pytest.mark.browser
class TestInTheBrowser:
    """Opened from its file in a headless Chromium."""

    def test_no_error_and_no_hostile_text_runs(self, page):
        for y in range(0, page.execute_script("return document.body.scrollHeight"), 800):
            page.execute_script(f"scrollTo({{top: {y}, behavior: 'instant'}})")
            time.sleep(0.2)
        assert page.execute_script("return window.hurt") is None
        assert page.find_elements("css selector", "img") == []
        assert [e for e in page.get_log("browser") if e["level"] == "SEVERE"] == []
        assert HOSTILE in page.find_element("css selector", "h1").text

    def test_the_page_is_as_wide_as_its_window(self, page):
        for width in (1400, 420):
            page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen(width))
            wide = page.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def test_atoms_are_drawn(self, page, stage):
        assert drawn_share(page) > 0.01

    def test_surfaces_of_a_field_are_drawn(self, page, stage):
        atoms = Octahedron("Cu", 3, cutoff=1)
        grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 24)] * 3, indexing="ij"))
        values = np.exp(-4 * (grid**2).sum(0)) * grid[0]
        field = GridDensity(values, np.eye(3) * 12, atoms.numbers, atoms.positions)
        before = drawn_share(page)
        page.execute_script(
            """const stage = heterodot.stages.all[0];
            stage.data.fields = [arguments[0]];
            stage.show(stage.key);""",
            volumes.drawn("difference", field, atoms),
        )
        assert drawn_share(page) > before
        assert "difference" in stage.find_element("css selector", "output").text
        page.execute_script(
            "const [s] = heterodot.stages.all; delete s.data.fields; s.show(s.key);"
        )
        assert drawn_share(page) == pytest.approx(before, abs=0.01)

    def test_an_atom_that_is_clicked_says_what_it_is(self, page, stage):
        canvas = stage.find_element("css selector", ".canvas")
        place = page.execute_script(
            """const stage = heterodot.stages.all[0];
            const at = stage.model.selectedAtoms({index: 0})[0];
            const seen = stage.viewer.modelToScreen(at);
            const box = stage.canvas.getBoundingClientRect();
            return [seen.x - scrollX - box.left, seen.y - scrollY - box.top,
                    box.width, box.height];"""
        )
        from selenium.webdriver import ActionChains

        x, y, width, height = place
        ActionChains(page).move_to_element_with_offset(
            canvas, round(x - width / 2), round(y - height / 2)
        ).click().perform()
        wait(page, "return document.querySelector('.picked').textContent.length > 0")
        said = stage.find_element("css selector", ".picked").text
        assert "Cu" in said
        assert "coordination" in said
        picked = page.execute_script(
            "return Number(document.querySelector('.picked').dataset.atom)"
        )
        assert picked == 0
        assert "the site" in said

    def test_another_geometry_and_the_keyboard(self, page, stage):
        canvas = stage.find_element("css selector", ".canvas")
        before = page.execute_script("return heterodot.stages.all[0].viewer.getView()")
        canvas.send_keys("\ue014")  # the right arrow
        assert page.execute_script("return heterodot.stages.all[0].viewer.getView()") != before
        tabs = stage.find_elements("css selector", ".tabs button")
        adsorbed = next(tab for tab in tabs if "adsorbed" in tab.text)
        adsorbed.click()
        assert adsorbed.get_attribute("aria-pressed") == "true"
        atoms = "return heterodot.stages.all[0].model.selectedAtoms({}).length"
        assert page.execute_script(atoms) == 15
        tabs[0].click()

    def test_a_vibration_plays(self, page, stage):
        tabs = stage.find_elements("css selector", ".tabs button")
        page.execute_script(
            """const stage = heterodot.stages.all[0];
            const { structures } = heterodot.stages;
            stage.tabs.find((tab) => structures[tab.dataset.view].vibrations).click();"""
        )
        play = next(
            b for b in stage.find_elements("css selector", ".controls button") if b.text == "Play"
        )
        where = """const [atom] = heterodot.stages.all[0].model.selectedAtoms({index: 0});
            return [atom.x, atom.y, atom.z];"""
        rest = page.execute_script(where)
        play.click()
        wait(
            page,
            f"""const now = (() => {{ {where} }})();
            return Math.hypot(...now.map((x, i) => x - {rest}[i])) > 0.05;""",
        )
        play.click()
        assert page.execute_script(where) == pytest.approx(rest)
        tabs[0].click()

    def test_a_path_plays_and_its_bonds_follow(self, page, stage):
        away = [Atoms("CuCO", [[0, 0, 0], [0, 0, z], [0, 0, z + 1.15]]) for z in (1.9, 2.6, 4.0)]
        movie = Movie(away, [f"{n} Å" for n in (1.9, 2.6, 4.0)], swings=True)
        page.execute_script(
            """const stage = heterodot.stages.all[0];
            window.kept = heterodot.stages.structures[stage.key];
            heterodot.stages.structures[stage.key] = {...arguments[0], film: arguments[1]};
            stage.show(stage.key);""",
            structures.drawn(away[0]), motion.film(movie),
        )  # fmt: skip
        slider = stage.find_element("css selector", "input[aria-label=Frame]")
        output = stage.find_element("css selector", "output")
        atom = "const [a] = heterodot.stages.all[0].model.selectedAtoms({index: 1});"
        bonds = f"{atom} return a.bonds.slice().sort();"
        assert output.text == "1.9 Å"
        assert page.execute_script(bonds) == [0, 2]
        slider.send_keys("\ue014\ue014")  # the right arrow, twice
        assert output.text == "4.0 Å"
        assert page.execute_script(f"{atom} return a.z;") == 4.0
        assert page.execute_script(bonds) == [2]
        play = next(
            b for b in stage.find_elements("css selector", ".controls button") if b.text == "Play"
        )
        play.click()
        wait(page, f"{atom} return a.z < 3.5 && a.z > 1.9;")
        play.click()
        page.execute_script(
            """const stage = heterodot.stages.all[0];
            heterodot.stages.structures[stage.key] = window.kept;
            stage.show(stage.key);"""
        )

    def test_a_table_sorts_and_the_theme_changes(self, page):
        heads = page.find_elements("css selector", "table[data-name=relaxations] thead button")
        head = next(h for h in heads if "geometries" in h.text)
        show(page, head)
        head.click()
        cells = page.find_elements(
            "css selector", "table[data-name=relaxations] tbody td:nth-child(2)"
        )
        numbers = [int(cell.text) for cell in cells]
        assert numbers == sorted(numbers)
        ground = "return getComputedStyle(document.body).backgroundColor"
        before = page.execute_script(ground)
        page.find_element("id", "theme").click()
        assert page.execute_script(ground) != before
        page.find_element("id", "theme").click()
        assert page.execute_script(ground) == before


def screen(width: int) -> dict[str, Any]:
    return {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}


def wait(driver: Any, script: str, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not driver.execute_script(script):
        assert time.monotonic() < until, script
        time.sleep(0.05)


def drawn_share(page: Any) -> float:
    """Return the share of the first stage's pixels that something is drawn on."""
    from matplotlib.image import imread

    address = page.execute_script("return heterodot.stages.all[0].viewer.pngURI()")
    pixels = imread(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    ground = pixels[0, 0, :3]
    return float((np.abs(pixels[..., :3] - ground).max(axis=-1) > 0.1).mean())
