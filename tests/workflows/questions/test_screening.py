"""Screening: the funnel from a cheap level to a dearer one, and what it says of itself."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms
from ase.cluster import Octahedron

from heterodot.analysis import rank_correlation
from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.structures import crystal, passivate, pyramid
from heterodot.workflows import Screening
from heterodot.workflows.study import Study

EMT, LJ = Level("emt"), Level("lj")


def alloys(n: int = 8) -> dict[str, Atoms]:
    """Two gold atoms in different places of a copper cluster, some of them alike."""
    cluster = Octahedron("Cu", 3, cutoff=1)
    found = {}
    for i in range(n):
        one = cluster.copy()
        one.numbers[[0, 1 + i]] = 79
        found[f"place {i}"] = one
    return found


def test_the_best_and_some_controls_go_on(serial):
    cluster = Octahedron("Cu", 3, cutoff=1)
    found = Screening(cluster, (EMT, LJ), candidates=alloys(), keep=(2,), controls=1).run(serial)
    assert found.counts()[0] == 8
    assert 2 <= found.counts()[1] <= 3
    roles = [c.roles[-1] for c in found.candidates if len(c.energies) == 2]
    assert roles.count("promoted") <= 2
    cheap = sorted(c.energies[0] for c in found.candidates)
    promoted = [c.energies[0] for c in found.candidates if c.roles[-1] == "promoted"]
    assert min(promoted) == cheap[0]
    energies = [c.energies[1] for c in found.candidates if len(c.energies) == 2]
    assert energies == sorted(energies)
    assert all(c.fate for c in found.candidates if len(c.energies) == 1)
    assert "ended as another candidate" in {c.fate for c in found.candidates}  # by symmetry
    assert "too few to say" in found.summary() or "not defined" in found.summary()
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["kind"] == "Screening"
    assert len(data["candidates"]) == 8
    assert found.plot().axes[0].get_xlabel().startswith("E − lowest (eV)")


def test_it_is_not_done_twice_and_a_third_level_is_reached(serial):
    cluster = Octahedron("Cu", 3, cutoff=1)
    warm = Level("emt", overrides={"asap_cutoff": True})
    question = Screening(
        cluster, (LJ, EMT, warm), candidates=alloys(6), keep=(3, 1), controls=0
    )  # fmt: skip
    found = question.run(serial)
    computed = serial.counts.computed
    again = question.run(serial)
    assert serial.counts.computed == computed <= question.planned_tasks
    assert [c.energies for c in again.candidates] == [c.energies for c in found.candidates]
    assert len(found.best.energies) == 3
    assert len(found.correlations) == 2
    for stage in (0, 1, -1):
        found.plot(stage=stage)
    with pytest.raises(InputError, match="stage"):
        found.plot(stage=2)


def test_one_that_fails_is_listed_and_the_others_go_on(serial):
    candidates = alloys(4)
    candidates["on top"] = candidates["place 0"].copy()
    candidates["on top"].positions[1] = candidates["on top"].positions[0] + [0.3, 0, 0]
    cluster = Octahedron("Cu", 3, cutoff=1)
    found = Screening(cluster, (EMT, LJ), candidates=candidates, keep=(2,)).run(serial)
    lost = next(c for c in found.candidates if c.label == "on top")
    assert lost.energies == ()
    assert "failed at EMT" in lost.fate
    assert "overlap" in lost.fate
    assert "failed at EMT" in found.summary()


def test_a_control_that_wins_is_flagged(serial, monkeypatch):
    """Lennard-Jones knows no gold from copper: the order of EMT is not its own."""
    cluster = Octahedron("Cu", 3, cutoff=1)
    found = Screening(cluster, (EMT, LJ), candidates=alloys(), keep=(1,), controls=3).run(serial)
    control_won = found.best.roles[-1] == "control"
    assert control_won == ("control-is-best" in {flag.name for flag in found.flags})


def test_an_adsorbate_in_every_way_on_every_site(serial):
    cluster = Octahedron("Cu", 3, cutoff=1)
    question = Screening(cluster, (EMT, LJ), adsorbate="CO", sites="Cu", n_starts=2, keep=(2,))
    assert len(question.built) >= 2
    assert len({a.get_chemical_formula() for a in question.built.values()}) == 1
    found = question.run(serial)
    assert found.counts()[0] >= 2


def test_a_site_without_room_is_said(serial):
    cluster = Octahedron("Cu", 3, cutoff=1)
    away = np.linalg.norm(cluster.positions - cluster.positions.mean(axis=0), axis=1)
    inner = int(away.argmin())
    question = Screening(
        cluster, (EMT, LJ), adsorbate="CO", sites=(0, inner), n_starts=2, keep=(1,)
    )
    assert question.crowded == (f"Cu{inner}",)
    assert "no-room" in {flag.name for flag in question.run(serial).flags}


STUDY = """\
heterodot: 1
title: A vacancy in a small dot
systems:
  dot:
    build:
      - pyramid: {crystal: CuInS2, base: 2, truncate_corners: true}
      - passivate: H
