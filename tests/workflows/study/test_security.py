"""A study file is data: it runs no code, leaves its folder alone, and cannot fill the machine."""

import os
import pickle
from pathlib import Path

import pytest
from ase.cluster import Octahedron
from ase.io import write

from heterodot.calculators import Level
from heterodot.calculators.frozen import thaw
from heterodot.errors import LevelError, StoreError, StructureError, StudyError
from heterodot.structures import crystal, place_guest
from heterodot.structures.crystals.files import read_structure_file
from heterodot.structures.recipes.yamlfile import parse_yaml
from heterodot.workflows.study import Study

HOSTILE = [
    "$(touch hurt)",
    "`touch hurt`",
    "; touch hurt",
    "a\n touch hurt",
    "../../etc",
    "/etc/passwd",
    "~root",
    "-rf",
    "a b",
    "",
    ".hidden",
    "nul\x00",
    "\u202egnp.exe",
    "ＡＢ",
    "a" * 65,
]


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("hurt",))


@pytest.mark.parametrize("name", [n for n in HOSTILE if n != "-rf"])
def test_no_hostile_name_of_a_system_level_or_question(folder, study_text, name):
    import json

    quoted = json.dumps(name)
    for old, new in (
        ("  cluster:\n", f"  {quoted}:\n"),
        ("  emt: ", f"  {quoted}: "),
        ("    systems: cluster", f"    name: {quoted}"),
    ):
        assert old in study_text
        (folder / "study.yaml").write_text(study_text.replace(old, new, 1))
        with pytest.raises(StudyError) as caught:
            Study.load(folder / "study.yaml")
        assert "\n" not in str(caught.value)


def test_hostile_labels_are_only_text(folder, study_text, monkeypatch):
    monkeypatch.chdir(folder)
    label = '"$(touch hurt) `touch hurt` $\\\\frac{$ %s {0} </svg><script>"'
    hostile = study_text.replace("Cu13, cuboctahedron", label).replace("A copper cluster", label)
    (folder / "study.yaml").write_text(hostile)
    result = Study.load(folder / "study.yaml").run(executor="serial")
    assert not result.errors
    assert not (folder / "hurt").exists()
    for drawing in (result.folder / "figures").glob("*.svg"):
        assert "<script>" not in drawing.read_text()


@pytest.mark.parametrize(
    "code", ["ase", "ase.calculators.lj:LennardJones", "os:system", "builtins:eval", "../emt"]
)
def test_codes_by_registered_name_only(folder, study_text, code):
    text = study_text.replace(
        "{code: emt}", f"{{code: '{code}', overrides: {{path: 'os:system'}}}}"
    )
    (folder / "study.yaml").write_text(text)
    with pytest.raises(StudyError, match=r"study.yaml:\d+: levels.emt"):
        Study.load(folder / "study.yaml")


@pytest.mark.parametrize("name", ["setups", "basis"])
@pytest.mark.parametrize("value", ["../../x", "/etc/passwd", "a/b", "*", "x\n", "..", "~"])
def test_names_of_gpaw_data_sets_are_no_paths(name, value):
    for given in (value, {"Cu": value}):
        with pytest.raises(LevelError, match=name):
            Level("gpaw", overrides={name: given})


@pytest.mark.parametrize(
    "used",
    [
        {"setups": {"Cu": ":d,4.0,0", "In": "paw"}, "basis": "sz(dzp)"},
        {"setups": "sg15", "basis": {"Cu": "tzdp"}},
    ],
)
def test_names_of_gpaw_data_sets_people_use_are_accepted(used):
    settings = Level("gpaw", overrides=used).settings
    assert {name: thaw(settings[name]) for name in used} == used


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.mkdir [hurt]",
        "!!python/name:os.system",
        "!!python/module:antigravity",
        "!!binary aGk=",
        "!include /etc/passwd",
    ],
)
def test_tags_are_refused(tag, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match=r"tag|YAML"):
        parse_yaml(f"a: {tag}\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text", ["[" + "1," * 400_000 + "]", "".join(f"k{n}: 1\n" for n in range(60_000))]
)
def test_many_values_are_refused_before_they_are_built(text, monkeypatch):
    monkeypatch.setattr("yaml.compose", lambda *_, **__: pytest.fail("built"))
    with pytest.raises(StudyError, match=r"more than \d+ values"):
        parse_yaml(text)


def test_a_pickled_structure_is_not_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.traj", "a.pckl", "a.pkl", "a.xyz", "a.py", "a"):
        Path(name).write_bytes(pickle.dumps(Bomb()))
        for reader in (read_structure_file, crystal, lambda p: place_guest(Octahedron("Cu", 2), p)):
            with pytest.raises(StructureError):
                reader(Path(name))
    assert not Path("hurt").exists()


def test_python_and_databases_are_no_structures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import os\nos.mkdir('hurt')\natoms = None\n")
    cluster = Octahedron("Cu", 2)
    write("a.db", cluster)
    write("a.json", cluster)
    for name in ("a.py", "a.db", "a.json"):
        with pytest.raises(StructureError, match="structure ASE can read"):
            read_structure_file(name)
    assert not Path("hurt").exists()


def test_formats_people_use_are_read(tmp_path):
    bulk = crystal("ZnS")
    for name in ("a.xyz", "a.cif", "POSCAR", "a.xsf", "a.traj", "a.cube", "a.gen"):
        write(tmp_path / name, bulk)
        assert len(read_structure_file(tmp_path / name)) == len(bulk), name
    write(tmp_path / "odd@0:2.xyz", bulk)
    assert len(read_structure_file(tmp_path / "odd@0:2.xyz")) == len(bulk)


def test_no_packed_missing_or_huge_file(tmp_path, monkeypatch):
    write(tmp_path / "a.xyz.gz", Octahedron("Cu", 2))
    with pytest.raises(StructureError, match="unpack it"):
        read_structure_file(tmp_path / "a.xyz.gz")
    for missing in (tmp_path, tmp_path / "none", "postgresql://a@b/c", "/dev/zero", "x" * 5000):
        with pytest.raises(StructureError, match="expected a file"):
            read_structure_file(missing)
    monkeypatch.setattr("heterodot.structures.crystals.files.MAX_BYTES", 10)
    write(tmp_path / "a.xyz", Octahedron("Cu", 2))
    with pytest.raises(StructureError, match="expected at most 10"):
        read_structure_file(tmp_path / "a.xyz")


def test_results_do_not_go_where_other_things_are(folder, study_text):
    mine = folder / "mine"
    mine.mkdir()
    (mine / "table.txt").write_text("my own")
    (folder / "study.yaml").write_text(f"{study_text}output: mine\n")
    with pytest.raises(StudyError, match=r"study.yaml:\d+: output: .*other things"):
        Study.load(folder / "study.yaml").run(executor="serial")
    assert (mine / "table.txt").read_text() == "my own"
    assert sorted(p.name for p in mine.iterdir()) == ["table.txt"]


@pytest.mark.parametrize("name", ["structures", "figures", "jobs"])
def test_results_do_not_go_where_a_link_leads(folder, name):
    """A results folder from someone else, one of its folders a link to a place of ours."""
    study = Study.load(folder / "study.yaml")
    (folder / "precious").mkdir()
    study.output.joinpath("store").mkdir(parents=True)
    study.output.joinpath(name).symlink_to(folder / "precious")
    with pytest.raises(StoreError, match="symbolic link"):
        study.run(executor="serial")
    assert not list((folder / "precious").iterdir())
