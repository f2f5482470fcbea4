"""The families whose packages are not in the mlip extra: what runs where their packages are.

Of each a small random model stands for the local file. mace needs an environment of its own, which
`make mace` makes; of the others those are tested that are installed in this one.
"""

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk, molecule
from tests.calculators import test_conformance as conformance
from tests.calculators.potentials.random_models import BUILDERS

from heterodot.calculators import Level, get_code
from heterodot.calculators.potentials.weights import Release, cache_folder, digest
from heterodot.errors import LevelError, MissingDependencyError, RefusedError

FAMILIES = ("fairchem", "grace", "mace", "mattersim", "orb", "upet")
TURNED = ("fairchem", "mace", "mattersim")
"""Those whose energy does not change when a structure is turned; orb and upet learn it only."""
DOCUMENT = Path(__file__).parents[3] / "docs" / "potentials.md"
MACE = Path(os.environ.get("MACE_PYTHON", Path(sys.prefix, "mace", "bin", "python")))
"""An interpreter that has mace-torch."""


def installed(code: str) -> bool:
    return code in BUILDERS and importlib.util.find_spec(BUILDERS[code][0]) is not None


def case(code: str, atoms, folder: Path, **settings):
    """A case of the conformance test for a random model, made once."""
    import torch

    _, build, name = BUILDERS[code]
    path = folder / code / name
    if not path.is_file():
        path.parent.mkdir()
        torch.manual_seed(5)
        build(path)
    level = Level(code, overrides={"model": str(path), **settings})
    if code == "fairchem":  # its grid on the sphere keeps rotations to 1e-5 of the energy
        return conformance.Case(level, atoms, force=1e-4, invariance=1e-3)
    if level.settings["dtype"] == "float64":
        return conformance.Case(level, atoms, force=1e-4, invariance=1e-6)
    return conformance.Case(level, atoms, force=5e-3, invariance=1e-4, step=1e-2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


CRYSTAL = conformance.rattled(bulk("ZnS", "zincblende", a=5.41, cubic=True), 0.1)
STRUCTURES = {
    "molecule": conformance.rattled(molecule("CH3OH")),
    "slab": conformance.SURFACE,
    "crystal": CRYSTAL,
}
CHECKS = (
    conformance.test_forces_are_the_energy_gradient,
    conformance.test_translation_and_permutation_change_nothing,
    conformance.test_a_turned_structure_has_turned_forces,
    conformance.test_preparation_keeps_atoms_and_input,
)
here = pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            code,
            marks=[] if installed(code) else pytest.mark.skip(get_code(code).availability().detail),
        )
        for code in FAMILIES
    ],
)


@here
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_conformance(code, structure, check, folder, monkeypatch):
    if check is conformance.test_a_turned_structure_has_turned_forces and code not in TURNED:
        assert any("turned" in text for text in Level(code).caveats(CRYSTAL))
        return
    precision = {"dtype": "float64"} if "float64" in get_code(code).precisions else {}
    name = f"{code}-{structure}"
    made = case(code, STRUCTURES[structure], folder, **precision)
    monkeypatch.setitem(conformance.CASES, name, made)
    check(name)


@here
@pytest.mark.parametrize(("i", "j", "voigt"), [(0, 0, 0), (1, 2, 3)])
def test_stress(code, i, j, voigt, folder, monkeypatch):
    precision = {"dtype": "float64"} if "float64" in get_code(code).precisions else {}
    monkeypatch.setitem(conformance.CASES, code, case(code, CRYSTAL, folder, **precision))
    if not precision:
        monkeypatch.setitem(conformance.POTENTIALS, code, conformance.CASES[code])
    conformance.test_stress_is_the_strain_derivative(code, i, j, voigt)


def globals_of(torch) -> tuple:
    numbers = np.random.get_state()[1].tolist()  # noqa: NPY002 - what a package may have set
    return torch.get_default_dtype(), random.getstate(), numbers


@here
def test_precisions_agree_and_nothing_of_the_process_changes(code, folder, capfd):
    import torch

    precisions = get_code(code).precisions
    case(code, CRYSTAL, folder)
    before = globals_of(torch)
    capfd.readouterr()
    energies = []
    for precision in precisions:
        made = case(code, CRYSTAL, folder, dtype=precision)
        energies.append(conformance.energy_of(made, CRYSTAL)[0])
    assert energies == pytest.approx([energies[0]] * len(energies), abs=1e-3)
    assert capfd.readouterr().out == ""
    assert globals_of(torch) == before


@here
def test_what_a_file_does_not_know_is_one_line(code, folder, tmp_path):
    made = case(code, CRYSTAL, folder)
    if code in ("mace", "upet"):
        with pytest.raises(RefusedError, match=r"knows C, Cu, H, O, S, Zn, and no Au"):
            conformance.energy_of(made, bulk("Au", cubic=True))
    broken = tmp_path / Path(made.level.settings["model"]).name
    broken.write_bytes(b"no weights")
    with pytest.raises(LevelError, match="no weights that") as raised:
        Level(code, overrides={"model": str(broken)}).calculator(CRYSTAL)
    assert "\n" not in str(raised.value)


