from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf
from tests.analysis.densities import gaussians

from heterodot.analysis import GridDensity, bader, bader_charges, read_grid, write_grid
from heterodot.analysis.charges.bader import voronoi_neighbours
from heterodot.errors import InputError

BOX = np.diag([6.0, 5.0, 5.0])
NONE = (False, False, False)


def test_equal_atoms_share_equally_whatever_the_grid():
    for n in (17, 24, 31):
        density = gaussians((n, n, n), BOX, [[0.3, 0.5, 0.5], [0.7, 0.5, 0.5]], [4, 4], [0.6, 0.6])
        found = bader(density)
        assert found.electrons == pytest.approx([4, 4], abs=0.02 if n == 31 else 0.05)
        assert found.electrons.sum() + found.vacuum_electrons == pytest.approx(8, abs=1e-6)
        assert found.volumes.sum() + found.vacuum_volume == pytest.approx(density.volume)


def test_the_surface_between_gaussians_in_a_row_is_a_plane_and_converges():
    """ρ = X(x) e^(−y²−z²): surfaces are planes at the minima of X, charges integrals of X."""
    width, a, b, q = 0.55, 2.0, 4.0, (5.0, 3.0)

    def along(x):
        return sum(
            n * np.exp(-((x - p) ** 2) / (2 * width**2)) for n, p in zip(q, (a, b), strict=True)
        )

    x = np.linspace(a, b, 200001)
    middle = x[along(x).argmin()]
    root = width * np.sqrt(2)
    left = sum(0.5 * n * (1 + erf((middle - p) / root)) for n, p in zip(q, (a, b), strict=True))
    errors = []
    for n in (20, 40, 80):
        places = [[a / 6, 0.5, 0.5], [b / 6, 0.5, 0.5]]
        density = gaussians((n, n, n), BOX, places, q, [width] * 2, NONE)
        errors.append(abs(bader(density, vacuum=1e-9).electrons[0] - left))
    assert errors[2] < 0.002
    assert errors[2] < errors[0] / 3


def cut(turn):
    """One crystal in a skewed setting of its cell, sampled by another grid."""
    cell = np.array([[4.2, 0, 0], [0, 4.2, 0], [0, 0, 4.2]])
    places = np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
    turned = turn @ cell
    return gaussians((36, 36, 36), turned, places @ np.linalg.inv(turn), [9, 6], [0.75, 0.62])


def test_charges_do_not_depend_on_the_setting_of_the_cell():
    reference = bader(cut(np.eye(3))).electrons
    for turn in ([[1, 0, 0], [1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 0], [1, -1, 1]]):
        assert bader(cut(np.array(turn, float))).electrons == pytest.approx(reference, abs=0.02)
    left_handed = cut(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]]))
    assert np.linalg.det(left_handed.cell) < 0
    assert bader(left_handed).electrons == pytest.approx(reference, abs=1e-6)


def follow_gradient(cell, places, electrons, widths, n):
    """Electrons of each atom by walking up the analytic gradient from n³ points."""
    images = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    centres = np.concatenate([(place + images) @ cell for place in np.asarray(places, float)])
    kind = np.repeat(np.arange(len(places)), len(images))
    width = np.asarray(widths)[kind]
    height = np.asarray(electrons)[kind] / (2 * np.pi * width**2) ** 1.5

    def look(x):
        apart = x[:, None, :] - centres
        square = (apart**2).sum(-1)
        parts = height * np.exp(-square / (2 * width**2))
        slope = -((parts / width**2)[..., None] * apart).sum(1)
        return parts.sum(1), slope, square

    x = (np.stack(np.indices((n, n, n)), -1).reshape(-1, 3) + 0.37) / n @ cell
    density, owner, walking = look(x)[0], np.full(len(x), -1), np.arange(len(x))
    for _ in range(300):
        _, slope, square = look(x[walking])
        there = square.min(axis=1) < 0.4**2
        owner[walking[there]] = kind[square[there].argmin(axis=1)]
        walking, slope = walking[~there], slope[~there]
        if not len(walking):
            break
        ahead = x[walking] + 0.04 * slope / np.linalg.norm(slope, axis=1)[:, None]
        x[walking] = (ahead @ np.linalg.inv(cell)) % 1 @ cell
    volume = abs(np.linalg.det(cell)) / n**3
    return [density[owner == k].sum() * volume for k in range(len(places))]


def test_curved_surfaces_as_by_following_the_gradient():
    cell = 4.2 * np.eye(3)
    atoms = ([[0, 0, 0], [0.5, 0.5, 0.5]], [9, 6], [0.75, 0.62])
    expected = follow_gradient(cell, *atoms, 24)
    for n in (24, 48):
        found = bader(gaussians((n, n, n), cell, *atoms)).electrons
        assert found == pytest.approx(expected, abs=0.01)


