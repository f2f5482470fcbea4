"""A level is data: frozen, hashable, JSON, checked when it is made."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest
from ase.build import fcc111, molecule

from heterodot.calculators import Level, available_codes, code_names, get_code
from heterodot.errors import CapabilityError, LevelError, RefusedError
from heterodot.provenance import with_charge


def test_equal_hashable_and_json():
    level = Level("gfn1-xtb", overrides={"electronic_temperature": 500})
    same = Level("gfn1-xtb", overrides={"electronic_temperature": np.float64(500.0)})
    assert level == same
    assert len({level, same}) == 1
    assert level != Level("gfn1-xtb")
    assert Level.from_dict(json.loads(json.dumps(level.to_dict()))) == level
    assert pickle.loads(pickle.dumps(level)) == level
    assert level.settings["electronic_temperature"] == 500.0
    assert level.label == "GFN1-xTB, 500 K"


def test_ranks_are_execution_not_identity():
    one, two = Level("gpaw"), Level("gpaw", ranks=2)
    assert one == two
    assert hash(one) == hash(two)
    assert one.settings == two.settings
    assert one.to_dict() == two.to_dict()
    assert pickle.loads(pickle.dumps(two)).ranks == 2
    assert Level.from_dict(two.to_dict(execution=True)).ranks == 2


def test_a_level_cannot_be_changed():
    given = {"solvation": ["alpb", "water"]}
    level = Level("gfn2-xtb", overrides=given)
    given["solvation"].append("x")
    level.settings["solvation"].append("y")
    assert level.settings["solvation"] == ["alpb", "water"]
    with pytest.raises(AttributeError):
        level.code = "emt"  # type: ignore[misc]
    with pytest.raises(TypeError):
        level.overrides["solvation"] = None  # type: ignore[index]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("gfn2",), "did you mean 'gfn2-xtb'"),
        (("emt", "mdoerate"), "did you mean 'moderate'"),
        (("gfn1-xtb", "fast", {"max_iteration": 3}), "did you mean 'max_iterations'"),
        (("gfn1-xtb", "fast", {"max_iterations": 3.5}), "expected int"),
        (("gfn1-xtb", "fast", {"max_iterations": True}), "expected int"),
        (("gpaw", "fast", {"spinpol": 1}), "expected bool"),
        (("gpaw", "fast", {"mode": "wp"}), "expected one of lcao, pw"),
        (("gpaw", "fast", {"h": float("nan")}), "expected a finite number"),
        (("gpaw", "fast", {"h": -0.2}), "greater than 0"),
        (("gpaw", "fast", {"charge": 1}), "belongs to the structure"),
        (("gpaw", "fast", {"occupations": {}}), "use width"),
        (("gpaw", "fast", {"basis": {None: "dzp"}}), "expected a string"),
        (("gpaw", "fast", {"basis": {"Cu": None}}), "element symbols"),
        (("gpaw", "fast", {"ecut": 400}), "belongs to mode 'pw'"),
        (("gpaw", "fast", {"convergence": {"enrgy": 1}}), "did you mean 'energy'"),
        (("gpaw", "fast", {"kpts": [2, 2]}), "three positive integers"),
        (("ase", "fast", {}), "module:Class"),
        (("emt", "fast", {"asap_cutoff": object()}), "plain JSON"),
    ],
)
def test_mistakes_are_named_when_the_level_is_made(arguments, expected):
    with pytest.raises(LevelError, match=expected) as caught:
        Level(*arguments)
    assert "\n" not in str(caught.value)


def test_true_is_not_one():
    assert Level("gpaw", "fast", {"spinpol": True}).settings["spinpol"] is True
    with pytest.raises(LevelError, match="expected bool"):
        Level("gpaw", "fast", {"spinpol": 1})


def test_from_dict_names_unknown_fields():
    with pytest.raises(LevelError, match="did you mean 'protocol'"):
        Level.from_dict({"code": "emt", "protokol": "fast"})
    with pytest.raises(LevelError, match=r"^Level\.code: not given, expected a text$"):
        Level.from_dict({})


def test_every_code_has_the_three_protocols():
    for name in code_names():
        assert list(get_code(name).protocols()) == ["fast", "moderate", "precise"]
        if name != "ase":
            for protocol in ("fast", "moderate", "precise"):
                assert Level(name, protocol).label
    assert available_codes()["emt"].available


def test_what_a_code_cannot_do_names_one_that_can():
    with pytest.raises(CapabilityError, match="gfn1-xtb, gfn2-xtb, gpaw"):
        Level("emt").check(with_charge(molecule("H2O"), -1))
    with pytest.raises(CapabilityError, match="gpaw"):
        Level("lj").require("orbitals")
    with pytest.raises(CapabilityError, match="ranks = 2"):
        Level("emt", ranks=2).calculator(molecule("H2O"))
    with pytest.raises(CapabilityError, match="ranks = 2"):
        Level("emt", ranks=2).command(["script.py"])
    atoms = fcc111("Cu", (1, 1, 2), vacuum=5)
    with pytest.raises(CapabilityError, match="orbitals"):
        Level("emt").electronic_structure(None, atoms)
    with pytest.raises(RefusedError, match="no parameters for S"):
        Level("emt").check(molecule("SH2"))


def test_pseudo_hydrogens_only_where_they_are_real():
    atoms = molecule("H2")
    atoms.set_array("pseudo_hydrogen", np.array([0.5, 1.5]))
    assert Level("gpaw").check(atoms).multiplicity == 1
    with pytest.raises(CapabilityError, match="codes that can: gpaw"):
        Level("gfn1-xtb").check(atoms)
    atoms.set_array("pseudo_hydrogen", np.array([0.5, 0.75]))
    with pytest.raises(RefusedError, match="whole number"):
        Level("gpaw").check(atoms)
    wrong = molecule("HCl")
    wrong.set_array("pseudo_hydrogen", np.where(wrong.numbers == 17, 0.5, 0.0))
    with pytest.raises(RefusedError, match="atomic number 1"):
        Level("gpaw").check(wrong)


def test_importing_starts_no_code_and_reads_no_file():
    script = (
        "import sys, heterodot.calculators; "
        "print([m for m in ('yaml', 'scipy', 'tblite', 'gpaw', 'pydantic') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_making_and_checking_a_level_is_cheap():
    atoms = fcc111("Cu", (2, 2, 3), vacuum=6)
    Level("emt").check(atoms)
    best = min(_cpu_seconds(lambda: Level("emt").check(atoms), 50) for _ in range(5))
    assert best < 0.5e-3, "budget of a whole EMT single point is 1 ms"


def _cpu_seconds(call, times):
    start = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - start) / times


def test_a_prior_is_a_level_by_name_or_mapping_and_no_part_of_what_is_calculated():
    led = Level("gpaw", prior={"code": "gfn1-xtb", "protocol": "precise"})
    assert led == Level("gpaw")
    assert hash(led) == hash(Level("gpaw"))
    assert led.to_dict() == Level("gpaw").to_dict()
    assert led.prior == Level("gfn1-xtb", "precise")
    again = Level.from_dict(led.to_dict(execution=True))
    assert again.prior == led.prior
    assert Level("gpaw", prior="auto").prior == "auto"
    assert Level("gpaw", prior="gfn1-xtb").prior == Level("gfn1-xtb")
    assert Level("gpaw").to_dict(execution=True) == {**Level("gpaw").to_dict(), "ranks": 1}
    for wrong, said in (
        ("gfn1", "gpaw: prior: .*gfn1.*did you mean 'gfn1-xtb'"),
        (7, "gpaw: prior 7: expected a level, the name of a code, 'auto' or 'none'"),
        ("gpaw", "as dear as what it is to lead"),
        ({"protocol": "fast"}, "gpaw: prior: Level.code: not given"),
    ):
        with pytest.raises(LevelError, match=said):
            Level("gpaw", prior=wrong)