levels:
  gfn1: {code: gfn1-xtb}
  gfn2: {code: gfn2-xtb}
questions:
  - screening: {defects: V_Cu, keep: [1], controls: 1, fmax: 0.3, steps: 12}
output: out
"""


def test_in_a_study_all_levels_are_one_question(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY)
    study = Study.load(tmp_path / "study.yaml")
    assert [case.name for case in study.cases] == ["dot/screening"]
    result = study.run(workers=1)
    assert not result.errors
    text = (tmp_path / "out" / "table.txt").read_text()
    assert "candidates at GFN1-xTB, 300 K" in text
    assert "best" in text
    assert (tmp_path / "out" / "figures" / "dot-screening.png").is_file()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"levels": (EMT,)}, "two or more"),
        ({"keep": (2, 3)}, "keep"),
        ({"keep": (0,)}, "keep"),
        ({"controls": -1}, "controls"),
        ({"limit": 0}, "limit"),
        ({"limit": 3}, "at most limit = 3"),
        ({"candidates": None}, "given none, expected defects or adsorbate$"),
        ({"defects": "V_Cu"}, "given defects and candidates, expected only one of them"),
        ({"candidates": {"one": Octahedron("Cu", 3, cutoff=1)}}, "two or more to screen"),
        ({"candidates": None, "adsorbate": "CO"}, "sites"),
        ({"candidates": None, "adsorbate": "CO", "sites": (0, 99)}, r"sites \[99\]: expected"),
        ({"candidates": None, "adsorbate": "XQ", "sites": (0, 1)}, "XQ"),
        (
            {
                "candidates": {
                    "a": Octahedron("Cu", 3, cutoff=1),
                    "b": Octahedron("Au", 3, cutoff=1),
                }
            },
            "one composition at a time",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(given, message):
    arguments = {"levels": (EMT, LJ), "candidates": alloys(), "keep": (2,), **given}
    with pytest.raises(InputError, match=message) as refused:
        Screening(Octahedron("Cu", 3, cutoff=1), **arguments)
    assert "\n" not in str(refused.value)


def test_defects_of_one_kind_are_candidates_each_once():
    dot = pyramid(crystal("CuInS2"), 3, truncate_corners="apex", apex="Cu")
    built = Screening(passivate(dot), (EMT, LJ), defects=["V_Cu", "V_Cu"]).built
    assert len(built) == 10  # pairs of five copper atoms, none alike here
    assert len({a.get_chemical_formula() for a in built.values()}) == 1


def test_ranks_are_correlated_as_scipy_does_and_few_say_nothing():
    rng = np.random.default_rng(0)
    a = rng.random(40)
    found = rank_correlation(a, a + 0.1 * rng.random(40))
    assert found.says_something
    assert found.low < found.spearman < found.high
    assert 0.5 < found.kendall < found.spearman
    assert "95 % interval" in found.statement()
    perfect, exchanged = (rank_correlation(range(7), [*range(5), *end]) for end in ([5, 6], [6, 5]))
    assert exchanged.low < perfect.low < 0.95, "seven in order are no proof"
    assert perfect.high == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [3, 2, 1]).spearman == pytest.approx(-1)
    assert "too few" in rank_correlation([1, 2, 3], [3, 2, 1]).statement()
    assert "not defined" in rank_correlation([1, 2], [1, 2]).statement()
    assert rank_correlation([1, 1, 1], [1, 2, 3]).to_dict()["spearman"] is None
    for wrong in (([1, 2], [1]), ([1, float("nan")], [1, 2])):
        with pytest.raises(InputError, match="finite"):
            rank_correlation(*wrong)
