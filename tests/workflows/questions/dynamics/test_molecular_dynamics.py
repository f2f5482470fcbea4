"""The questions of dynamics: what they say, draw and flag, and that nothing is done twice."""

import json

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from heterodot.analysis.motion.trajectories.course import judge_course
from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.calculators import Level
from heterodot.data.flags import flag_names
from heterodot.errors import InputError
from heterodot.workflows.questions.dynamics.following import bond_flags
from heterodot.workflows.questions.dynamics.gap_along import GapAlong, GapSeries, _closing
from heterodot.workflows.questions.dynamics.molecular_dynamics import MolecularDynamics
from heterodot.workflows.running.runner import Runner

EMT = Level("emt")


def asked(**more):
    given = {"steps": 90, "timestep": 4.0, "equilibrate": 20, "relax": False} | more
    return MolecularDynamics(bulk("Cu", cubic=True), EMT, name="Cu", **given)


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dynamics")
    with Runner(folder / "store", executor="serial") as runner:
        first = asked().run(runner)
        asked().run(runner)
        assert runner.counts.computed == 2  # warming up, dynamics
        yield first


def test_what_it_says(answer):
    values = answer.quantities()
    assert values["time (ps)"].value == pytest.approx(0.36)
    assert 100 < values["T (K)"].value < 600
    assert values["Cu–Cu bond (Å)"].value == pytest.approx(3.61 / np.sqrt(2), rel=0.03)
    assert values["bonds broken"].value == 0
    assert "every bond held" in answer.headline()
    assert len(answer.trajectory) == len(answer.movies["trajectory"].frames) == 91
    json.dumps(answer.to_dict(), allow_nan=False)


def test_what_it_draws(answer):
    drawn = answer.figures("cu", "Cu")
    # a third of 0.3 ps resolves no line of copper: no spectrum
    assert list(drawn) == ["cu-course", "cu-distances", "cu-displacements"]
    course = drawn["cu-course"]()
    assert [axes.get_ylabel().split("\n")[0] for axes in course.axes] == [
        "T (K)", "ΔE$_{pot}$", "conserved",
    ]  # fmt: skip
    assert drawn["cu-distances"]().axes[0].get_ylabel() == "$g(r)$"
    assert len(drawn["cu-displacements"]().axes[0].lines) == 1


def series(temperature=300.0, drift=0.0, n=2000, wanted=300.0):
    """A made-up dynamics of ten atoms: white noise about a temperature, a drift in meV/atom/ps."""
    rng = np.random.default_rng(0)
    atoms = Atoms("Cu10")
    columns = {
        "positions": np.zeros((n, 10, 3), "f4"),
        "energy": rng.normal(0, 0.05, n),
        "temperature": rng.normal(temperature, 40, n),
        "conserved": drift * 0.01 * np.arange(n) / 1000 + rng.normal(0, 0.001, n),
    }
    return Trajectory(atoms, 1.0, columns, origin={"ensemble": "csvr", "temperature": wanted})


def test_a_course_is_judged():
    fine = judge_course(series())
    assert fine.flags == ()
    assert fine.temperature.value == pytest.approx(300, abs=4)
    assert fine.temperature.error == pytest.approx(40 / np.sqrt(2000), rel=0.2)
    drifting = judge_course(series(drift=5.0))
    assert flag_names(drifting.flags) == ("energy-drift",)
    assert drifting.drift.value == pytest.approx(5, rel=0.05)
    assert flag_names(judge_course(series(temperature=330)).flags) == ("not-equilibrated",)
    assert flag_names(judge_course(series(n=5)).flags) == ("not-equilibrated",)


def test_what_comes_apart_is_flagged():
    from heterodot.analysis.motion.trajectories.bonds import bond_report

    pair = Atoms("CdS", [(0, 0, 0), (2.5, 0, 0)])
    away = np.repeat(pair.positions[None], 50, axis=0)
    away[:, 1, 0] += np.linspace(0, 5, 50)
    trajectory = Trajectory(pair, 1.0, {"positions": away})
    (flag,) = bond_flags(trajectory, bond_report(trajectory))
    assert flag.name == "dissociated"
    assert "Cd0–S1" in flag.message
    assert "1 to 2 pieces" in flag.message


def test_gaps_that_close_are_flagged():
    gaps = np.array([0.5, 0.3, 0.05, 0.0])
    found = _closing(GapSeries(300.0, 10.0 * np.arange(4), gaps, gaps, gaps, None, 0.0))
    assert flag_names(found) == ("gap-closes",)
    assert "2 of 4 frames, first at 0.02 ps" in found[0].message


def test_the_gap_along_anothers_trajectory(serial):
    """Frames as tasks: asked again with more frames, only the new ones are calculated."""
    pytest.importorskip("tblite")
    copper = Atoms("Cu2", [(0, 0, 0), (0, 0, 2.22)])
    levels = (EMT, Level("gfn1-xtb"))
    given = {"steps": 8, "timestep": 4.0, "relax": False, "name": "Cu2"}
    found = GapAlong(copper, levels, snapshot=4, **given).run(serial)
    assert serial.counts.computed == 1 + 3
    (one,) = found.series
    assert one.gaps == pytest.approx(one.lumo - one.homo)
    assert one.times.tolist() == [0, 16, 32]
    assert found.dynamics_level == EMT.label
    more = GapAlong(copper, levels, snapshot=2, **given).run(serial)
    assert serial.counts.computed == 1 + 5
    assert more.series[0].gaps[::2] == pytest.approx(one.gaps)
    json.dumps(found.to_dict(), allow_nan=False)
    assert list(found.figures("cu")) == ["cu-gaps"]
    found.figures("cu")["cu-gaps"]()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"levels": (EMT,)}, "orbitals"),
        ({"levels": (EMT, EMT, EMT)}, "expected the one that moves"),
        ({"temperatures": ()}, "expected positive ones"),
        ({"snapshot": 6}, "expected 1 to 5"),
    ],
)
def test_what_cannot_be_asked_of_gaps(wrong, said):
    given = {"levels": (EMT, Level("gfn1-xtb")), "steps": 10, "snapshot": 2, "timestep": 0.5}
    with pytest.raises(InputError, match=said):
        GapAlong(molecule("H2O"), **(given | wrong))


def test_what_cannot_be_followed_is_said_before_anything_is_relaxed():
    with pytest.raises(InputError, match="Cu vibrates in"):
        asked(timestep=30.0)
    with pytest.raises(InputError, match="equilibrate -1"):
        asked(equilibrate=-1)
