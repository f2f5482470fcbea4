"""Questions are found by their kind: ours, and those other packages bring in one file."""

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from ase import Atoms
from ase.calculators.emt import EMT
from ase.cluster import Octahedron
from ase.io import read, write
from ase.optimize import BFGS

from heterodot.calculators import Level
from heterodot.errors import InputError, StudyError
from heterodot.workflows import DBandCentre, Question, Runner
from heterodot.workflows.questions import registry
from heterodot.workflows.study import Study

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "question.py"

STUDY = """\
heterodot: 1
title: Two clusters
systems:
  regular: {file: regular.xyz}
  rattled: {file: rattled.xyz}
levels: {emt: {code: emt}}
questions: [{atomisation: {fmax: 0.01}}]
workers: 1
"""


def install(folder: Path, kind: str, value: str, name: str = "toy", code: str = "") -> None:
    """Lay out an installed package with one module and one entry point."""
    if code:
        (folder / f"{name}.py").write_text(code)
    described = folder / f"{name}-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    text = f"[{registry.ENTRY_POINT_GROUP}]\n{kind} = {value}\n"
    (described / "entry_points.txt").write_text(text)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder that packages can be installed into."""
    caches = (registry._others, registry._loaded)
    monkeypatch.syspath_prepend(tmp_path)
    for cache in caches:
        cache.cache_clear()
    yield tmp_path
    for cache in caches:
        cache.cache_clear()


def heterodot(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "heterodot.cli", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "100"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A study that asks the question of the example, in a process that finds it installed."""
    folder = tmp_path_factory.mktemp("outside")
    install(folder, "atomisation", "toy:Atomisation", code=EXAMPLE.read_text())
    regular = Octahedron("Cu", 3, cutoff=1)
    rattled = regular.copy()
    rattled.rattle(0.05, seed=1)
    for name, atoms in (("regular", regular), ("rattled", rattled)):
        write(folder / f"{name}.xyz", atoms, format="extxyz")
    (folder / "study.yaml").write_text(STUDY)
    return folder, heterodot(folder, "run", "study.yaml")


def by_ase(atoms: Atoms) -> float:
    """The same by ASE alone, eV per atom."""
    atoms = atoms.copy()
    atoms.calc = EMT()
    BFGS(atoms, logfile=None).run(fmax=0.001)
    free = Atoms(atoms.symbols[0], calculator=EMT()).get_potential_energy()
    return free - atoms.get_potential_energy() / len(atoms)


def test_a_question_from_outside_is_answered_in_a_study(answered):
    folder, run = answered
    assert run.returncode == 0, run.stderr
    answers = json.loads((folder / "study-results" / "results.json").read_text())["results"]
    for name in ("regular", "rattled"):
        answer = answers[f"{name}/atomisation"]
        expected = by_ase(read(folder / f"{name}.xyz"))
        assert answer["per_atom"] == pytest.approx(expected, abs=1e-3)
        assert f"{answer['per_atom']:.3f}" in run.stdout
        (reference,) = answer["differences"]
        assert [t["coefficient"] for t in reference["terms"]] == [13, -1]
    assert "E_at per atom (eV)" in run.stdout


def test_its_files_are_written_and_its_figure_shared(answered):
    folder, _ = answered
    results = folder / "study-results"
    assert (results / "structures" / "regular.atomisation.relaxed.xyz").exists()
    drawn = {path.name for path in (results / "figures").glob("*atomisation*")}
    states = {"regular-atomisation-relaxed", "rattled-atomisation-relaxed"}
    stems = {"atomisation", *states}  # one for both, and each relaxed
    assert drawn == {f"{stem}.{ending}" for stem in stems for ending in ("png", "svg")}
    assert "E_at per atom (eV)" in (results / "table.csv").read_text()


def test_its_figure_shows_every_system(site):
    install(site, "atomisation", "toy_drawn:Atomisation", "toy_drawn", EXAMPLE.read_text())
    question = registry.get_question("atomisation")
    metals = {symbol: Octahedron(symbol, 3, cutoff=1) for symbol in ("Cu", "Ag")}
    with Runner(site / "store", executor="serial") as runner:
        answers = {k: question(atoms, Level("emt")).run(runner) for k, atoms in metals.items()}
    shared = type(answers["Cu"]).shared_figures(answers)
    (axes,) = shared["atomisation"]().axes
    heights = [bar.get_height() for bar in axes.patches]
    assert heights == pytest.approx([by_ase(atoms) for atoms in metals.values()], abs=1e-3)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["Cu", "Ag"]


def test_help_lists_all_questions(answered):
    folder, _ = answered
    help_ = heterodot(folder, "run", "--help").stdout
    listed = re.findall(r"^  ([a-z0-9_]+) {2,}", help_.partition("Questions of a study")[2], re.M)
    assert listed == [*registry._own(), "atomisation"]
    assert "from toy 1.0" in help_


