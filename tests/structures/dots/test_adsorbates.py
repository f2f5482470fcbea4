from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111
from tests.structures.small_dots import zcis

from heterodot import provenance
from heterodot.bonds import close_pairs
from heterodot.errors import StructureError
from heterodot.structures.dots.adsorbates import add_adsorbate, starting_geometries
from heterodot.structures.dots.orientations import ADSORBATES, bond_length, orientations, placed
from heterodot.structures.dots.passivation import passivate
from heterodot.structures.dots.sites import site_at, surface_sites
from heterodot.structures.interfaces.slabs import slab
from heterodot.structures.molecules import MOLECULES, molecule


@pytest.fixture(scope="module")
def dot_and_site():
    dot, apex = zcis()
    return passivate(dot, keep_bare=[apex]), apex


def record(atoms):
    return provenance.details(atoms)["adsorbate"]


@pytest.mark.parametrize("name", ADSORBATES)
def test_every_adsorbate_has_a_start_on_the_apex_copper(name, dot_and_site):
    dot, apex = dot_and_site
    for start in starting_geometries(dot, apex, name):
        entry = record(start)
        new = start[entry["indices"]]
        assert sorted(new.get_chemical_symbols()) == sorted(molecule(name).get_chemical_symbols())
        assert entry["indices"] == list(range(len(dot), len(start)))
        distances = start.get_all_distances()[np.ix_(entry["indices"], range(len(dot)))]
        assert distances.min() > 1.5
        assert np.allclose(start.positions[: len(dot)], dot.positions)
        assert set(start.arrays["domain"][len(dot) :]) == {"adsorbate"}
        assert set(start.arrays["role"][len(dot) :]) == {"adsorbate"}


@pytest.mark.parametrize("name", ["CO2", "COOH", "CO"])
def test_carbon_starts_at_the_chemisorbed_distance(name, dot_and_site):
    dot, apex = dot_and_site
    start = add_adsorbate(dot, apex, name)
    entry = record(start)
    assert start.symbols[entry["binding_atom"]] == "C"
    assert start.get_distance(entry["binding_atom"], apex) == pytest.approx(1.95)


def test_carbon_is_along_the_outward_normal(dot_and_site):
    dot, apex = dot_and_site
    start = add_adsorbate(dot, apex, "CO")
    way = start.positions[record(start)["binding_atom"]] - start.positions[apex]
    assert way / np.linalg.norm(way) == pytest.approx(site_at(dot, apex).normal)


def test_carbon_dioxide_stands_in_four_ways(dot_and_site):
    dot, apex = dot_and_site
    starts = starting_geometries(dot, apex, "CO2")
    names = {record(s)["orientation"] for s in starts}
    assert names == {"C-down", "O-end-on", "side-on", "flat"}
    flat = next(s for s in starts if record(s)["orientation"] == "flat")
    c, o1, o2 = record(flat)["indices"]
    assert flat.get_angle(o1, c, o2) == pytest.approx(180.0)
    assert flat.get_distance(c, apex) == pytest.approx(3.0)
    bent = add_adsorbate(dot, apex, "CO2", "C-down")
    assert bent.get_angle(o1, c, o2) == pytest.approx(134.0)


def test_carboxyl_is_cis_and_trans(dot_and_site):
    dot, apex = dot_and_site
    for name, dihedral in (("C-down-cis", 0.0), ("C-down-trans", 180.0)):
        start = add_adsorbate(dot, apex, "COOH", name)
        c, o, oh, h = record(start)["indices"]
        angle = start.get_dihedral(h, oh, c, o)
        assert np.cos(np.radians(angle)) == pytest.approx(np.cos(np.radians(dihedral)), abs=1e-6)
        assert start.get_angle(c, oh, h) == pytest.approx(106.0, abs=3.0)


def test_starts_differ_and_are_limited(dot_and_site):
    dot, apex = dot_and_site
    starts = starting_geometries(dot, apex, "COOH")
    assert len(starts) >= 6
    for i, a in enumerate(starts):
        for b in starts[:i]:
            assert np.abs(a.positions - b.positions).max() > 0.2
    assert len(starting_geometries(dot, apex, "COOH", n=2)) == 2


def test_it_turns_with_the_structure(dot_and_site):
    dot, apex = dot_and_site
    here = add_adsorbate(dot, apex, "COOH")
    turned = dot.copy()
    turned.rotate(37, (1, 2, 3), center=(1, 0, 2))
    there = add_adsorbate(turned, apex, "COOH")
    assert there.get_all_distances() == pytest.approx(here.get_all_distances(), abs=1e-6)


