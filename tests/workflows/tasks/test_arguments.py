"""What the public names of workflows are given is checked: one line of ours, never Python's own."""

from __future__ import annotations

import dataclasses
import inspect
import math

import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import workflows
from heterodot.calculators import Level
from heterodot.errors import HeterodotError, InputError
from heterodot.workflows import Relax, Relaxation, Runner, Store, run_all
from heterodot.workflows.running.batch.profile import Profile, Resources, load_profile
from heterodot.workflows.study import Study
from heterodot.workflows.tasks.arguments import Checked

PAIR = Atoms("Cu2", [[0, 0, 0], [0, 0, 2.3]])
EMT, GFN1 = Level("emt"), Level("gfn1-xtb")
BAD = [
    None, "two", "", math.nan, math.inf, -math.inf, -1, 0, 1.5, True, [], {}, object(), b"x",
    10**400, (1,), ["x"], [math.nan],
]  # fmt: skip
GIVEN = {
    "atoms": PAIR, "dot": PAIR, "complex": PAIR, "interface": PAIR, "site": 0, "adsorbate": "CO",
    "levels": (EMT, EMT), "end": PAIR,
}  # fmt: skip


def one_line(call) -> None:
    """Either it is taken, or refused in one line by our own error."""
    said = ""
    try:
        call()
    except HeterodotError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 1000


def questions() -> list[type]:
    named = [getattr(workflows, name) for name in workflows.__all__]
    return [
        thing
        for thing in named
        if inspect.isclass(thing) and issubclass(thing, Checked) and not inspect.isabstract(thing)
    ]


@pytest.mark.parametrize("question", questions(), ids=lambda q: q.__name__)
@pytest.mark.parametrize("level", [EMT, GFN1], ids=["emt", "gfn1"])
def test_no_argument_of_a_question_or_a_task_is_a_python_error(question, level):
    parameters = inspect.signature(question).parameters
    for name in parameters:
        for value in BAD:
            given_ = {k: {**GIVEN, "level": level}.get(k) for k in parameters}
            arguments = {
                k: v
                for k, v in given_.items()
                if k in GIVEN or k == "level"
            } | {name: value}  # fmt: skip

            def make(arguments=arguments) -> None:
                made = question(**arguments)
                _ = getattr(made, "key", None), getattr(made, "planned_tasks", None)

            one_line(make)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"fmax": math.nan}, "fmax nan: expected a finite number"),
        ({"fmax": -0.1}, "fmax -0.1: expected a positive force"),
        ({"fmax": "0.05"}, "fmax '0.05': expected a finite number"),
        ({"steps": 2.5}, "steps 2.5: expected a whole number"),
        ({"steps": True}, "steps True: expected a whole number"),
        ({"steps": -3}, "steps -3: expected 1 or more"),
        ({"optimizer": 3}, "optimizer 3: expected text"),
        ({"level": "gfn1-xtb"}, "level 'gfn1-xtb': expected a Level"),
        ({"atoms": "dot.xyz"}, "atoms 'dot.xyz': expected a structure"),
    ],
)
def test_the_value_and_what_is_expected_are_said(arguments, words):
    for kind in (Relaxation, Relax):
        with pytest.raises(InputError) as caught:
            kind(**{"atoms": PAIR, "level": EMT, **arguments})
        assert words in str(caught.value)


@pytest.mark.parametrize("value", BAD, ids=lambda v: f"{type(v).__name__}-{str(v)[:8]}")
def test_the_runner_and_the_store_say_what_they_take(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    for name in ("workers", "executor", "profile", "on_event"):
        one_line(lambda n=name: Runner("r", **{"executor": "serial", n: value}).close())
    for call in (
        lambda: Store(value),
        lambda: Study.load(value),
        lambda: Study.parse(value),
        lambda: load_profile(value),
        lambda: Profile.from_dict(value),
        lambda: Store("r").get(value),
        lambda: Store("r").put(value, {"result": {}}),
        lambda: Store("r").failure(value),
    ):
        one_line(call)
    with Runner("r", "serial") as runner:
        for call in (
            lambda: runner.run(value),
            lambda: runner.gather(value),
            lambda: runner.plan(value),
            lambda: run_all(value, runner),
            lambda: run_all({"a": value}, runner),
        ):
            one_line(call)
    for cls in (Profile, Resources):
        for entry in dataclasses.fields(cls):
            one_line(lambda c=cls, n=entry.name: c(**{n: value}))


@pytest.mark.parametrize("workers", ["two", 1.5, True, 0, -1, math.nan, 10_001])
def test_workers_that_are_no_number(tmp_path, workers):
    with pytest.raises(InputError, match=r"workers = .*: expected at least 1, a whole number"):
        Runner(tmp_path, "serial", workers=workers)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["fmax", "steps", "optimizer", "name", "level", "atoms"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
)
def test_whatever_is_given_is_taken_or_refused_in_one_line(name, value):
    one_line(lambda: Relaxation(**{"atoms": PAIR, "level": EMT, name: value}))
