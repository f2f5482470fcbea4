"""A study answers its questions, writes everything, and never calculates anything twice."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from ase.io import read

from heterodot.analysis import Flag
from heterodot.calculators import Level
from heterodot.errors import HeterodotError, StoreError
from heterodot.workflows import Relaxation, Runner
from heterodot.workflows.study import Study
from heterodot.workflows.study.outputs import write_outputs
from heterodot.workflows.study.tables import csv_table


def test_every_case_is_answered_and_written(result):
    assert list(result.outcomes) == [
        "cluster/relaxation",
        "other/relaxation",
        "cluster/adsorption",
    ]
    assert not result.errors
    out = result.folder
    names = {str(p.relative_to(out)) for p in out.rglob("*") if "store" not in p.parts}
    assert {
        "table.txt",
        "table.csv",
        "table.json",
        "results.json",
        "structures/cluster.xyz",
        "structures/cluster.relaxation.relaxed.xyz",
        "structures/cluster.adsorption.adsorbed.xyz",
        "structures/cluster.adsorption.clean.xyz",
        "figures/cluster.png",
        "figures/cluster.svg",
    } <= names
    assert not [name for name in names if name.endswith(".tmp")]


def test_the_tables_agree_with_the_results_and_each_other(result):
    out = result.folder
    energy = result.results["cluster/relaxation"].energy
    rows = json.loads((out / "table.json").read_text())["rows"]
    assert rows[0]["values"]["E (eV)"] == pytest.approx(energy, abs=1e-12)
    assert rows[0]["label"] == "Cu13, cuboctahedron"
    with (out / "table.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert float(lines[0]["E (eV)"]) == pytest.approx(energy, abs=1e-6)
    assert lines[2]["E (eV)"] == ""
    assert {line["status"] for line in lines} == {"ok"}
    text = (out / "table.txt").read_text()
    assert f"{energy:.3f}" in text
    assert "EMT" in text


def test_python_in_as_many_words_gives_the_same(folder, result):
    atoms = read(folder / "cluster.xyz")
    with Runner(folder / "mine", executor="serial") as runner:
        direct = Relaxation(atoms, Level("emt"), fmax=0.02).run(runner)
    assert direct.energy == result.results["cluster/relaxation"].energy
    np.testing.assert_array_equal(
        direct.structure.positions, result.results["other/relaxation"].structure.positions
    )


def test_run_again_computes_nothing_and_draws_nothing(result):
    study = result.folder.parent / "study.yaml"
    assert result.n_computed > 0
    figure = result.folder / "figures" / "cluster.png"
    table = (result.folder / "table.json").read_bytes()
    drawn = figure.stat().st_mtime_ns
    again = Study.load(study).run(executor="serial")
    assert again.n_computed == 0
    assert again.n_cached > 0
    assert figure.stat().st_mtime_ns == drawn
    assert (result.folder / "table.json").read_bytes() == table
    figure.unlink()
    Study.load(study).run(executor="serial")
    assert figure.exists()


def test_one_failure_leaves_the_others_and_is_in_every_table(folder, monkeypatch):
    from heterodot.errors import CalculationError

    def fail(*_, **__):
        raise CalculationError("the code\nfell over")

    monkeypatch.setattr("heterodot.workflows.Adsorption.run", fail)
    result = Study.load(folder / "study.yaml").run(executor="serial")
    assert set(result.errors) == {"cluster/adsorption"}
    assert len(result.results) == 2
    out = folder / "study-results"
    assert "failed: the code fell over" in (out / "table.txt").read_text()
    row = json.loads((out / "table.json").read_text())["rows"][2]
    assert row["status"] == "failed"
    assert "fell over" in (out / "table.csv").read_text()


def test_a_full_disk_is_one_line_and_leaves_no_half_file(folder, monkeypatch):
    from heterodot.workflows.study import outputs

    real, written = outputs.write_atomically, []

    def full(path, content):
        if path.name == "table.csv":
            raise OSError(28, "No space left on device")
        written.append(path.name)
        real(path, content)

    monkeypatch.setattr(outputs, "write_atomically", full)
    with pytest.raises(StoreError, match=r"No space left on device.*run again") as caught:
        Study.load(folder / "study.yaml").run(executor="serial")
    assert "\n" not in str(caught.value)
    assert not (folder / "study-results" / "table.csv").exists()
    monkeypatch.undo()
    assert Study.load(folder / "study.yaml").run(executor="serial").n_computed == 0


def test_structures_come_back_with_everything(result):
    path = result.folder / "structures" / "cluster.xyz"
    atoms = read(path)
    assert atoms.info["heterodot"]["site"] == result.cases[0].system.site
    assert set(atoms.arrays["role"]) == {"surface"}


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_with_the_same_table(folder, result):
    """SIGKILL to the whole process group, several times, then a run to the end."""
    expected = csv_table(result.rows())
    command = [
        sys.executable,
        "-c",
        "from heterodot.cli import main; main()",
        *("run", str(folder / "study.yaml"), "-o", str(folder / "killed")),
    ]
    for delay in (0.8, 1.2, 1.6):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=True, capture_output=True)
    assert (folder / "killed" / "table.csv").read_text() == expected
    final = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "0 tasks calculated" in final.stderr


def test_levels_and_names_tell_cases_apart(folder, study_text):
    text = study_text.replace(
        "levels:\n  emt: {code: emt}\n",
        "levels:\n  emt: {code: emt}\n  soft: {code: lj, overrides: {}}\n",
    ).replace("    systems: cluster\n", "    systems: cluster\n    level: emt\n    name: bind\n")
    study = Study.parse(text, folder / "study.yaml")
    assert [case.name for case in study.cases] == [
        "cluster/relaxation/emt",
        "cluster/relaxation/soft",
        "other/relaxation/emt",
        "other/relaxation/soft",
        "cluster/bind/emt",
    ]


def test_formulas_cannot_be_smuggled_into_a_spreadsheet(result):
    row = result.rows()[0]
    evil = type(row)(**{**row.__dict__, "label": "=cmd()", "values": {"x": -1.0, "y": "+a"}})
    cells = next(iter(csv.DictReader(csv_table([evil]).splitlines())))
    assert cells["label"] == "'=cmd()"
    assert cells["y"] == "'+a"
    assert float(cells["x"]) == -1.0


def test_errors_of_a_case_are_heterodot_errors(result):
    assert all(not isinstance(r, HeterodotError) for r in result.results.values())


def test_a_site_is_passed_on_where_it_can_be_and_asked_for_where_it_must(folder):
    text = """\
