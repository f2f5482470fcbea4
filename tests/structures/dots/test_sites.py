from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from ase import Atoms
from ase.build import add_adsorbate as ase_add
from ase.build import fcc111, fcc211
from ase.cluster import Icosahedron, Octahedron
from tests.structures.small_dots import zcis, zns

from heterodot.errors import StructureError
from heterodot.structures.defects.types import defect_type
from heterodot.structures.dots.facets import lateral_gap
from heterodot.structures.dots.passivation import passivate
from heterodot.structures.dots.sites import outward_normal, site_at, surface_sites


def kinds(sites):
    return Counter(s.kind for s in sites)


def test_the_apex_copper_is_the_open_corner():
    dot, apex = zcis()
    dot = passivate(dot, keep_bare=[apex])
    (site,) = surface_sites(dot, "Cu")
    assert (site.index, site.kind, site.coordination) == (apex, "corner", 3)
    assert np.linalg.norm(site.normal) == pytest.approx(1.0)
    assert site.normal @ (site.position - dot.positions.mean(axis=0)) > 0
    assert not site.next_to_vacancy


def test_normal_points_where_the_fourth_bond_was():
    dot, apex = zcis()
    bare = zns(3)
    assert outward_normal(dot, apex)[2] == pytest.approx(1.0, abs=0.02)
    corner = int(np.argmax(bare.positions[:, 2]))
    assert outward_normal(bare, corner)[2] == pytest.approx(1.0, abs=0.02)


def test_a_tetrahedron_has_the_symmetry_of_one():
    sites = surface_sites(zns(3))
    assert [s.symbol for s in sites] == ["S"] * 3
    assert sorted(len(s.equivalent) for s in sites) == [4, 4, 12]
    assert kinds(sites) == {"corner": 1, "edge": 1, "face": 1}
    assert len(surface_sites(zns(3), distinct=False)) == 20


def test_passivated_atoms_are_not_sites():
    dot = passivate(zns(3), "pseudo-H")
    assert surface_sites(dot) == []


def test_octahedron_of_copper():
    cluster = Octahedron("Cu", 4)  # 44 atoms: 6 corners, 12 edges of 2, 8 faces of 1
    everything = surface_sites(cluster, distinct=False)
    assert kinds(everything) == {"corner": 6, "edge": 24, "face": 8}
    corner = next(s for s in everything if s.kind == "corner")
    assert corner.coordination == 4
    outward = corner.position - cluster.positions.mean(axis=0)
    assert corner.normal == pytest.approx(outward / np.linalg.norm(outward), abs=1e-6)
    assert sorted(len(s.equivalent) for s in surface_sites(cluster)) == [6, 8, 24]


def test_icosahedron_of_copper():
    cluster = Icosahedron("Cu", 3)  # 55 atoms: 12 corners, 30 edges
    assert kinds(surface_sites(cluster, distinct=False)) == {"corner": 12, "edge": 30}
    assert len(surface_sites(Icosahedron("Cu", 2))) == 1


def test_roughness_does_not_change_the_kind():
    cluster = Octahedron("Cu", 5)
    rough = cluster.copy()
    rough.rattle(0.05, seed=1)
    before = [s.kind for s in surface_sites(cluster, distinct=False)]
    after = [s.kind for s in surface_sites(rough, distinct=False)]
    assert np.mean([a == b for a, b in zip(before, after, strict=True)]) > 0.95


def test_both_faces_of_a_slab():
    slab = fcc111("Cu", (2, 2, 4), vacuum=8.0)
    sites = surface_sites(slab, distinct=False)
    assert kinds(sites) == {"face": 8}
    for site in sites:
        side = np.sign(site.position[2] - slab.positions[:, 2].mean())
        assert site.normal == pytest.approx([0, 0, side], abs=1e-6)
        assert site.coordination == 9


def test_a_step_edge_and_an_adatom():
    stepped = fcc211("Cu", (3, 3, 4), vacuum=8.0)
    top = [s for s in surface_sites(stepped, distinct=False) if s.normal[2] > 0]
    edge = {s.coordination for s in top if s.kind == "edge"}
    assert edge == {7}
    flat = fcc111("Cu", (4, 4, 3), vacuum=8.0)
    ase_add(flat, "Cu", 2.08, "fcc")
    assert site_at(flat, len(flat) - 1).kind == "corner"
    assert lateral_gap(flat, len(flat) - 1) == 360.0
    assert lateral_gap(flat, 0) == pytest.approx(60.0, abs=1.0)


def test_next_to_a_vacancy():
    dot, apex = zcis()
    new = defect_type(passivate(dot, keep_bare=[apex]), "C")
    marked = {s.index for s in surface_sites(new, distinct=False) if s.next_to_vacancy}
    assert marked
    assert all(new.symbols[i] in ("Cu", "In", "Zn", "S") for i in marked)
    assert site_at(new, apex - 1).symbol == "Cu"


@pytest.mark.parametrize("angles", [(0, 90, 180), (0, 120, 240), (0, 60, 180), (0, 150, 200)])
def test_a_flattened_site_opens_where_no_bond_is(angles):
    ring = np.array([[np.cos(a), np.sin(a), 0.0] for a in np.radians(angles)])
    flat = Atoms("CuS3In", [[0, 0, 0.0], *(2.3 * ring), [0, 0, -6.0]])
    normal = outward_normal(flat, 0)
    assert (ring @ normal).max() < np.cos(np.radians(85.0))
    assert np.linalg.norm(normal) == pytest.approx(1.0)
    if angles == (0, 120, 240):
        assert normal == pytest.approx([0, 0, 1], abs=1e-6)


def test_a_linear_site_opens_sideways():
    line = Atoms("CuS2In", [[0, 0, 0.0], [2.3, 0, 0], [-2.3, 0, 0], [0, -6.0, 0]])
    assert outward_normal(line, 0) == pytest.approx([0, 1, 0], abs=1e-6)


def test_sites_turn_with_the_structure():
    dot, apex = zcis()
    turned = dot.copy()
    turned.rotate(70, (1, -1, 2))
    expected = dot.copy()
    expected.positions[:] = 0
    expected.positions[apex] = outward_normal(dot, apex)
    expected.rotate(70, (1, -1, 2))
    assert outward_normal(turned, apex) == pytest.approx(expected.positions[apex], abs=1e-6)


def test_to_dict_is_plain():
    import json

    site = surface_sites(zns(2))[0]
    assert json.loads(json.dumps(site.to_dict()))["symbol"] == "S"
    assert "bonds" in site.summary()


def test_errors_say_what_was_expected():
    dot = zns(3)
    with pytest.raises(StructureError, match="no Cu in"):
        surface_sites(dot, "Cu")
    with pytest.raises(StructureError, match="under-coordinated"):
        site_at(dot, int(np.flatnonzero(dot.symbols == "Zn")[0]))
    with pytest.raises(StructureError, match="atom index"):
        site_at(dot, 500)