def test_rotation_and_height_are_kept(dot_and_site):
    dot, apex = dot_and_site
    start = add_adsorbate(dot, apex, "CO2", height=2.4, rotation=90.0)
    c, o1, _ = record(start)["indices"]
    assert start.get_distance(c, apex) == pytest.approx(2.4)
    straight = add_adsorbate(dot, apex, "CO2", height=2.4)
    normal = site_at(dot, apex).normal
    a, b = (s.positions[o1] - s.positions[c] for s in (start, straight))
    a, b = a - (a @ normal) * normal, b - (b @ normal) * normal
    assert a @ b == pytest.approx(0.0, abs=1e-6)


def test_any_molecule_stands_as_given(dot_and_site):
    dot, apex = dot_and_site
    nitrogen = Atoms("N2", [[0, 0, 5.0], [0, 0, 6.1]])
    start = add_adsorbate(dot, apex, nitrogen, height=2.0)
    entry = record(start)
    assert entry["name"] == "N2"
    assert start.get_distance(apex, entry["indices"][0]) == pytest.approx(2.0)
    assert start.get_distance(apex, entry["indices"][1]) == pytest.approx(3.1)


def rod(n):
    """A straight rod that lies down on the site with its middle."""
    x = 1.4 * (np.arange(2 * n + 1) - n)
    return Atoms(f"C{2 * n + 1}", [[xi, 0.0, 0.01 * abs(xi)] for xi in x])


def test_no_room_is_refused():
    copper = fcc111("Cu", (5, 5, 2), vacuum=8.0)
    with pytest.raises(StructureError, match="clashes"):
        add_adsorbate(copper, len(copper) - 13, rod(2), height=1.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"adsorbate": "CO3"}, "expected one of CO2"),
        ({"orientation": "upside-down"}, "expected one of C-down"),
        ({"site": 999}, "expected an atom index"),
        ({"site": 1.5}, "an integer"),
        ({"height": 0.4}, "clashes"),
        ({"adsorbate": Atoms()}, "no atoms"),
    ],
)
def test_errors_say_what_was_expected(dot_and_site, change, message):
    dot, apex = dot_and_site
    with pytest.raises(StructureError, match=message) as error:
        add_adsorbate(dot, **{"site": apex, "adsorbate": "CO2", **change})
    assert "\n" not in str(error.value)


def test_a_second_adsorbate_is_refused(dot_and_site):
    dot, apex = dot_and_site
    with pytest.raises(StructureError, match="already carries"):
        add_adsorbate(add_adsorbate(dot, apex, "CO"), apex, "CO")


def test_on_a_slab_it_stands_on_the_face_asked_for():
    copper = fcc111("Cu", (3, 3, 3), vacuum=8.0)
    assert [len(s.equivalent) for s in surface_sites(copper)] == [18]
    sites = surface_sites(copper, distinct=False)
    tops = {round(float(s.normal[2])) for s in sites}
    assert tops == {1, -1}
    for site in sites:
        start = add_adsorbate(copper, site, "COOH")
        height = (start.positions[-4:, 2] - site.position[2]) * site.normal[2]
        assert height.min() > 1.5
        assert (start.pbc == copper.pbc).all()


def test_neighbouring_images_count_as_surface():
    small = fcc111("Cu", (1, 1, 2), vacuum=8.0)
    with pytest.raises(StructureError, match="clashes"):
        add_adsorbate(small, 1, rod(2), height=1.5)
    small.pbc = False
    assert len(add_adsorbate(small, 1, rod(2), height=1.5)) == 7


def test_molecules_have_the_measured_geometries():
    water = molecule("H2O")
    assert water.get_angle(1, 0, 2) == pytest.approx(104.52, abs=0.01)
    carboxyl = molecule("COOH")
    assert carboxyl.get_angle(1, 0, 2) == pytest.approx(127.0)
    assert carboxyl.get_angle(0, 2, 3) == pytest.approx(107.9)
    assert carboxyl.get_dihedral(3, 2, 0, 1) == pytest.approx(180.0)
    formic = molecule("HCOOH")
    assert formic.get_angle(4, 0, 1) == pytest.approx(124.1)
    assert formic.get_angle(0, 2, 3) == pytest.approx(106.3)
    assert np.cos(np.radians(formic.get_dihedral(3, 2, 0, 1))) == pytest.approx(1.0)
    assert molecule("CO").get_distance(0, 1) == pytest.approx(1.1283)
    assert molecule("CO2").get_angle(1, 0, 2) == pytest.approx(180.0)


