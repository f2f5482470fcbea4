"""Paths whose barriers are known: model surfaces, and copper by EMT beside ASE's own band."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import add_adsorbate, bulk, fcc100
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.mep.neb import NEB
from ase.optimize import BFGS, FIRE
from ase.vibrations import Vibrations
from tests.workflows.questions.paths.surfaces import MINIMA, SADDLES, SCALE, level, particle

from heterodot.calculators import Level
from heterodot.data.flags import flag_names
from heterodot.errors import CalculationError, InputError, StructureError
from heterodot.workflows import ReactionPathSearch, Runner

EMT_LEVEL = Level("emt")


def adatom_on_copper() -> tuple[Atoms, Atoms]:
    """An adatom on Cu(100), whose lower layer is held, and where it is after a hop."""
    start = fcc100("Cu", (3, 3, 2), vacuum=6.0)
    add_adsorbate(start, "Cu", 1.7, "hollow")
    start.set_constraint(FixAtoms(np.flatnonzero(start.get_tags() == 2)))
    end = start.copy()
    end.positions[-1, 0] += start.cell[0, 0] / 3
    return start, end


def vacancy_in_copper() -> tuple[Atoms, Atoms]:
    crystal = bulk("Cu", cubic=True) * (2, 2, 2)
    start = crystal[1:]
    end = start.copy()
    end.positions[0] = crystal.positions[0]
    return start, end


@cache
def by_ase(which: str) -> tuple[float, int, Atoms, Atoms]:
    """Barrier (eV) and force calls of ASE's own band; the start relaxed and the saddle."""
    start, end = {"hop": adatom_on_copper, "vacancy": vacancy_in_copper}[which]()
    for one in (start, end):
        one.calc = EMT()
        BFGS(one, logfile=None).run(fmax=0.01)
    images = [start, *(start.copy() for _ in range(3)), end]
    calls = []
    for image in images[1:-1]:
        image.calc = EMT()
        image.calc.calculate = _counted(image.calc.calculate, calls)
    band = NEB(images, climb=False, method="improvedtangent")
    band.interpolate("idpp", mic=True)
    BFGS(band, logfile=None).run(fmax=0.09)
    band.climb = True
    FIRE(band, logfile=None).run(fmax=0.03)
    energies = [image.get_potential_energy() for image in images]
    return max(energies) - energies[0], len(calls), start, images[int(np.argmax(energies))]


def above_the_minimum(start: Atoms, saddle: Atoms) -> float:
    """The energy (eV) of a saddle that symmetry keeps a relaxation at, without any band."""
    energies = []
    for atoms in (start.copy(), saddle.copy()):
        atoms.calc = EMT()
        BFGS(atoms, logfile=None).run(fmax=0.005, steps=100)
        energies.append(atoms.get_potential_energy())
    return energies[1] - energies[0]


def _counted(function, calls):
    def called(*args, **kwargs):
        calls.append(1)
        return function(*args, **kwargs)

    return called


def values(result) -> dict[str, float]:
    return {name: marked.value for name, marked in result.quantities().items()}


@pytest.mark.slow
def test_path_over_two_saddles_of_the_model_surface(serial):
    """Müller and Brown's table: three minima, two saddles; the path is cut at the middle one."""
    ends = particle(*MINIMA["A"][:2]), particle(*MINIMA["C"][:2])
    search = ReactionPathSearch(
        *ends, level("MullerBrown"), interpolation="linear", surrogate="gp", name="model"
    )
    found = search.run(serial)
    assert found.flags == ()
    assert len(found.steps) == 2
    for name, saddle in zip(("saddle-1", "saddle-2"), SADDLES.values(), strict=True):
        assert found.structures[name].positions[0, :2] == pytest.approx(saddle[:2], abs=0.01)
    middle = found.structures["minimum-1"].positions[0, :2]
    assert middle == pytest.approx(MINIMA["B"][:2], abs=0.02)
    top = max(energy for *_, energy in SADDLES.values())
    got = values(found)
    assert got["barrier (eV)"] == pytest.approx(SCALE * (top - MINIMA["A"][2]), abs=2e-3)
    assert got["reverse barrier (eV)"] == pytest.approx(SCALE * (top - MINIMA["C"][2]), abs=2e-3)
    second = SCALE * (SADDLES["BC"][2] - MINIMA["B"][2])
    assert got["step 2: barrier (eV)"] == pytest.approx(second, abs=2e-3)
    movie = found.movies["path"]
    assert len(movie.frames) == len(found.structures) == 13
    assert movie.captions[0] == "image 0, +0.000 eV"
    figure = found.figures("model")["path-model"]()
    assert sum("eV" in text.get_text() for text in figure.axes[0].texts) == 2


