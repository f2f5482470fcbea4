"""The file of a trajectory: what goes in comes out, lazily, whatever was cut off."""

import tracemalloc

import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.io import read
from ase.units import fs

from heterodot.analysis.motion.trajectories.container import open_container
from heterodot.analysis.motion.trajectories.trajectory import (
    SCALARS,
    Trajectory,
    open_trajectory,
    read_trajectory,
    trajectory_writer,
)
from heterodot.errors import InputError


def written(path, n_frames=20, at_most=20):
    """Frames of water with random numbers, and these."""
    atoms = molecule("H2O")
    atoms.set_array("domain", np.array(["a", "b", "b"]))
    rng = np.random.default_rng(1)
    frames = {name: rng.normal(size=n_frames) for name in SCALARS}
    for name in ("positions", "velocities", "forces"):
        frames[name] = rng.normal(size=(n_frames, 3, 3))
    keep = ("positions", "velocities", "forces")
    writer = trajectory_writer(path, atoms, 0.5, at_most, keep, {"ensemble": "nve"})
    for first in range(0, n_frames, 7):
        writer.write(first, {k: v[first : first + 7] for k, v in frames.items()})
    writer.close()
    return frames


def test_what_is_written_is_read(tmp_path):
    frames = written(tmp_path / "a.htrj")
    found = open_trajectory(tmp_path / "a.htrj")
    assert len(found) == 20
    assert np.array_equal(found.positions, frames["positions"].astype("f4"))
    assert np.array_equal(found.column("energy"), frames["energy"])
    assert list(found.atoms.arrays["domain"]) == ["a", "b", "b"]
    assert found.origin == {"ensemble": "nve"}
    assert found.times[3] == 1.5
    assert list(found.chosen("H", "b")) == [1, 2]
    seventh = found[7]
    assert seventh.get_velocities() * fs == pytest.approx(frames["velocities"][7], rel=1e-6)
    some = found.part(4, None, 5)
    assert len(some) == 4
    assert some.interval == 2.5
    assert np.array_equal(some.positions[1], found.positions[9])


@pytest.mark.parametrize("ending", ["xyz", "extxyz", "traj"])
def test_other_programs_read_it(tmp_path, ending):
    frames = written(tmp_path / "a.htrj")
    path = open_trajectory(tmp_path / "a.htrj").write(tmp_path / f"a.{ending}", every=2)
    theirs = read(path, index=":")
    assert len(theirs) == 10
    assert theirs[3].positions == pytest.approx(frames["positions"][6], abs=1e-6)
    assert theirs[3].get_potential_energy() == pytest.approx(frames["energy"][6])
    assert theirs[3].get_forces() == pytest.approx(frames["forces"][6], abs=1e-6)
    again = read_trajectory(path)
    assert again.interval == pytest.approx(1.0)
    assert again.velocities[3] == pytest.approx(frames["velocities"][6], abs=1e-6)


def test_frames_not_counted_are_not_there(tmp_path):
    """As a kill between the writing of frames and of their number leaves them."""
    written(tmp_path / "a.htrj", 14, 20)
    found = open_trajectory(tmp_path / "a.htrj")
    assert len(found) == 14
    with pytest.raises(InputError, match=r"frame 14: expected -14 to 13"):
        found[14]


def test_a_million_frames_of_a_hundred_atoms_fill_no_memory(tmp_path):
    """1.2 GB of positions in a file with holes: a few pages are touched, and a few kilobytes."""
    atoms = bulk("Cu", cubic=True) * (5, 5, 1)
    n = 1_000_000
    writer = trajectory_writer(tmp_path / "long.htrj", atoms, 1.0, n)
    place = {name: np.full(1, 5.0) for name in SCALARS}
    writer.write(n - 1, {**place, "positions": np.full((1, 100, 3), 7.0)})
    writer.close()
    assert (tmp_path / "long.htrj").stat().st_size > 1.2e9
    tracemalloc.start()
    found = open_trajectory(tmp_path / "long.htrj")
    assert len(found) == n
    assert found[-1].positions.min() == 7.0
    assert found.part(every=250_000)[3].positions.max() == 0.0
    assert found.positions[::100_000, 0].shape == (10, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_jumps_across_faces_are_undone():
    atoms = bulk("Cu", cubic=True)
    frames = []
    for n in range(12):
        moved = atoms.copy()
        moved.positions[:] += [0.7 * n, -0.4 * n, 0]
        moved.wrap()
        frames.append(moved)
    found = Trajectory.from_frames(frames, 1.0)
    assert np.diff(found.positions, axis=0) == pytest.approx(np.tile([0.7, -0.4, 0], (11, 4, 1)))


def test_what_is_none_is_one_line(tmp_path):
    (tmp_path / "a.htrj").write_bytes(b"something else, long enough for a header")
    with pytest.raises(InputError, match="no trajectory of heterodot"):
        open_trajectory(tmp_path / "a.htrj")
    written(tmp_path / "b.htrj")
    whole = (tmp_path / "b.htrj").read_bytes()
    (tmp_path / "b.htrj").write_bytes(whole[:-10])
    with pytest.raises(InputError, match="cut off"):
        open_container(tmp_path / "b.htrj")
    (tmp_path / "c.htrj").write_bytes(whole[:30] + b"\0" + whole[31:])
    with pytest.raises(InputError, match="damaged header"):
        open_trajectory(tmp_path / "c.htrj")
    with pytest.raises(InputError, match="keep: \\[forces\\]"):
        Trajectory.from_frames([molecule("H2O")], 1.0).column("forces")
    molecule("H2O").write(tmp_path / "d.xyz")
    with pytest.raises(InputError, match="give interval"):
        read_trajectory(tmp_path / "d.xyz")
