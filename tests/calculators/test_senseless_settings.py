"""Values no calculation could have are refused with their place, dear ones before they run."""

from __future__ import annotations

import pytest
from ase.build import bulk, molecule

from heterodot.calculators import Level
from heterodot.calculators.frozen import thaw
from heterodot.calculators.gpaw import memory
from heterodot.errors import LevelError, RefusedError


@pytest.mark.parametrize(
    ("code", "name", "value", "message"),
    [
        ("gpaw", "kpts", {"density": -3}, "density, points per Å⁻¹, a number above 0; not -3"),
        ("gpaw", "kpts", {"density": True}, "a number above 0; not True"),
        ("gpaw", "kpts", {"size": "abc"}, "size, three positive integers; not 'abc'"),
        ("gpaw", "kpts", {"size": [2, 2]}, "three positive integers"),
        ("gpaw", "kpts", {"size": [2, 2, 2], "density": 2}, "one of density and size"),
        ("gpaw", "kpts", {"gamma": True}, "one of density and size"),
        ("gpaw", "kpts", {"density": 2, "gamma": "yes"}, "gamma true or false; not 'yes'"),
        ("gpaw", "h", 5.0, "at most 0.6"),
        ("gpaw", "width", -0.1, "at least 0"),
        ("gpaw", "width", 1e9, "at most 10"),
        ("gpaw", "maxiter", 0, "at least 1"),
        ("gpaw", "nbands", 0, "a count"),
        ("gpaw", "nbands", "many", "'nao' or a share"),
        ("gpaw", "convergence", {"density": -1}, "density a number above 0; not -1"),
        ("gpaw", "convergence", {"energy": "tight"}, "energy a number above 0; not 'tight'"),
        ("gpaw", "mixer", {"beta": -1}, "beta above 0 and at most 1"),
        ("gpaw", "mixer", {"nmaxold": "x"}, "nmaxold above 0"),
        ("gfn1-xtb", "electronic_temperature", 1e9, "at most 100000"),
        ("gfn1-xtb", "electronic_temperature", -1.0, "at least 0"),
        ("gfn2-xtb", "mixer_damping", 7.0, "at most 1"),
        ("gfn2-xtb", "accuracy", 0.0, "at least 0.0001"),
        ("gfn2-xtb", "max_iterations", 0, "at least 1"),
        ("lj", "rc", 1e9, "at most 50"),
        ("lj", "epsilon", float("nan"), "finite"),
        ("gpaw", "vacuum", float("inf"), "finite"),
    ],
)
def test_a_senseless_value_is_refused_with_its_place(code, name, value, message):
    with pytest.raises(LevelError, match=rf"{code}.*{name}.*{message}"):
        Level(code, overrides={name: value})


@pytest.mark.parametrize(
    "fine",
    [
        {"kpts": {"density": 3, "gamma": True}},
        {"kpts": {"size": [4, 4, 1], "gamma": False}},
        {"kpts": [2, 2, 2]},
        {"nbands": "120%"},
        {"nbands": -5},
        {"convergence": {"bands": "occupied", "density": 1e-5}},
        {"mixer": {"name": "pulay", "beta": 0.05, "nmaxold": 5, "weight": 100.0}},
    ],
)
def test_sensible_values_pass(fine):
    settings = Level("gpaw", overrides=fine).settings
    assert {name: thaw(settings[name]) for name in fine} == fine


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"h": 1e-6}, "h = 1e-06"),
        ({"mode": "pw", "ecut": 1e9}, "ecut = 1000000000.0"),
        ({"vacuum": 1e5}, "vacuum = 100000.0"),
        ({"mode": "pw", "nbands": 10**9}, "nbands = 1000000000"),
    ],
)
def test_what_the_machine_cannot_hold_is_refused(overrides, said):
    with pytest.raises(RefusedError, match=rf"{said}.*GB of memory at least, this machine has"):
        Level("gpaw", overrides=overrides).check(molecule("H2O"))


def test_k_points_cost_memory_in_a_crystal_and_nothing_in_a_molecule():
    level = Level("gpaw", overrides={"kpts": [10**6] * 3})
    with pytest.raises(RefusedError, match="kpts"):
        level.check(bulk("Cu"))
    assert level.check(molecule("H2O")).charge == 0


def test_the_least_memory_by_hand(monkeypatch):
    """64 Å³ at 0.2 Å are 8000 points; arrays: 3 there and 3 on the grid of eight times as many."""
    box = molecule("H2", cell=[4.0] * 3)
    settings = {**Level("gpaw").settings, "h": 0.2}
    assert memory.memory_needed(box, settings) == pytest.approx(8 * 27 * 8000, rel=0.01)
    monkeypatch.setattr(memory, "machine_memory", lambda: 1e6)
    with pytest.raises(RefusedError, match=r"0\.00173 GB of memory at least, this machine has 0"):
        Level("gpaw").check(box)


def test_ordinary_settings_fit():
    for protocol in ("fast", "moderate", "precise"):
        for atoms in (molecule("C6H6"), bulk("Cu") * (2, 2, 2)):
            assert memory.memory_needed(atoms, Level("gpaw", protocol).settings) < 1e9


def test_k_points_of_a_molecule_are_said_not_to_be_used():
    level = Level("gpaw", overrides={"kpts": [4, 4, 4]})
    assert "kpts = [4, 4, 4] is not used" in level.caveats(molecule("H2O"))[-1]
    assert not any("not used" in text for text in level.caveats(bulk("Cu")))
    assert not any("not used" in text for text in Level("gpaw").caveats(molecule("H2O")))