def test_hop_of_an_adatom_as_by_ase_with_a_third_of_the_force_calls(serial):
    barrier, calls, *_ = by_ase("hop")
    start, end = adatom_on_copper()
    bridge = start.copy()
    bridge.positions[-1] = (start.positions[-1] + end.positions[-1]) / 2 + [0, 0, 0.3]
    assert barrier == pytest.approx(above_the_minimum(start, bridge), abs=5e-3)
    search = {"images": 3, "name": "hop", "vibrations": "none"}
    whole = ReactionPathSearch(*adatom_on_copper(), EMT_LEVEL, **search).run(serial)
    learnt = ReactionPathSearch(*adatom_on_copper(), EMT_LEVEL, surrogate="gp", **search)
    found = learnt.run(serial)
    assert whole.flags == found.flags == ()
    assert whole.barrier == pytest.approx(barrier, abs=5e-3)
    assert found.barrier == pytest.approx(barrier, abs=5e-3)
    assert found.calls - 2 <= calls / 3  # ASE's ends were known before its band began


def exchanged_on_copper() -> tuple[Atoms, Atoms, int]:
    """An adatom on Cu(100), the atom it has pushed out beside it, and which one that is."""
    start, _ = adatom_on_copper()
    last, top = len(start) - 1, np.flatnonzero(start.get_tags() == 1)
    ways = start.get_distances(last, top, mic=True, vector=True)
    near = np.argsort(np.linalg.norm(ways, axis=1))[:4]
    partner = int(top[max(near, key=lambda n: ways[n, :2].sum())])
    end = start.copy()
    end.positions[partner, :2] += start.cell.diagonal()[:2] / 6
    end.positions[partner, 2] = start.positions[last, 2]
    end.positions[last] = start.positions[partner]
    return start, end, partner


@pytest.mark.slow
def test_exchange_of_an_adatom_has_its_saddle_where_both_atoms_are_alike(serial):
    """Which atom is the adatom after an exchange is not the one before."""
    start, end, partner = exchanged_on_copper()
    both = start.copy()
    place = start.positions[partner] + [0, 0, 1.1]
    aside = np.array([0.9, 0.9, 0])
    both.positions[[-1, partner]] = place - aside, place + aside
    found = ReactionPathSearch(
        start, end, EMT_LEVEL, images=3, vibrations="none", surrogate="gp", name="exchange"
    ).run(serial)
    assert found.flags == ()
    assert found.barrier == pytest.approx(above_the_minimum(start, both), abs=5e-3)
    saddle = found.structures["saddle"]
    assert saddle.positions[-1, 2] == pytest.approx(saddle.positions[partner, 2], abs=0.02)


@pytest.mark.slow
def test_vacancy_in_copper_has_the_barrier_and_attempt_frequency_of_ase(serial, tmp_path):
    barrier, _, start, saddle = by_ase("vacancy")
    products = []
    for n, atoms in enumerate((start, saddle)):
        atoms = atoms.copy()
        atoms.calc = EMT()
        modes = Vibrations(atoms, name=str(tmp_path / f"vibrations{n}"), delta=0.01)
        modes.run()
        energies = np.sort(modes.get_energies().real)[3:]  # eV, imaginary ones 0
        products.append(np.log(energies[n:] if n else energies).sum())
    # hν in eV to Hz by h; three translations and the imaginary mode are the zeros
    attempt = np.exp(products[0] - products[1]) / 4.135667696e-15
    found = ReactionPathSearch(*vacancy_in_copper(), EMT_LEVEL, images=3, name="vacancy").run(
        serial
    )
    got = values(found)
    assert found.flags == ()
    assert got["barrier (eV)"] == pytest.approx(barrier, abs=5e-3)
    assert got["ν0 (THz)"] == pytest.approx(attempt * 1e-12, rel=0.03)
    rate = attempt * np.exp(-barrier / (8.617333262e-5 * 298.15))
    assert got["k Vineyard 298.15 K (1/s)"] == pytest.approx(rate, rel=0.3)


def test_downhill_all_the_way_is_flagged(serial):
    ends = particle(0, 0), particle(1, 0)
    found = ReactionPathSearch(*ends, level("Slope"), images=3, relax_ends=False, name="slope").run(
        serial
    )
    assert "no-barrier" in flag_names(found.flags)
    assert "no-barrier" in found.summary()


@pytest.mark.parametrize("surrogate", ["none", "gp"])
def test_steps_are_of_all_bands_together_and_too_few_are_said(surrogate, serial):
    ends = particle(*MINIMA["A"][:2]), particle(*MINIMA["C"][:2])
    few = {"interpolation": "linear", "surrogate": surrogate, "steps": 3, "relax_ends": False}
    found = ReactionPathSearch(*ends, level("MullerBrown"), vibrations="none", **few).run(serial)
    assert "path-not-converged" in flag_names(found.flags)
    assert "no-barrier" not in flag_names(found.flags)  # there is one, not yet climbed
    pieces = len(found.steps)
    # ends; five images at first, each step and at last of each piece; a trial step of the solver
    assert found.calls <= 2 + 5 * (3 + 2 * pieces + 1)


