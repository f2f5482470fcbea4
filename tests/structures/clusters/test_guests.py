"""Clusters in frameworks: where there is room, turned to fit, refused where they touch."""

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures import (
    crystal,
    dope,
    electron_count,
    largest_void,
    magic_size_cluster,
    metal_cluster,
    place_guest,
    slab,
)

DRUM = magic_size_cluster("Cd6Se6")


def frame(a: float = 16.0, skew: float = 0.0, per_edge: int = 8) -> Atoms:
    """Rods of carbon along the edges of a cell: one pore in its middle."""
    steps = np.arange(per_edge) / per_edge
    points = np.unique(np.round(np.vstack([np.outer(steps, e) for e in np.eye(3)]), 9), axis=0)
    cell = [[a, 0, 0], [skew, a, 0], [0.5 * skew, 0.3 * skew, a]]
    return Atoms("C" * len(points), scaled_positions=points, cell=cell, pbc=True)


def closest(structure: Atoms) -> float:
    """Shortest guest–host distance by brute force over images, Å."""
    guest = structure.positions[structure.arrays["domain"] == "guest"]
    host = structure.positions[structure.arrays["domain"] == "host"]
    grid = np.array(np.meshgrid(*[range(-2, 3)] * 3)).reshape(3, -1).T @ structure.cell.array
    return min(np.linalg.norm(guest[:, None] - host[None] - s, axis=-1).min() for s in grid)


def test_the_largest_void_of_a_cubic_frame_is_its_middle():
    point, radius = largest_void(frame(16.0))
    assert point == pytest.approx([8, 8, 8], abs=0.1)
    assert radius == pytest.approx(8 * np.sqrt(2) - 1.77, abs=0.1)  # Alvarez: C 1.77 Å


@settings(max_examples=8, deadline=None)
@given(skew=st.floats(-5, 5), shift=st.tuples(*[st.floats(-9, 9)] * 3), left=st.booleans())
def test_the_void_moves_with_the_host_and_has_nothing_in_it(skew, shift, left):
    host = frame(16.0, skew)
    _, radius = largest_void(host)
    moved = host.copy()
    moved.positions += shift
    if left:
        moved.set_cell(moved.cell[[1, 0, 2]])
    point, again = largest_void(moved)
    assert again == pytest.approx(radius, abs=0.25)
    probe = moved.copy()
    probe.append("He")
    probe.positions[-1] = point
    distances = probe.get_distances(len(moved), range(len(moved)), mic=True)
    assert distances.min() == pytest.approx(again + 1.77, abs=1e-3)


def test_a_guest_sits_in_the_pore_and_everything_is_kept():
    host = frame(12.0)
    before = (host.copy(), DRUM.copy())
    made = place_guest(DRUM, host)
    record = provenance.details(made)["guest"]
    assert (host, DRUM) == before
    assert len(made) == len(host) + 12
    assert made.arrays["domain"].tolist() == ["host"] * len(host) + ["guest"] * 12
    assert record["indices"] == list(range(len(host), len(made)))
    assert np.allclose(made.positions[: len(host)], host.positions)
    inside = made[record["indices"]]
    assert np.allclose(
        inside.get_all_distances(mic=False), DRUM.get_all_distances(), atol=1e-9
    )  # turned, not deformed
    assert np.linalg.det(record["rotation"]) == pytest.approx(1.0)
    assert record["clearance"] >= 0
    assert closest(made) > 2.5


def test_turning_finds_room_that_the_given_orientation_lacks():
    rod = Atoms("Se8", [[0, 0, 2.0 * i] for i in range(8)])
    channel = Atoms(
        "C48", [[4.5 * np.cos(t), 4.5 * np.sin(t), 0] for t in np.linspace(0, 2 * np.pi, 12, False)]
        * 4, cell=[40, 40, 22], pbc=True)  # fmt: skip
    channel.positions[:, 2] += np.repeat(np.arange(4) * 5.5, 12)
    rod.rotate(90, "x")
    with pytest.raises(StructureError, match="best clearance found is -"):
        place_guest(rod, channel, centre=(0, 0, 0), orientation="as given")
    made = place_guest(rod, channel, centre=(0, 0, 0))
    axis = np.array(provenance.details(made)["guest"]["rotation"]) @ [0, -1, 0]
    assert abs(axis[2]) > 0.9


def test_a_clash_says_the_best_clearance_in_one_line():
    for options in ({"centre": (0.0, 0.0, 0.0)}, {"site": 0}):
        with pytest.raises(StructureError, match=r"best clearance found is -\d") as error:
            place_guest(DRUM, frame(12.0), **options)
        assert "\n" not in str(error.value)
    with pytest.raises(StructureError, match="9 Å needed"):
        place_guest(DRUM, frame(12.0), clearance=9)


def test_a_guest_larger_than_the_cell_meets_its_own_image():
    empty = Atoms("He", cell=[9, 9, 9], pbc=True)
    with pytest.raises(StructureError, match="does not fit"):
        place_guest(magic_size_cluster("CdSe", 12), empty, centre=(4.5, 4.5, 4.5))