@here
def test_weights_that_are_not_on_disk_are_not_downloaded(code, monkeypatch, tmp_path):
    for variable in ("HOME", "XDG_CACHE_HOME", "HF_HOME", "CACHED_PATH_CACHE_ROOT"):
        monkeypatch.setenv(variable, str(tmp_path))
    with pytest.raises(MissingDependencyError, match="heterodot downloads none: ") as raised:
        Level(code).calculator(CRYSTAL)
    assert get_code(code).releases[get_code(code).default].bring in str(raised.value)
    assert "downloads none" in get_code(code).availability().detail


@pytest.mark.parametrize("code", FAMILIES)
def test_a_package_that_is_not_installed_names_its_command(code, monkeypatch):
    from importlib.util import find_spec

    known = get_code(code)
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *rest: None if name == known.package else find_spec(name),
    )
    with pytest.raises(MissingDependencyError, match=rf"{code} needs .*: .*pip install"):
        Level(code).calculator(CRYSTAL)


@pytest.mark.parametrize("code", FAMILIES)
def test_every_release_says_where_it_comes_from(code):
    known, text = get_code(code), DOCUMENT.read_text()
    assert known.default in known.releases
    assert f"`{code}`" in text
    for name, release in known.releases.items():
        assert f"`{name}`" in text, f"{DOCUMENT.name} does not say {name}"
        assert release.licence in text
        assert release.trained_on
        assert name in release.bring
        level = Level(code, overrides={"model": name})
        assert level.label.startswith(known.title)
        assert known.functional(level.settings) in ("PBE", "RPBE", "r2SCAN")


def test_where_a_package_keeps_its_downloads(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/elsewhere")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder("~/.cache/mace", ("XDG_CACHE_HOME", "mace")) == Path(
        "/elsewhere/.cache/mace"
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("~/.cache/mace", ("XDG_CACHE_HOME", "mace")) == tmp_path / "mace"


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("mace", "mace/macempa0mediummodel"),  # as mace-torch 0.3.16 writes it
        (
            "upet",
            "huggingface/hub/models--lab-cosmo--upet/snapshots/1/models/pet-mad-s-v1.6.0.ckpt",
        ),
    ],
)
def test_a_release_is_found_where_its_package_puts_it(code, kept, monkeypatch, tmp_path):
    for variable in ("HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = tmp_path / kept
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    assert get_code(code)._file(Level(code).settings) == path


def test_the_newest_of_several_snapshots_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("CACHED_PATH_CACHE_ROOT", str(tmp_path))
    orb = get_code("orb")
    release = orb.releases[orb.default]
    assert isinstance(release, Release)
    address = release.file.split("*", maxsplit=1)[0]
    for age, ending in enumerate(("aa", "bb", "bb.json", "bb.lock")):
        path = tmp_path / f"{address}.{ending}"
        path.write_bytes(b"weights")
        os.utime(path, (1000 + age, 1000 + age))
    assert orb._file(Level("orb").settings) == tmp_path / f"{address}.bb"


def test_a_folder_is_known_by_all_that_is_in_it(tmp_path):
    model = tmp_path / "mine"
    (model / "variables").mkdir(parents=True)
    (model / "saved_model.pb").write_bytes(b"graph")
    weights = model / "variables" / "variables.data-00000-of-00001"
    weights.write_bytes(b"1")
    level = Level("grace", overrides={"model": str(model)})
    before = level.implementation.identity(level.settings)["sha256"]
    assert before == digest(model)
    weights.write_bytes(b"2 ")
    assert level.implementation.identity(level.settings)["sha256"] != before


@pytest.mark.parametrize(
    ("code", "overrides", "said"),
    [
        ("mace", {"model": "medium", "head": "omol"}, "medium has one only"),
        ("mace", {"model": "medium-mpa"}, "did you mean 'medium-mpa-0'"),
        ("fairchem", {"task": "oc21"}, "one of omat, oc20"),
        ("orb", {"neighbours": "30"}, "one of inf, 20"),
        ("mattersim", {"dtype": "float64"}, "one of float32"),
    ],
)
def test_a_wrong_setting_is_one_line(code, overrides, said):
    with pytest.raises(LevelError, match=said) as raised:
        Level(code, overrides=overrides)
    assert "\n" not in str(raised.value)


def test_what_else_decides_the_numbers_is_in_the_key_and_the_label():
    def told(code, **overrides):
        level = Level(code, overrides=overrides)
        return level.label, level.implementation.identity(level.settings)

    assert told("mace", model="mh-1")[0] == "MACE mh-1, omat_pbe"
    assert told("mace", model="mh-1") == told("mace", model="mh-1", head="omat_pbe")
    assert told("mace", model="mh-1") != told("mace", model="mh-1", head="matpes_r2scan")
    assert told("fairchem")[0] == "UMA s-1p2, omat"
    assert told("fairchem") != told("fairchem", task="oc20")
    assert "RPBE" in get_code("fairchem").trained_on(
        Level("fairchem", overrides={"task": "oc20"}).settings
    )
    assert told("orb") == told("orb", neighbours="20")  # the release's name says it
    assert told("orb")[0] == "Orb v3-conservative-inf-omat"


@pytest.mark.slow
@pytest.mark.skipif(not MACE.is_file(), reason="mace is not installed: make mace")
def test_mace_conforms_in_its_own_environment():
    run = subprocess.run(
        [MACE, "-m", "pytest", "-q", __file__, "-k", "mace and not own_environment"],
        check=False, capture_output=True, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:]
    assert " passed" in run.stdout
