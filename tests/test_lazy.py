"""Public names that are imported when they are first used."""

import subprocess
import sys

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


def test_a_package_that_imports_nothing_so_has_no_names():
    _, _, names = lazy("heterodot.errors")
    assert names == []
