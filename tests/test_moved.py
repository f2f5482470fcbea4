"""Names of modules of before: found where they are now, with a warning."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

import heterodot
from heterodot.moved import MOVED

SOURCE = Path(heterodot.__file__).parent
PACKAGES = [old for old in sorted(MOVED) if SOURCE.joinpath(*old.split(".")[1:]).is_dir()]
"""Old names that are packages now."""


@pytest.mark.parametrize("old", sorted(set(MOVED) - set(PACKAGES)))
def test_an_old_module_is_the_new_one(old):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match="is now"):
        found = import_module(old)
    assert found is import_module(MOVED[old])
    assert found.__spec__.name == MOVED[old]


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("heterodot.workflows.store", "Store"),
        ("heterodot.workflows.tasks", "Relax"),
        ("heterodot.workflows.density", "Density"),
        ("heterodot.analysis.diffraction", "PowderPattern"),
        ("heterodot.calculators.gpaw", "GPAWCode"),
        ("heterodot.calculators.xtb", "GFN1"),
    ],
)
def test_an_old_name_in_it_is_found(package, name):
    if package not in PACKAGES:
        sys.modules.pop(package, None)
    with pytest.warns(DeprecationWarning, match="is now"):
        found = getattr(import_module(package), name)
    assert found is getattr(import_module(MOVED[package]), name)


def test_a_name_that_never_was_is_refused_as_ever():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        import_module("heterodot.workflows.store").Nothing  # noqa: B018
    with pytest.raises(ModuleNotFoundError):
        import_module("heterodot.analysis.nothing")