heterodot: 1
systems: {a: {file: cluster.xyz, site: 3}, b: {file: cluster.xyz}}
levels: {xtb: {code: gfn1-xtb}}
questions: [{d_band_centre: {relax: false}}]
"""
    sites = [case.workflow.site for case in Study.parse(text, folder / "study.yaml").cases]
    assert sites == [3, None]


def test_systems_called_alike_are_both_drawn(folder, study_text):
    from heterodot.workflows.study.figures import _groups

    text = study_text.replace("  other:\n", '  other:\n    label: "Cu13, cuboctahedron"\n')
    result = Study.parse(text, folder / "study.yaml").run(executor="serial")
    groups = _groups(result.cases, result.results, "relaxation")
    assert [list(group) for group in groups.values()] == [
        ["Cu13, cuboctahedron", "Cu13, cuboctahedron (other)"]
    ]


def test_a_shared_figure_is_named_after_what_tells_it_apart():
    """By question and level where there are several, or where another figure has its name."""
    from heterodot.workflows.study.figures import _add_shared

    class Answer:
        def __init__(self, names):
            self.names = names

        @classmethod
        def shared_figures(cls, answers):
            return {name: lambda: None for answer in answers.values() for name in answer.names}

    one = {"system": Answer(["pdos"])}
    drawings = {}
    _add_shared(drawings, {("bands", "emt"): one})
    assert list(drawings) == ["pdos"]
    _add_shared(drawings, {("again", "emt"): one})
    assert list(drawings) == ["pdos", "pdos-again-emt"]
    drawings = {}
    both = {("bands", "emt"): one, ("bands", "lj"): one, ("none", "lj"): {"system": Answer([])}}
    _add_shared(drawings, both)
    assert list(drawings) == ["pdos-bands-emt", "pdos-bands-lj"]


def test_two_runs_write_the_same_folder(folder, result):
    failures = []
    result = replace(result, cases=result.cases[1:2])  # one system and its figures are enough

    def write():
        try:
            for _ in range(2):
                (folder / ".figures.json").unlink(missing_ok=True)
                write_outputs(result, folder)
        except Exception as error:
            failures.append(error)
        os._exit(len(failures))

    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            write()
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert not [path for path in folder.rglob("*") if "tmp" in path.name]
    assert len(list((folder / "figures").glob("*.png"))) == 2  # as built, and relaxed


def test_the_relaxed_states_are_drawn_with_their_flags(result):
    """Beside each system as built; the name of every flag is in the title."""
    from heterodot.workflows.study.figures import figures_of

    drawings = figures_of(result.cases, result.results)
    states = [name for name in drawings if name.startswith("cluster-")]
    assert {"cluster-relaxation-relaxed", "cluster-adsorption-adsorbed"} <= set(states)
    for name in states:
        assert (result.folder / "figures" / f"{name}.png").exists()
    answer = result.results["cluster/adsorption"]
    figure = drawings["cluster-adsorption-adsorbed"]()
    texts = [*figure.texts, *(t for axes in figure.axes for t in (axes.title, *axes.texts))]
    title = " ".join(text.get_text() for text in texts).replace("\n", " ")
    assert "adsorbed" in title
    assert all(flag.name in title for flag in answer.flags)
    assert ("†" in title) == bool(answer.flags)


def test_a_system_as_built_is_drawn_with_its_flags(result):
    """Each name in one piece: a line does not end within it."""
    from heterodot.provenance import add_flag
    from heterodot.workflows.study.figures import _flagged_title, _picture

    case = next(case for case in result.cases if case.system.name == "cluster")
    atoms = case.system.atoms.copy()
    add_flag(atoms, "defect-apart", "the vacant Cu site is 7.8 Å from the active Cu3")
    figure = _picture(replace(case.system, atoms=atoms))
    texts = [*figure.texts, *(t for axes in figure.axes for t in (axes.title, *axes.texts))]
    assert any("† defect-apart" in text.get_text() for text in texts)
    names = ("defect-apart", "physisorbed", "hole-elsewhere", "no-gap", "not-relaxed")
    lines = _flagged_title("far", [Flag(name, "") for name in names]).splitlines()
    assert all(any(name in line for line in lines) for name in names)
