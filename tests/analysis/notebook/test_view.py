"""Structures and densities that show themselves, in a real browser too."""

import base64
import html
import io
import re
import shutil
import time

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from tests.conftest import NEEDS_BROWSER

from heterodot import view
from heterodot.analysis.notebook.html import block, doubts, folded, heading, table
from heterodot.analysis.notebook.scene import cube, scene
from heterodot.data.density import GridDensity
from heterodot.errors import InputError

HOSTILE = "</script><script>document.title='hurt'</script><b>"


def _dipole(n: int = 12) -> GridDensity:
    """Two lobes of opposite sign, 2 Å apart, in a cube of 6 Å."""
    axis = np.arange(n) * 6.0 / n
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    square = (x - 3) ** 2 + (y - 3) ** 2
    values = np.exp(-square - (z - 2) ** 2) - np.exp(-square - (z - 4) ** 2)
    return GridDensity(values, 6.0 * np.eye(3), [6, 8], [[3, 3, 2], [3, 3, 4]])


def test_a_scene_tells_what_the_structure_is():
    found = scene("water", molecule("H2O"), site=0)
    assert found["symbols"] == ["O", "H", "H"]
    assert sorted(zip(found["bonds"][::2], found["bonds"][1::2], strict=True)) == [(0, 1), (0, 2)]
    assert found["coordination"] == [2, 1, 1]
    assert (found["site"], found["cell"]) == (0, None)
    cell = scene("copper", bulk("Cu", cubic=True))
    assert cell["cell"][0] == pytest.approx([3.61, 0, 0])
    # four atoms, 24 bonds in the crystal, of which those between the four are drawn
    assert len(cell["bonds"]) == 2 * 6


def test_a_cube_is_read_back_by_another_program():
    """ASE's reader finds the values at their places; Å become bohr."""
    from ase.io.cube import read_cube

    field = _dipole()
    text = cube(field, field.atoms)
    with_atom = text.replace("    0    0.000000", "    1    0.000000", 1)
    lines = with_atom.splitlines()
    lines.insert(6, "    6    6.000000    0.0 0.0 0.0")
    found = read_cube(io.StringIO("\n".join(lines)))
    assert found["data"] == pytest.approx(field.values, abs=1e-3)
    assert found["spacing"] * 12 == pytest.approx(6 * np.eye(3), abs=1e-4)
    assert max(map(len, cube(_dipole(100), field.atoms).splitlines())) < 12 * 50  # thinned


@pytest.mark.parametrize(
    ("what", "options", "said"),
    [
        (Atoms(), {}, "nothing to draw"),
        ([], {}, "expected Atoms"),
        ("water", {}, "given str, expected Atoms"),
        ([1, 2], {}, "given int, expected Atoms"),
        (molecule("H2O"), {"site": 3}, "expected 0 to 2"),
        (molecule("H2O"), {"density": 3}, "density of type int"),
        (_dipole(), {"isovalue": 5.0}, "expected above 0 and below"),
    ],
)
def test_what_cannot_be_shown_is_one_line(what, options, said):
    with pytest.raises(InputError, match=said):
        view(what, **options)


def test_a_bundle_has_a_page_a_picture_and_words():
    shown = view(molecule("H2O"), title=HOSTILE)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == repr(shown) == "<View of H2O>"
    assert base64.b64decode(bundle["image/png"])[1:4] == b"PNG"
    assert "image/png" not in shown._repr_mimebundle_(exclude={"image/png"})
    page = html.unescape(re.search(r'srcdoc="([^"]*)"', bundle["text/html"])[1])
    assert page == shown.page()
    assert "document.title='hurt'" not in page.replace(html.escape(HOSTILE), "")
    assert "http" not in re.sub(r'atob\("[^"]*"\)', "", page)  # needs no network
    assert len(page) < 300_000


def test_ase_finds_the_viewer():
    from ase.visualize import view as ase_view

    assert repr(ase_view(molecule("H2O"), viewer="heterodot", repeat=None)) == "<View of H2O>"


def test_pieces_of_html_escape_what_they_are_given():
    made = block(heading("<a>", "<b>"), table(["<c>"], [["<d>"]]), folded("<e>", doubts(["<f>"])))
    assert not re.search("<[a-f]>", made.replace("<b>&lt;a", ""))
    assert folded("nothing", "") == doubts([]) == ""


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason=NEEDS_BROWSER)
def test_a_browser_draws_it(tmp_path):
    """Within the frame of a cell: no error in the console, pixels of atoms and both surfaces."""
    webdriver = pytest.importorskip("selenium.webdriver")
    from matplotlib.image import imread

    cell = view(_dipole(24), isovalue=0.3, title=HOSTILE)._repr_mimebundle_(exclude={"image/png"})
    (tmp_path / "cell.html").write_text(f"<title>fine</title>{cell['text/html']}")
    options = webdriver.ChromeOptions()
    for flag in (
        "headless=new",
        "no-sandbox",
        "use-angle=swiftshader",
        "enable-unsafe-swiftshader",
    ):
        options.add_argument(f"--{flag}")
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.get((tmp_path / "cell.html").as_uri())
        driver.switch_to.frame(driver.find_element("tag name", "iframe"))
        for _ in range(150):
            if driver.find_element("tag name", "body").get_attribute("data-drawn"):
                break
            time.sleep(0.2)
        assert driver.find_element("id", "facts").text.startswith("CO")
        assert driver.find_element("css selector", "#bar b").text == HOSTILE
        driver.switch_to.default_content()
        assert driver.title == "fine"
        time.sleep(0.5)
        driver.save_screenshot(str(tmp_path / "cell.png"))
        assert driver.get_log("browser") == []
    finally:
        driver.quit()
    red, green, blue = np.moveaxis(imread(tmp_path / "cell.png")[:400, :, :3], 2, 0)
    assert ((blue > 0.5) & (blue > red + 0.2)).sum() > 200  # where electrons are gained
    assert ((red > 0.5) & (red > blue + 0.2)).sum() > 200  # where they are lost
    assert green.std() > 0