def brute_force(density):
    """Assign basin fractions one point after another, highest first, as the paper does it."""
    steps, shape = density.steps, np.array(density.values.shape)
    neighbours = []
    for offset, ratio in voronoi_neighbours(steps):
        neighbours += [(np.array(offset), ratio), (-np.array(offset), ratio)]
    weight, tops = {}, []
    electrons = []
    for flat in np.argsort(-density.values.ravel(), kind="stable"):
        index = np.array(np.unravel_index(flat, density.values.shape))
        here = density.values[tuple(index)]
        flow, total = {}, 0.0
        for offset, ratio in neighbours:
            other = tuple((index + offset) % shape)
            rise = density.values[other] - here
            if rise > 0:
                total += ratio * rise
                for top, share in weight[other].items():
                    flow[top] = flow.get(top, 0) + ratio * rise * share
        if total == 0:
            tops.append(index)
            electrons.append(0.0)
            flow, total = {len(tops) - 1: 1.0}, 1.0
        weight[tuple(index)] = {top: f / total for top, f in flow.items()}
        for top, share in weight[tuple(index)].items():
            electrons[top] += here * share * density.voxel
    return np.array(electrons), [tuple(top) for top in tops]


@given(st.integers(0, 10**6))
@settings(max_examples=12, deadline=None)
def test_same_as_point_by_point_on_random_cells(seed):
    rng = np.random.default_rng(seed)
    cell = 4 * np.eye(3) + rng.uniform(-1.2, 1.2, (3, 3))
    shape = tuple(rng.integers(7, 10, 3))
    density = gaussians(shape, cell, [[0.2, 0.3, 0.2], [0.7, 0.6, 0.7]], [5, 3], [0.8, 0.7])
    expected, tops = brute_force(density)
    found = bader(density, vacuum=0.0)
    assert found.n_maxima == len(tops)
    assert found.electrons.sum() == pytest.approx(expected.sum())
    if len(tops) == 2:
        assert sorted(found.electrons) == pytest.approx(sorted(expected), rel=1e-9)


def test_voronoi_facets_close_the_cell():
    """Facet area times half the distance, over three, summed over facets, is the cell's volume."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        steps = rng.normal(size=(3, 3))
        volume = sum(
            2 * ratio * np.sum((np.array(o) @ steps) ** 2) / 6
            for o, ratio in voronoi_neighbours(steps)
        )
        assert volume == pytest.approx(abs(np.linalg.det(steps)), rel=1e-6)
    cubic = dict(voronoi_neighbours(0.1 * np.eye(3)))
    assert set(cubic) == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
    assert all(ratio == pytest.approx(0.1) for ratio in cubic.values())


def rock_salt(n):
    places = np.array([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0]]) / 4
    places = np.concatenate([places, places + np.array([0.5, 0, 0])])
    numbers = [11] * 4 + [17] * 4
    electrons, widths = [10.1] * 4 + [17.9] * 4, [0.45] * 4 + [0.6] * 4
    return gaussians((n, n, n), 5.64 * np.eye(3), places, electrons, widths, numbers=numbers)


def test_rock_salt_gives_one_charge_for_each_kind():
    charges = bader(rock_salt(40)).charges
    assert np.ptp(charges[:4]) < 1e-6
    assert np.ptp(charges[4:]) < 1e-6
    assert charges.sum() == pytest.approx(0, abs=1e-3)
    assert 0.4 < charges[0] < 0.9  # the tails of chlorine that reach over are given to sodium
    assert bader(rock_salt(56)).charges[0] == pytest.approx(charges[0], abs=0.01)


def test_non_periodic_sides_do_not_touch():
    places = [[0.05, 0.5, 0.5], [0.925, 0.5, 0.5]]
    open_box = gaussians((40, 30, 30), BOX, places, [4, 4], [0.5, 0.5], NONE)
    assert bader(open_box).electrons == pytest.approx([open_box.integral / 2] * 2, rel=0.01)
    unequal = gaussians((40, 30, 30), BOX, places, [4, 1], [0.5, 0.5], NONE)
    wrapped = GridDensity(unequal.values, BOX, unequal.numbers, unequal.positions)
    alone = bader(unequal).electrons
    assert alone[1] == pytest.approx(unequal.integral / 5, rel=0.01)
    assert abs(bader(wrapped).electrons[1] - alone[1]) > 0.05


def test_a_reference_draws_the_surfaces_and_stray_maxima_are_told():
    places = [[0.3, 0.5, 0.5], [0.7, 0.5, 0.5]]
    drawn = gaussians((30, 30, 30), BOX, places, [4, 4], [0.5, 0.5])
    counted = gaussians((30, 30, 30), BOX, places, [3, 1], [0.5, 0.5])
    found = bader(counted, reference=drawn)
    assert found.electrons == pytest.approx([3, 1], abs=0.06)
    lonely = GridDensity(drawn.values, BOX, [4], drawn.positions[:1], nuclear_charges=[4.0])
    assert bader(lonely).stray[0][2] == pytest.approx(2.4, abs=0.05)
    with pytest.raises(InputError, match="one grid"):
        bader(counted, reference=drawn.thinned(2))


def test_bad_input_is_refused():
    density = gaussians((10, 10, 10), BOX, [[0.5, 0.5, 0.5]], [4], [0.6])
    for vacuum in (-1, float("nan"), True):
        with pytest.raises(InputError, match="vacuum"):
            bader(density, vacuum=vacuum)
    with pytest.raises(InputError, match="everywhere"):
        bader(density, vacuum=1e6)
    with pytest.raises(InputError, match="without atoms"):
        bader(GridDensity(density.values, BOX, [], np.zeros((0, 3))))
    untold = GridDensity(density.values, BOX, [4], density.positions)
    with pytest.raises(InputError, match="ZVAL"):
        bader_charges(untold)
    assert bader_charges(untold, {"Be": 4})[0] == pytest.approx(0, abs=1e-3)


PYBADER = Path(os.environ.get("PYBADER_PYTHON", Path(sys.prefix, "pybader", "bin", "python")))
"""An interpreter that has pybader 0.3.12."""

ASK_PYBADER = """
import json, sys
import numpy as np
from pybader.interface import Bader
data = np.load(sys.argv[1])
asked = Bader({"charge": np.ascontiguousarray(data["values"])}, data["cell"], data["positions"],
              {"voxel_offset": np.zeros(3)})
