"""The map of docs/architecture.md shows the imports that the code has."""

import importlib.util
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def mapped() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_map", ROOT / "docs" / "draw_map.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_map_is_not_stale(mapped):
    drawn = mapped.draw()
    assert mapped.MAP.read_text() == drawn, "python docs/draw_map.py draws it anew"


def test_the_map_shows_every_package_and_the_guide_the_map(mapped):
    image = ET.fromstring(mapped.MAP.read_text())
    titles = {e.text for e in image.iter() if e.get("class") == "title"}
    source = ROOT / "src" / "heterodot"
    assert titles == {"heterodot", *mapped.packages(source), *mapped.packages(source / "workflows")}
    arrows = [e for e in image.iter() if e.get("marker-end")]
    assert len(arrows) == sum(map(len, mapped.needed(mapped.arrows()).values()))
    assert "](architecture.svg)" in (ROOT / "docs" / "architecture.md").read_text()


def test_every_package_is_named_in_the_guide(mapped):
    text = (ROOT / "docs" / "architecture.md").read_text()
    source = ROOT / "src" / "heterodot"
    rows = set(re.findall(r"^\| `(\w+)/`", text, re.MULTILINE))
    assert rows == {*mapped.packages(source), *mapped.packages(source / "workflows")} - {
        "workflows"
    }


def test_arrows_that_follow_from_others_are_left_out(mapped):
    graph = {"a": {"b", "c", "d"}, "b": {"c"}, "c": {"d"}, "d": set()}
    assert mapped.needed(graph) == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set()}


def test_a_circle_is_told_and_not_drawn(mapped):
    with pytest.raises(SystemExit, match="circle between a, b:"):
        mapped.needed({"a": {"b"}, "b": {"a"}, "c": set()})


def test_an_import_within_a_function_and_one_for_types_count(mapped, tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from heterodot.data.flags import Flag\n"
        "def f():\n    from heterodot.workflows import Runner\n    import ase\n"
    )
    found = {mapped.box_of(name) for name in mapped.imported(path)}
    assert found == {"data", "workflows.running"}
