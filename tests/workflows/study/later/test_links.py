"""A study that goes on from its own answers: what was relaxed is what is asked of next."""

import pytest
from ase import Atoms

from heterodot.errors import StudyError
from heterodot.report import write_report
from heterodot.report.stored import stored_answers, study_of
from heterodot.workflows.study import Study

STUDY = """\
heterodot: 1
systems:
  again:
    label: pair, relaxed and moved on
    from: pair/relaxation
    build: [{add_adsorbate: {site: 1, adsorbate: OH}}]
  pair: {file: pair.extxyz, site: 1}
  last:
    from: again/finer
levels: {emt: {code: emt}}
questions:
  - relaxation: {fmax: 0.01}
    systems: pair
  - vibrations: {relax: false, indices: [0, 1], fmax: 0.02}
    systems: last
  - relaxation: {fmax: 0.005, steps: 40}
    name: finer
    systems: again
"""


def _study(folder, text: str = STUDY, **kinds) -> Study:
    Atoms("Cu2", [[0, 0, 0], [0, 0, 2.5]]).write(folder / "pair.extxyz")
    (folder / "study.yaml").write_text(text)
    return Study.load(folder / "study.yaml")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return _study(tmp_path_factory.mktemp("links"))


@pytest.fixture(scope="module")
def result(study):
    return study.run(executor="serial")


def test_questions_are_asked_in_the_order_of_their_structures(result):
    assert result.errors == {}
    # the study's order in the table, whatever the order of the work
    assert list(result.outcomes) == ["pair/relaxation", "last/vibrations", "again/finer"]
    relaxed = result.results["pair/relaxation"].structure
    start = {case.name: case.system for case in result.cases}
    assert start["again/finer"].atoms.positions[:2] == pytest.approx(relaxed.positions)
    assert len(start["again/finer"].atoms) == 4  # with the hydroxyl the step put there
    assert start["again/finer"].site == 1  # of the system the question was asked of
    finer = result.results["again/finer"]
    assert start["last/vibrations"].atoms.positions == pytest.approx(finer.structure.positions)
    flags = {flag.name for flag in result.results["last/vibrations"].flags}
    assert {flag.name for flag in finer.flags} <= flags  # it rests on them
    assert (result.folder / "structures" / "again.xyz").exists()


def test_a_second_run_calculates_nothing(study, result):
    again = study.run(executor="serial")
    assert (result.n_computed, again.n_computed, again.n_cached) == (3, 0, 3)
    assert again.table() == result.table()


def test_what_stands_on_a_failure_says_so(tmp_path, monkeypatch):
    from heterodot.errors import ConvergenceError
    from heterodot.workflows.tasks.tasks import Relax

    def fail(self, *_):
        raise ConvergenceError("no minimum here")

    monkeypatch.setattr(Relax, "solve", fail)
    result = _study(tmp_path).run(executor="serial")
    said = {name: str(error) for name, error in result.errors.items()}
    assert said["pair/relaxation"].endswith("no minimum here")
    assert said["again/finer"] == (
        "not asked: its structure is the answer of pair/relaxation, which failed: no minimum here"
    )
    assert "which failed: not asked" in said["last/vibrations"]
    rows = {row.system: row for row in result.rows()}
    assert (rows["again"].status, rows["again"].level) == ("failed", "EMT")
    assert not (result.folder / "structures" / "again.xyz").exists()
    assert "last: failed" in result.table()


def test_an_answer_with_several_structures_needs_a_state(tmp_path):
    text = """\
heterodot: 1
systems:
  pair: {file: pair.extxyz, site: 1}
  bound: {from: pair/adsorption}
  wrong: {from: pair/adsorption, state: covered}
levels: {emt: {code: emt}}
questions:
  - adsorption: {adsorbate: CO, n_starts: 1, steps: 1}
    systems: pair
  - relaxation: {steps: 1}
    systems: [bound, wrong]
"""
    result = _study(tmp_path, text).run(executor="serial")
    said = {name: str(error) for name, error in result.errors.items()}
    assert set(said) == {"bound/relaxation", "wrong/relaxation"}
    assert (
        "study.yaml:4: systems.bound.from: given no 'state', expected" in said["bound/relaxation"]
    )
    assert "of pair/adsorption: adsorbed, clean" in said["bound/relaxation"]
    assert "systems.wrong.state: given state 'covered'" in said["wrong/relaxation"]


def test_a_question_that_cannot_be_asked_takes_no_other_with_it(tmp_path):
    text = """\
heterodot: 1
systems:
  pair: {file: pair.extxyz, site: 1}
  bound: {from: pair/adsorption, state: adsorbed}
levels: {emt: {code: emt}}
questions:
  - adsorption: {adsorbate: CO, n_starts: 1, steps: 1}
    systems: pair
  - vibrations: {relax: false, indices: adsorbate}
    systems: bound
  - vibrations: {relax: false, indices: [99]}
    name: none
    systems: bound
"""
    result = _study(tmp_path, text).run(executor="serial")
    assert list(result.errors) == ["bound/none"]
    assert "99" in str(result.errors["bound/none"])
    assert result.results["bound/vibrations"].indices == (2, 3)  # the atoms of CO


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("from: pair/relaxation", "from: pair/relax", "which this study does not ask"),
        ("from: pair/relaxation", "from: last/vibrations", "again from last from again: a circle"),
        ("from: pair/relaxation", "from: again/finer", "again from again: a circle"),
        ("adsorbate: OH", "adsorbat: OH", "systems.again.build"),
        ("pair: {file", "pair: {state: relaxed, file", "'state' with 'from' only"),
        ("from: again/finer", "from: again/finer\n    file: x.xyz", "either 'file' or 'from'"),
    ],
)
def test_what_cannot_be_followed_is_refused_at_once(tmp_path, old, new, said):
    with pytest.raises(StudyError, match=said) as error:
        _study(tmp_path, STUDY.replace(old, new, 1))
    assert "\n" not in str(error.value)


def test_a_system_that_is_an_answer_is_not_built_alone(study):
    assert list(study.systems) == ["pair"]
    with pytest.raises(StudyError, match="its structure is an answer"):
        study.system("again")


def test_a_report_read_again_has_the_systems_that_are_answers(result):
    write_report(result, STUDY)
    asked = study_of(result.folder)
    assert set(asked.systems) == {"pair"}
    read = stored_answers(asked, result.folder)
    assert list(read.outcomes) == list(result.outcomes)
    assert read.errors == {}
    assert read.keys == result.keys