def test_a_node_is_cleared_by_removing_its_caps():
    host = frame(14.0)
    cap = Atoms("OH2", [[7, 7, 7], [7.6, 7.6, 7], [6.4, 7.6, 7]])
    host.extend(cap)
    n = len(host)
    with pytest.raises(StructureError, match="remove capping atoms"):
        place_guest(DRUM, host, site=[n - 3])
    made = place_guest(DRUM, host, site=[n - 3], remove=[-1, n - 2, n - 3])
    assert "O" not in made.get_chemical_symbols()
    assert provenance.details(made)["guest"]["removed"] == [n - 3, n - 2, n - 1]
    middle = made.positions[-12:]
    assert 0.5 * (middle.min(axis=0) + middle.max(axis=0)) == pytest.approx([7, 7, 7], abs=1.0)


def test_charges_and_spins_of_both_add_up():
    host = provenance.with_charge(frame(16.0), -2)
    made = place_guest(metal_cluster("Cu", 6, -1), host)
    assert provenance.total_charge(made) == -3
    assert made.arrays["formal_charge"][-6:].sum() == 0  # a metal, not six ions
    doped, _ = dope(DRUM, "Mn")[0]
    with_spin = place_guest(doped, frame(16.0))
    assert with_spin.get_initial_magnetic_moments().sum() == 5
    assert electron_count(with_spin).odd


def test_a_host_from_a_file_and_a_finite_one(tmp_path):
    path = tmp_path / "host.cif"
    write(path, frame(14.0))
    assert len(place_guest(DRUM, path)) == len(frame(14.0)) + 12
    finite = frame(14.0)
    finite.pbc = False
    with pytest.raises(StructureError, match="periodic in three directions"):
        place_guest(DRUM, finite)
    assert len(place_guest(DRUM, finite, centre=(7, 7, 7))) == len(finite) + 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"centre": "hole"}, "'void', 'surface' or three numbers"),
        ({"centre": (1, 2)}, "three numbers"),
        ({"centre": (1, 2, float("nan"))}, "three numbers"),
        ({"centre": (1, 2, 3), "site": 0}, "one of them"),
        ({"site": []}, "no atoms"),
        ({"site": 99}, "expected an atom index"),
        ({"remove": [99]}, "expected an atom index"),
        ({"orientation": "up"}, "rotation vector"),
        ({"clearance": -1}, "0 Å or more"),
        ({"clearance": True}, "0 Å or more"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(StructureError, match=message):
        place_guest(DRUM, frame(14.0), **options)


def test_wrong_guests_and_grids_beyond_memory_are_refused():
    with pytest.raises(StructureError, match="finite cluster"):
        place_guest(frame(14.0), frame(14.0))
    with pytest.raises(StructureError, match="no atoms"):
        place_guest(DRUM, Atoms(cell=[9, 9, 9], pbc=True))
    huge = Atoms("C", cell=[3000, 3000, 3000], pbc=True)
    with pytest.raises(StructureError, match="at most"):
        largest_void(huge)


def test_a_guest_larger_than_the_cell_is_refused_at_once():
    with pytest.raises(StructureError, match="repeat the host"):
        place_guest(magic_size_cluster("CdSe", 34), crystal("CdS"))


@pytest.mark.parametrize(
    ("name", "plane", "repeat", "pair", "bond"),
    [
        ("MoS2", "001", (4, 4), "CuS", 2.33),  # Cu–S in chalcocite and CuInS2
        ("TiO2-anatase", "101", (3, 2), "CuO", 1.95),  # Cu–O in CuO
    ],
)
@pytest.mark.parametrize("n", [4, 8])
def test_a_cluster_on_a_surface_is_held_by_several_atoms(name, plane, repeat, pair, bond, n):
    """It does not hang on one anion: at least two of its atoms are bonded, at bond lengths."""
    support = slab(name, plane, layers=1 if name == "MoS2" else 2, repeat=repeat)
    cluster = metal_cluster("Cu", n)
    made = place_guest(cluster, support, centre="surface")
    guest = made.arrays["domain"] == "guest"
    anions = made.symbols == pair[2:]
    d = np.array([made.get_distances(i, np.flatnonzero(anions), mic=True).min()
                  for i in np.flatnonzero(guest)])  # fmt: skip
    assert (d < 1.15 * bond).sum() >= 2
    assert d.min() > 0.97 * bond
    inside = made[guest]
    assert np.allclose(inside.get_all_distances(), cluster.get_all_distances(), atol=1e-9)
    record = provenance.details(made)["guest"]
    assert record["bonded_atoms"] >= 2
    assert record["unbonded"] is False
    assert any("atoms are bonded" in note for note in provenance.notes(made))


def test_a_surface_has_to_be_a_slab_with_room():
    with pytest.raises(StructureError, match="the host is no slab"):
        place_guest(DRUM, frame(14.0), centre="surface")
    small = slab("MoS2", "001", layers=1)
    with pytest.raises(StructureError, match="repeat the slab"):
        place_guest(metal_cluster("Cu", 4), small, centre="surface")
    with pytest.raises(StructureError, match="leave them out"):
        place_guest(metal_cluster("Cu", 4), small, centre="surface", clearance=1.0)