def test_a_wrong_key_is_told_as_of_any_question(answered):
    folder, _ = answered
    (folder / "wrong.yaml").write_text(STUDY.replace("fmax: 0.01", "vacuums: 3"))
    run = heterodot(folder, "run", "wrong.yaml")
    assert run.returncode == 2
    assert "did you mean 'vacuum'" in run.stderr
    assert run.stderr.count("\n") == 1


def test_our_questions_are_those_their_modules_hold():
    """What is read from the source is what an import finds."""
    found = set()
    for path in {one.path.partition(":")[0] for one in registry._own().values()}:
        for thing in vars(import_module(path)).values():
            own = isinstance(thing, type) and thing.__module__ == path
            if own and issubclass(thing, Question):
                found.add(thing)
    asked = {registry.get_question(kind) for kind in registry._own()}
    assert asked == found
    assert all(registry.get_question(one.kind) is one for one in found)
    assert all(one.summary.endswith(".") for one in registry._own().values())


@pytest.mark.parametrize(
    ("kind", "value", "code", "said"),
    [
        ("broken", "toy_broken:Q", "import nothing_of_this_name", "ModuleNotFoundError"),
        ("absent", "toy_absent:Q", "", "No module named 'toy_absent'"),
        ("nameless", "toy_nameless:Q", "R = 1", "has no attribute 'Q'"),
        ("plain", "toy_plain:Q", "class Q: kind = 'plain'", "is not a heterodot.workflows.Quest"),
    ],
)
def test_a_broken_package_is_one_line_and_takes_nobody_down(site, kind, value, code, said):
    install(site, kind, value, value.partition(":")[0], code)
    assert kind in registry.question_kinds()
    with pytest.raises(InputError, match=said) as error:
        registry.get_question(kind)
    assert "\n" not in str(error.value)
    assert f"{kind!r}" in str(error.value)
    assert registry.get_question("relaxation").kind == "relaxation"
    text = STUDY.replace("atomisation: {fmax: 0.01}", f"{kind}: {{}}")
    with pytest.raises(StudyError, match=r"study.yaml:7: questions\[0\]"):
        Study.parse(text)


def test_a_class_of_another_kind_is_refused(site):
    install(site, "atoms", "toy_kind:Atomisation", "toy_kind", EXAMPLE.read_text())
    with pytest.raises(InputError, match="kind = 'atomisation', expected the name of its entry"):
        registry.get_question("atoms")


def test_a_kind_of_ours_cannot_be_taken(site):
    install(site, "relaxation", "toy_taken:Q", "toy_taken", "raise SystemError")
    (line,) = registry.refused()
    assert "'relaxation' from toy_taken 1.0 (toy_taken:Q) is left out" in line
    assert registry.get_question("relaxation").__module__ == (
        "heterodot.workflows.questions.relaxation"
    )
    assert line in " ".join(heterodot(site, "run", "--help").stdout.split())
    run = heterodot(site, "run", "nowhere.yaml")
    assert run.stderr.splitlines()[0] == line


def test_two_packages_cannot_have_one_kind(site):
    install(site, "mine", "toy_a:Q", "toy_a", "Q = 1")
    install(site, "mine", "toy_b:Q", "toy_b", "Q = 1")
    (line,) = registry.refused()
    assert "toy_b:Q) is left out: 'mine' is that of toy_a:Q" in line


def test_an_unknown_kind_names_those_there_are():
    with pytest.raises(InputError, match="unknown question 'relax'; known: adsorption, "):
        registry.get_question("relax")


def test_the_projection_of_a_d_band_answers_to_its_old_name():
    copper = Octahedron("Cu", 2)
    with pytest.warns(DeprecationWarning, match=r"DBandCentre\(kind=…\) is now projection=…"):
        asked = DBandCentre(copper, Level("gfn1-xtb"), kind="Mulliken")
    assert asked.projection == "Mulliken"
    assert asked.kind == DBandCentre.kind == "d_band_centre"


def test_a_study_may_say_kind_for_the_projection_of_a_d_band(tmp_path):
    write(tmp_path / "cu.xyz", Octahedron("Cu", 2), format="extxyz")
    text = """\
heterodot: 1
systems: {a: {file: cu.xyz}}
levels: {xtb: {code: gfn1-xtb}}
questions: [{d_band_centre: {KEYS}}]
"""
    old, new = (
        Study.parse(text.replace("KEYS", f"{key}: Mulliken"), tmp_path / "s.yaml").cases[0].workflow
        for key in ("kind", "projection")
    )
    assert old.projection == new.projection == "Mulliken"
    with pytest.raises(StudyError, match="given beside 'projection', expected one"):
        Study.parse(text.replace("KEYS", "kind: PAW, projection: PAW"), tmp_path / "s.yaml")
