"""Public names that are imported when they are first used."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import heterodot.workflows
import heterodot.workflows.study
from heterodot.lazy import lazy


@pytest.mark.parametrize("package", [heterodot.workflows, heterodot.workflows.study])
def test_the_names_type_checkers_see_are_the_names_there_are(package):
    assert len(package.__all__) > 4
    for name in package.__all__:
        found = getattr(package, name)
        assert found.__name__ == name
        assert found.__module__.startswith(package.__name__)
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        package.nope  # noqa: B018


def test_a_name_is_imported_when_it_is_used():
    code = (
        "import sys, heterodot.workflows as w; before = 'heterodot.workflows.store.store' in "
        "sys.modules; w.Store; print(before, 'heterodot.workflows.store.store' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]


def _for_checkers(package) -> dict[str, str]:
    """Name to module, of what a package imports under TYPE_CHECKING."""
    return {
        alias.name: node.module
        for block in ast.parse(Path(package.__file__).read_text()).body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("package", [heterodot.workflows, heterodot.workflows.study])
def test_the_table_says_what_type_checkers_read(package):
    told = _for_checkers(package)
    assert set(told) == set(package.__all__)
    for name, module in told.items():
        assert getattr(package, name) is getattr(import_module(module), name)


def test_importing_parses_no_source():
    code = (
        "import ast; before = ast.parse; calls = []\n"
        "ast.parse = lambda *a, **k: calls.append(a) or before(*a, **k)\n"
        "import heterodot.workflows.study; print(len(calls))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["0"]


def test_a_package_without_names_has_none():
    find, _, names = lazy("heterodot.errors", {})
    assert names == []
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        find("nope")
