"""Which charts a study has, and how they are told apart."""

import json
from types import SimpleNamespace

from heterodot.report.charts import charts_of, study_charts
from heterodot.workflows.study.cases import Case, System
from heterodot.workflows.study.results import StudyResult
from heterodot.workflows.tasks.outcomes import Done


def test_the_charts_of_a_study_by_question_and_level(reduction, runner):
    answer = reduction()
    question = SimpleNamespace(name="reduction", kind="co2_reduction")
    cases = tuple(
        Case(f"{name}/{level}", System(name, "Cu13", answer.clean, 1), question, level, None)
        for level in ("emt", "other")
        for name in ("one", "two")
    )  # fmt: skip
    outcomes = {case.name: Done(answer) for case in cases}
    study = StudyResult("A study", cases, outcomes, 0, 0, (), runner.store.path.parent)
    found = study_charts(study)
    json.dumps(found, allow_nan=False)
    names = [chart["name"] for chart in found]
    assert names == ["free_energy-1", "free_energy-2", "convergence"]
    first, second, last = found
    assert (first["question"], first["level"]) == ("reduction", "emt")
    assert (second["question"], second["level"]) == ("reduction", "other")
    assert "question" not in last
    # systems that are called alike keep their own names beside
    assert [s["name"] for s in first["systems"]] == ["Cu13 (one)", "Cu13 (two)"]
    assert len(last["runs"]) == len([r for r in runner.store.records() if r["task"] == "relax"])


def test_a_result_without_a_chart_has_none(runner, reduction):
    assert charts_of(SimpleNamespace()) == []
    assert [chart["kind"] for chart in charts_of(reduction())] == ["free_energy"]
