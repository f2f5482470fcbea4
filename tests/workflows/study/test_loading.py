"""Results read again from their folder: no YAML, nothing calculated, nothing written."""

import builtins
import json
import shutil

import numpy as np
import pytest
from ase import Atoms

import heterodot
from heterodot import load_results
from heterodot.errors import CalculationError, InputError, MissingDependencyError, StoreError
from heterodot.workflows.study import Study

STUDY = """\
heterodot: 1
title: Pairs <and> levels
systems:
  pair-1: {label: a pair, file: pair.extxyz, site: 0}
  on: {from: pair-1/relaxation/emt}
levels: {emt: {code: emt}, lj: {code: lj}}
questions:
  - relaxation: {fmax: 0.02}
    systems: pair-1
  - adsorption: {adsorbate: CO, n_starts: 1, steps: 2}
    systems: pair-1
    level: emt
  - vibrations: {relax: false, indices: [0]}
    systems: on
    level: emt
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """The study, answered once, its YAML gone and its folder moved."""
    folder = tmp_path_factory.mktemp("loading")
    Atoms("Cu2", [[0, 0, 0], [0, 0, 2.5]]).write(folder / "pair.extxyz")
    (folder / "study.yaml").write_text(STUDY)
    found = Study.load(folder / "study.yaml").run(executor="serial")
    (folder / "study.yaml").unlink()
    (folder / "pair.extxyz").unlink()
    return found


@pytest.fixture(scope="module")
def results(result):
    return load_results(result.folder)


def _state(folder):
    return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*") if p.is_file()}


def test_answers_are_those_of_the_study_and_nothing_is_written(result):
    before = _state(result.folder)
    results = load_results(result.folder)
    assert results.table() == result.table()
    assert results["on"].vibrations.to_dict() == result.results["on/vibrations/emt"].to_dict()
    assert results.pair_1["relaxation/lj"].energy == result.results["pair-1/relaxation/lj"].energy
    assert _state(result.folder) == before


def test_answers_are_found_by_name_and_completed(results):
    assert list(results) == ["pair-1", "on"]
    assert {"pair_1", "on", "to_dataframe"} <= set(dir(results))
    assert results._ipython_key_completions_() == ["pair-1", "on"]
    system = results["pair-1"]
    assert list(system) == ["relaxation/emt", "relaxation/lj", "adsorption/emt"]
    assert {"relaxation", "adsorption", "atoms"} <= set(dir(system))
    assert system.adsorption is system["adsorption/emt"]  # one level: the answer itself
    both = system.relaxation
    assert list(both) == ["emt", "lj"]
    assert both["emt"].level == "EMT"
    assert np.allclose(system.atoms.positions[1], [0, 0, 2.5])
    assert (system.label, system.site) == ("a pair", 0)


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda r: r["pair1"], KeyError, "expected one of pair-1, on.*did you mean"),
        (lambda r: r.pair1, AttributeError, "expected one of pair_1, on"),
        (lambda r: r["on"].relaxation, AttributeError, "expected one of vibrations"),
        (lambda r: r["on"]["relaxation"], InputError, "on/relaxation: expected one of"),
        (lambda r: r["pair-1"].relaxation.energy, AttributeError, "several answers here"),
        (lambda r: r["pair-1"].relaxation["gpaw"], InputError, "expected one of emt, lj"),
    ],
)
def test_a_name_that_is_not_there_is_said(results, ask, error, said):
    with pytest.raises(error, match=said):
        ask(results)


def test_what_is_not_finished_is_an_error_not_a_calculation(result, tmp_path):
    folder = tmp_path / "part"
    shutil.copytree(result.folder, folder)
    for record in (folder / "store" / "results").rglob("*.json"):
        if json.loads(record.read_text())["task"] == "hessian":
            record.unlink()
    results = load_results(folder)
    with pytest.raises(StoreError, match="no answer: on emt vibrations is not calculated yet"):
        results["on"].vibrations  # noqa: B018
    assert results["pair-1"].adsorption.candidates
    assert {row.status for row in results.rows()} == {"ok", "failed"}
    assert "no answer" not in results["pair-1"]._repr_html_()


def test_a_failure_is_told_as_it_was(tmp_path, monkeypatch):
    from heterodot.workflows.tasks.tasks import Relax

    def fail(self, *_):
        raise ZeroDivisionError("no minimum")

    monkeypatch.setattr(Relax, "solve", fail)
    Atoms("Cu2", [[0, 0, 0], [0, 0, 2.5]]).write(tmp_path / "pair.extxyz")
    (tmp_path / "study.yaml").write_text(STUDY)
    folder = Study.load(tmp_path / "study.yaml").run(executor="serial").folder
    results = load_results(folder)
    with pytest.raises(CalculationError, match=r"relaxation/emt: no answer: .*no minimum"):
        results["pair-1"].relaxation["emt"]
    with pytest.raises(InputError, match="not asked: its structure is the answer of"):
        results["on"].vibrations  # noqa: B018
    assert "failed" in results._repr_html_()


def test_data_frames_and_their_absence(results, result, monkeypatch):
    pandas = pytest.importorskip("pandas")
    frame = results.to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["system"]) == ["pair-1", "pair-1", "pair-1", "on"]
    assert frame.equals(result.to_dataframe())
    given = builtins.__import__

    def without(name, *more, **kwargs):
        if name == "pandas":
            raise ImportError(name)
        return given(name, *more, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match="pip install pandas"):
        results.to_dataframe()


def test_a_folder_without_results_is_refused(tmp_path, result):
    with pytest.raises(InputError, match="expected a folder with results, but it has none"):
        load_results(tmp_path)
    folder = tmp_path / "old"
    shutil.copytree(result.folder, folder)
    (folder / "asked.json").unlink()
    with pytest.raises(InputError, match="run the study once more"):
        load_results(folder)
    data = json.loads((result.folder / "asked.json").read_text())
    hostile = {"code": "ase", "protocol": "moderate", "overrides": {"factory": "os:system"}}
    data["cases"][0]["levels"] = [hostile]
    (folder / "asked.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match="ase"):
        load_results(folder)
    (folder / "asked.json").write_text('{"schema": 1, "title": 3}')
    with pytest.raises(InputError, match="is not what heterodot writes"):
        load_results(folder)


def test_results_show_themselves_escaped(results):
    page = results._repr_html_()
    assert "Pairs &lt;and&gt; levels" in page
    assert "<and>" not in page
    assert "relaxation" in page
    one = results["pair-1"].adsorption
    assert "E_ads (eV)" in one._repr_html_()
    assert f"{one.energy:.3f}" in one._repr_html_()
    assert "Results of" in repr(results)


def test_the_names_of_the_package_are_there():
    assert {"view", "load_results"} <= set(dir(heterodot))