asked(threads=1)
print(json.dumps(asked.atoms_charge.tolist()))
"""


@pytest.mark.slow
@pytest.mark.skipif(not PYBADER.is_file(), reason="pybader is not installed: make pybader")
@pytest.mark.parametrize("cell", [BOX, np.array([[0, 3.0, 3.0], [3.0, 0, 3.0], [3.0, 3.0, 0]])])
def test_pybader_divides_the_same_density_alike(tmp_path, cell):
    """Near-grid against weights: both err by the points next to the surfaces."""
    density = gaussians(
        (60, 60, 60), cell, [[0.1, 0.1, 0.1], [0.35, 0.35, 0.35]], [6, 3], [0.7, 0.5]
    )
    path = tmp_path / "density.npz"
    np.savez(path, values=density.values, cell=density.cell, positions=density.positions)
    home = str(PYBADER.parents[1])
    asked = subprocess.run(
        [str(PYBADER), "-c", ASK_PYBADER, str(path)], capture_output=True, text=True, check=False,
        env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home}, cwd=tmp_path,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr[-2000:]
    theirs = json.loads(asked.stdout.strip().splitlines()[-1])
    assert bader(density).electrons == pytest.approx(theirs, abs=0.02)


def hydroxyl():
    """Valence and core of O–H as pseudopotentials make them: no maximum at H without its core."""
    cell, places = np.diag([5.0, 5.0, 6.0]), [[0.5, 0.5, 0.42], [0.5, 0.5, 0.58]]  # 0.96 Å
    valence = gaussians((50, 50, 60), cell, places, [6.4, 0.6], [0.5, 0.5], numbers=[8, 1])
    cores = gaussians((50, 50, 60), cell, places, [1.6, 0.4], [0.12, 0.12], numbers=[8, 1])
    return replace(valence, nuclear_charges=[6.0, 1.0]), cores


def test_an_atom_without_a_maximum_is_flagged_and_its_charge_refused():
    valence, cores = hydroxyl()
    found = bader(valence)
    assert found.charges[1] == pytest.approx(1.0)  # what was said in silence
    assert found.missing == (1,)
    assert [flag.name for flag in found.flags] == ["no-maximum"]
    assert "H1: no maximum" in found.summary()
    assert "AECCAR0" in found.summary()
    assert found.to_dict()["flags"][0]["name"] == "no-maximum"
    with pytest.raises(InputError, match=r"H1: no maximum .*AECCAR0"):
        bader_charges(valence)
    drawn = bader(valence, reference=valence + cores)
    assert drawn.missing == ()
    assert drawn.flags == ()
    assert 0.3 < drawn.electrons[1] < 0.9


def test_the_summary_of_a_density_from_a_file_names_its_atoms(tmp_path):
    valence, _ = hydroxyl()
    write_grid(valence, tmp_path / "rho.cube")
    read = read_grid(tmp_path / "rho.cube")
    text = bader(read).summary()
    assert text.startswith("O0: ")
    assert read.summary().endswith("7.0000 e")


def test_maxima_away_from_the_nuclei_are_flagged():
    density = gaussians((30, 30, 30), BOX, [[0.3, 0.5, 0.5], [0.7, 0.5, 0.5]], [4, 2], [0.5, 0.5])
    lost = replace(density, numbers=[4], positions=density.positions[:1], nuclear_charges=[4.0])
    assert [flag.name for flag in bader(lost).flags] == ["stray-maximum"]
    assert "from Be0" in bader(lost).summary()