@pytest.mark.parametrize("name", sorted(MOLECULES))
def test_every_molecule_names_its_source(name):
    atoms = molecule(name)
    assert provenance.details(atoms)["molecule"]["source"]
    assert name in ADSORBATES or name in MOLECULES
    assert all(np.isfinite(atoms.positions).ravel())


def test_every_orientation_keeps_the_atoms_apart():
    for name in ADSORBATES:
        for way in orientations(name):
            atoms = Atoms(way.symbols, way.positions)
            distances = atoms.get_all_distances() + 10 * np.eye(len(atoms))
            assert distances.min() > 0.7


def test_unknown_molecule():
    with pytest.raises(StructureError, match="expected one of CO2,"):
        molecule("C60")


SITES = ["Cu", "Zn", "In", "Cd", "S", "Ti", "O", "Pb", "Br", "Ag", "Au", "Se", "Mo", "Ga", "Cs"]


@pytest.mark.parametrize("symbol", SITES)
@pytest.mark.parametrize("name", ADSORBATES)
def test_no_template_starts_inside_a_bond(name, symbol):
    """Every atom of every adsorbate in every orientation, on sites of every kind."""
    for way in orientations(name):
        distances = np.linalg.norm(placed(way, symbol), axis=1)
        bonds = [bond_length(symbol, s) for s in way.symbols]
        assert (distances > 0.949 * np.array(bonds)).all(), way.name


def test_side_on_carbon_dioxide_binds_by_carbon_and_oxygen(dot_and_site):
    """As in Ni(CO2)(PCy3)2: Ni-C 1.84, Ni-O 1.99 Å (M. Aresta et al., Chem. Commun. 1975, 636)."""
    dot, apex = dot_and_site
    start = add_adsorbate(dot, apex, "CO2", "side-on")
    c, near, far = record(start)["indices"]
    assert start.get_distance(apex, c) == pytest.approx(1.95, abs=1e-6)
    assert start.get_distance(apex, near) == pytest.approx(2.00, abs=1e-6)
    assert start.get_distance(apex, far) > 2.5
    assert start.get_distance(c, near) == pytest.approx(1.28)
    assert start.get_angle(near, c, far) == pytest.approx(134.0)
    higher = add_adsorbate(dot, apex, "CO2", "side-on", height=2.2)
    assert higher.get_distance(apex, c) == pytest.approx(2.2, abs=1e-6)
    assert higher.get_distance(apex, near) == pytest.approx(2.25, abs=1e-6)


def all_places():
    """Structures with every kind of site: a bare and a closed dot, slabs of metals and oxides."""
    dot, apex = zcis()
    yield dot, None
    yield passivate(dot, keep_bare=[apex]), [apex]
    yield fcc111("Cu", (3, 3, 3), vacuum=8.0), None
    for name, plane in (("TiO2-anatase", "101"), ("CdS", "110"), ("CsPbBr3-cubic", "001")):
        yield slab(name, plane, layers=4, repeat=(2, 2)), None


@pytest.mark.slow
def test_no_start_is_nearer_than_sensible_for_its_pair():
    """All orientations, adsorbates and sites: nothing within a bond of any atom."""
    tried = 0
    for atoms, sites in all_places():
        for site in surface_sites(atoms) if sites is None else sites:
            for name in ADSORBATES:
                for way in orientations(name):
                    try:
                        start = add_adsorbate(atoms, site, name, way.name)
                    except StructureError as error:
                        assert "clashes" in str(error)  # noqa: PT017 (refused, not built)
                        continue
                    tried += 1
                    worst = nearest_over_bond(start, len(atoms))
                    assert worst > 0.949, (atoms.symbols, site, name, way.name)
    assert tried > 100


def nearest_over_bond(start, n):
    """Shortest distance between adsorbate and surface over the length of a bond."""
    pairs, vectors = close_pairs(start, 4.0)
    crossing = (pairs < n).sum(axis=1) == 1
    symbols = start.get_chemical_symbols()
    ratios = [
        np.linalg.norm(v) / bond_length(symbols[min(p)], symbols[max(p)])
        for p, v in zip(pairs[crossing], vectors[crossing], strict=True)
    ]
    return min(ratios, default=np.inf)