def test_one_minimum_is_no_path(serial):
    start, _ = adatom_on_copper()
    end = start.copy()
    end.positions[-1, 0] += 0.2
    with pytest.raises(CalculationError, match="both ends relax into one minimum"):
        ReactionPathSearch(start, end, EMT_LEVEL, name="same").run(serial)


def test_what_cannot_be_a_path_is_one_line():
    water = Atoms("OH2", [(0, 0, 0), (0.8, 0.6, 0), (-0.8, 0.6, 0)])
    other = Atoms("HOH", water.positions[[1, 0, 2]])
    with pytest.raises(StructureError, match=r"expected the same order of atoms: \[1, 0, 2\]"):
        ReactionPathSearch(water, other, EMT_LEVEL)
    assert ReactionPathSearch(water, other, EMT_LEVEL, map_atoms=True).end.symbols[0] == "O"
    with pytest.raises(StructureError, match="expected the start's atoms, H2O"):
        ReactionPathSearch(water, Atoms("OH"), EMT_LEVEL)
    with pytest.raises(InputError, match="interpolation 'spline'"):
        ReactionPathSearch(water, water, EMT_LEVEL, interpolation="spline")


def test_an_image_across_the_cell_takes_the_short_way():
    start = Atoms("Cu2", [(0.2, 0, 0), (5, 5, 5)], cell=[10, 10, 10], pbc=True)
    end = start.copy()
    end.positions[0, 0] = 9.6
    search = ReactionPathSearch(start, end, EMT_LEVEL)
    assert search.end.positions[0, 0] == pytest.approx(-0.4)


SCRIPT = """
import sys
from tests.workflows.questions.paths.test_search import EMT_LEVEL, adatom_on_copper
from heterodot.calculators import Level
from heterodot.workflows import ReactionPathSearch, Runner
level = Level.from_ase("tests.workflows.bad_calculators:CountedEMT", log=sys.argv[2], pause=0.02)
with Runner(sys.argv[1], executor="serial", on_event=lambda event: None) as runner:
    search = ReactionPathSearch(
        *adatom_on_copper(), level, images=3, vibrations="none", name="hop", fmax=0.1,
        surrogate=sys.argv[3],
    )
    print(repr(search.run(runner).barrier))
"""


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", ["none", "gp"])
def test_a_killed_search_goes_on_where_it_was(surrogate, tmp_path):
    """Same digits, and no image is calculated twice but the one that was being calculated."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}

    def started(store: str, log: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", SCRIPT, str(tmp_path / store), str(tmp_path / log), surrogate]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env)

    whole, _ = started("whole", "whole.log").communicate()
    calls = len((tmp_path / "whole.log").read_text().splitlines())
    cut = started("cut", "cut.log")
    log = tmp_path / "cut.log"
    while cut.poll() is None and (
        not log.exists() or len(log.read_text().splitlines()) < calls // 2
    ):
        time.sleep(0.01)
    assert cut.poll() is None
    cut.send_signal(signal.SIGKILL)
    cut.wait()
    again, _ = started("cut", "cut.log").communicate()
    assert again == whole != ""
    assert calls <= len(log.read_text().splitlines()) <= calls + 1


@pytest.mark.gpaw
def test_ammonia_turns_inside_out_by_gpaw(tmp_path):
    """The saddle is planar by symmetry; measured barrier 0.25 eV, PBE's is lower."""
    start = Atoms("NH3", [(0, 0, 0), *pyramid_of_hydrogen(0.38)])
    end = Atoms("NH3", [(0, 0, 0), *pyramid_of_hydrogen(-0.38)])
    for one in (start, end):
        one.set_constraint(FixAtoms([0]))
    with Runner(tmp_path / "store", executor="serial") as runner:
        found = ReactionPathSearch(
            start, end, Level("gpaw", "fast"), images=1, relax_ends=False, vibrations="none",
            surrogate="none", interpolation="linear", steps=4, name="NH3",
        ).run(runner)  # fmt: skip
    (step,) = found.steps
    assert step.saddle.positions[1:, 2] == pytest.approx(np.zeros(3), abs=0.02)
    lengths = step.saddle.get_distances(0, [1, 2, 3])
    assert lengths == pytest.approx(np.full(3, 1.01), abs=0.03)
    assert 0.05 < found.barrier < 0.35
    assert step.forward.energy == pytest.approx(step.backward.energy, abs=5e-3)


def pyramid_of_hydrogen(height):
    """Three H 1.02 Å from the origin."""
    away = np.sqrt(1.02**2 - height**2)
    angles = 2 * np.pi * np.arange(3) / 3
    return [(away * np.cos(a), away * np.sin(a), height) for a in angles]
