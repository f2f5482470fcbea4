"""Interfaces: strained as the match says, never mirrored, nothing closer than it may be."""

from __future__ import annotations

import inspect
import json
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import primitive_neighbor_list
from ase.spacegroup import crystal as from_sites
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import crystal
from heterodot.structures.chemistry.contacts import contact_distances
from heterodot.structures.interfaces.building import build_interface, interface
from heterodot.structures.interfaces.registry import grid_of_shifts, scan_registry, shift_cell
from heterodot.structures.interfaces.slabs import slab
from heterodot.structures.matching.search import match_lattices

FIRST_READING = "(100)f || (2-1-1)s, [001]f || [111]s"

SMALL = {"film_miller": (0, 0, 1), "substrate_miller": (0, 0, 1)}


@pytest.fixture(scope="module")
def janus():
    """CsPbBr3(001) on CdS(001): 29 atoms."""
    return build_interface("CsPbBr3-cubic", "CdS", **SMALL, substrate_layers=6, film_layers=5)


def across(made, reach=6.0):
    """Distances, film atoms and substrate atoms of all pairs across the interface."""
    atoms = made.atoms if hasattr(made, "atoms") else made
    film = atoms.arrays["domain"] == "film"
    i, j, d = primitive_neighbor_list("ijd", atoms.pbc, atoms.cell.array, atoms.positions, reach)
    pairs = film[i] & ~film[j]
    return d[pairs], i[pairs], j[pairs]


def made_cell(made):
    return made.atoms.cell.array[:2, :2]


def limits(atoms, i, j, touch=1.0):
    charge, symbols = atoms.arrays["formal_charge"], np.array(atoms.get_chemical_symbols())
    return np.array(
        [
            contact_distances(
                [symbols[a]],
                [symbols[b]],
                charges_a=[charge[a]],
                charges_b=[charge[b]],
                touch=touch,
                rigid=True,
            )[0, 0]
            for a, b in zip(i, j, strict=True)
        ]
    )


def test_arrays_and_faces(janus):
    atoms = janus.atoms
    domain, layer = atoms.arrays["domain"], atoms.arrays["layer"]
    assert Counter(domain) == {"substrate": 12, "film": 13}
    assert layer[domain == "substrate"].max() == 5
    assert sorted(set(layer[domain == "film"])) == [6, 7, 8, 9, 10]
    assert atoms.pbc.tolist() == [True, True, False]
    for below in range(10):
        assert (
            atoms.positions[layer == below, 2].max() < atoms.positions[layer == below + 1, 2].min()
        )
    assert (janus.film["bottom"], janus.substrate["top"]) == ("PbBr2", "Cd")
    bottom = atoms[(domain == "film") & (layer == 6)]
    assert set(bottom.get_chemical_symbols()) == {"Pb", "Br"}
    height = atoms.cell.array[2, 2]
    assert atoms.cell.array[0, 1] == 0
    assert atoms.cell.array[0, 0] > 0
    assert atoms.cell.array[1, 1] > 0
    assert height - np.ptp(atoms.positions[:, 2]) == pytest.approx(15.0)


def test_the_gap_is_the_smallest_allowed(janus):
    d, i, j = across(janus)
    ratio = d / limits(janus.atoms, i, j)
    assert ratio.min() == pytest.approx(1.0, abs=1e-9)
    assert janus.closest == pytest.approx(ratio.min())
    domain = janus.atoms.arrays["domain"]
    z = janus.atoms.positions[:, 2]
    assert z[domain == "film"].min() - z[domain == "substrate"].max() == pytest.approx(janus.gap)


def test_scan_against_brute_force(janus):
    """The gap at some shifts by moving the film up until every pair is allowed."""
    film = janus.atoms[janus.atoms.arrays["domain"] == "film"]
    substrate = janus.atoms[janus.atoms.arrays["domain"] == "substrate"]
    shifts = np.random.default_rng(1).random((4, 2))
    scan = scan_registry(film, substrate, made_cell(janus), shifts)
    for shift, gap in zip(shifts, scan.gaps, strict=True):
        top = substrate.positions[:, 2].max()
        lift = np.append(shift @ made_cell(janus), top - film.positions[:, 2].min())
        x = film.positions + lift
        needed = 0.0
        for p, q, s in zip(
            x, film.get_chemical_symbols(), film.arrays["formal_charge"], strict=True
        ):
            for r, t, u in zip(
                substrate.positions,
                substrate.get_chemical_symbols(),
                substrate.arrays["formal_charge"],
                strict=True,
            ):
                d = contact_distances(
                    [q], [t], charges_a=[s], charges_b=[u], touch=1.0, rigid=True
                )[0, 0]
                for a in range(-2, 3):
                    for b in range(-2, 3):
                        rho = p[:2] - r[:2] + np.array([a, b]) @ made_cell(janus)
                        room = d**2 - rho @ rho
                        if room > 0:
                            needed = max(needed, np.sqrt(room) - (p[2] - r[2]))
        assert gap == pytest.approx(needed, abs=1e-9)


def nearest(made):
    """Shortest distance of each pair of elements across the interface, film's first, Å."""
    d, i, j = across(made)
    symbols = np.array(made.atoms.get_chemical_symbols())
    found = {}
    for length, a, b in zip(d, i, j, strict=True):
        pair = f"{symbols[a]}{symbols[b]}"
        found[pair] = min(found.get(pair, np.inf), length)
    return found


@pytest.mark.parametrize(
    ("film", "substrate", "pair", "bond", "options"),
    [
        # tetrahedral bonds: CdBr4(2-) 2.58-2.60, ZnBr4(2-) 2.40, CdI4(2-) 2.79, CdCl4(2-) 2.46 Å
        # (A. F. Wells, Structural Inorganic Chemistry; R. D. Shannon's radii give 2.74 and 2.56)
        ("CsPbBr3", "CdS", "BrCd", 2.60, {"relation": "pseudo-cubic:{220}f || {220}s"}),
        (
            "CsPbBr3", "CdS", "BrCd", 2.60,
            {
                "relation": FIRST_READING, "max_area": 700,
                "film_layers": 8, "film_polarity": "compensate",
            },
        ),
        (
            "CsPbBr3", "ZnS", "BrZn", 2.40,
            {"relation": "pseudo-cubic:{220}f || {220}s", "max_strain": 0.09, "max_area": 120},
        ),
        ("CsPbBr3", "ZnS", "BrZn", 2.40, {"relation": "pseudo-cubic:{220}f || {220}s"}),
        ("CsPbCl3-cubic", "CdS", "ClCd", 2.46, SMALL),
        ("CsPbI3-cubic", "CdS", "ICd", 2.79, SMALL),
    ],
)  # fmt: skip
def test_films_are_bonded_to_their_substrates(film, substrate, pair, bond, options):
    made = build_interface(film, substrate, **options)
    found = nearest(made)
    assert 0.97 * bond < found[pair] < 1.08 * bond
    assert not made.unbonded
    d, i, j = across(made)
    charge = made.atoms.arrays["formal_charge"]
    assert d[charge[i] * charge[j] > 0].min() > 2.5  # like ions are pushed, not pressed together
    name, shortest = next(iter(made.joint.shortest.items()))
    assert shortest == pytest.approx(min(v for k, v in found.items() if k in ("".join(
        reversed(name.split("–"))), name.replace("–", ""))))  # fmt: skip
    assert f"shortest {name} {shortest:.2f} Å" in made.summary()
    assert made.joint.bonds >= made.joint.bonded_atoms > 0


def energy_of_both(atoms):
    """Formal charges of film and substrate together, by pymatgen's Ewald sum, eV."""
    from pymatgen.analysis.ewald import EwaldSummation
    from pymatgen.core import Structure

    whole = Structure(atoms.cell.array, atoms.numbers, atoms.positions, coords_are_cartesian=True)
    whole.add_oxidation_state_by_site(atoms.arrays["formal_charge"].tolist())
    return float(EwaldSummation(whole, acc_factor=8).total_energy)


def test_ions_stay_on_a_compensated_face_where_the_partner_binds_them():
    """Half the Br of CsPbBr3(100): on CdS those that Cd binds, not those evenly spread."""
    sides = {"film_layers": 4, "film_polarity": "compensate", "substrate_layers": 3}
    found = match_lattices("CsPbBr3", "CdS", relation=FIRST_READING, max_area=700)
    made = build_interface(match=found.best, **sides)
    said = made.film["polarity"]
    assert "chosen for the substrate (" in said["compensation"]
    assert abs(said["dipole_per_area"]) < 1e-6
    assert made.atoms.arrays["formal_charge"].sum() == 0
    again = build_interface(match=found.best, **sides, shift=made.shift, gap=made.gap)
    assert energy_of_both(again.atoms) <= energy_of_both(made.atoms) + 0.01
    face = slab("CsPbBr3", (1, 0, 0), layers=4)
    rumpled = float(np.ptp(face.positions[face.arrays["layer"] == 0, 2]))
    # alone the lower Br go: at the same place of the crystal, the face is so much farther away
    alone = build_interface(
        match=found.best, **sides, shift=made.shift, gap=made.gap + rumpled, criterion="gap"
    )
    assert alone.film["polarity"]["compensation"].endswith("from the lower to the upper face")
    assert energy_of_both(made.atoms) < energy_of_both(alone.atoms) - 1.0
    assert alone.closest < 0.95 < made.closest  # half of its Br would be pressed on S


def test_bonds_are_counted_through_the_cell(janus):
    """The joint and the scan count the same bonds, and a repeated cell has twice as many."""
    from heterodot.structures.chemistry.joints import joint

    film = janus.atoms.arrays["domain"] == "film"
    assert janus.joint.bonds == janus.scan.bonds[janus.scan.best]
    twice = janus.atoms.repeat((1, 2, 1))
    again = joint(twice, np.tile(film, 2))
    assert again.bonds == 2 * janus.joint.bonds
    assert again.shortest == pytest.approx(janus.joint.shortest)


def test_like_ions_without_a_bond_are_not_pushed():
    """Sulfur on sulfur: van der Waals sheets stay where they touch, and it says so."""
    made = build_interface("MoS2", "MoS2", film_layers=1, substrate_layers=1, **SMALL)
    assert made.unbonded
    assert made.gap == pytest.approx(2.9, abs=0.35)  # in hollows, as in the crystal (2.96 Å)
    assert nearest(made)["SS"] == pytest.approx(3.47, abs=0.25)  # in the crystal 3.47 Å
    record = provenance.details(made.atoms)
    assert record["interface"]["unbonded"] is True
    assert any(f.startswith("unbonded: nothing holds") for f in record["flags"])
    assert any(note.startswith("unbonded: ") for note in provenance.notes(made.atoms))
    bonded = build_interface("CsPbBr3-cubic", "CdS", **SMALL)
    assert not provenance.flags(bonded.atoms)
    assert provenance.details(bonded.atoms)["interface"]["unbonded"] is False


def test_large_faces_are_scanned_by_a_tree(janus, monkeypatch):
    """The same gaps and contacts, whichever way the pairs are found."""
    from heterodot.structures.interfaces import facing

    film = janus.atoms[janus.atoms.arrays["domain"] == "film"].repeat((1, 3, 1))
    substrate = janus.atoms[janus.atoms.arrays["domain"] == "substrate"].repeat((1, 3, 1))
    cell = film.cell.array[:2, :2]
    shifts = np.random.default_rng(2).uniform(-1, 2, (30, 2))
    by_images = scan_registry(film, substrate, cell, shifts)
    monkeypatch.setattr(facing, "PAIRS_AT_ONCE", 10)
    by_tree = scan_registry(film, substrate, cell, shifts)
    for name in ("gaps", "contacts", "closest", "bonds"):
        assert np.allclose(getattr(by_images, name), getattr(by_tree, name), atol=1e-9)
    monkeypatch.setattr(facing, "usable_memory", lambda: 1e3)
    with pytest.raises(StructureError, match="too many to scan"):
        scan_registry(film, substrate, cell, shifts)


def test_the_best_shift_is_the_best_of_the_grid(janus):
    scan = janus.scan
    assert scan.contacts[scan.best] == pytest.approx(scan.contacts.max(), abs=1e-3)
    least = build_interface("CsPbBr3-cubic", "CdS", **SMALL, criterion="gap")
    assert least.gap == pytest.approx(least.scan.gaps.min(), abs=1e-3)
    assert least.gap <= janus.gap + 1e-9
    given_shift = build_interface("CsPbBr3-cubic", "CdS", **SMALL, shift=janus.shift)
    assert given_shift.gap == pytest.approx(janus.gap)


def test_shifts_by_the_lattice_of_either_side_change_nothing(janus):
    match = janus.match
    film = janus.atoms[janus.atoms.arrays["domain"] == "film"]
    substrate = janus.atoms[janus.atoms.arrays["domain"] == "substrate"]
    lattice = shift_cell(match.film_transform, match.substrate_transform, made_cell(janus))
    start = np.array([0.123, 0.377])
    own = np.linalg.inv(match.film_transform)
    other = np.linalg.inv(match.substrate_transform)
    shifts = start + np.vstack([[0, 0], lattice, own, other])
    scan = scan_registry(film, substrate, made_cell(janus), shifts)
    assert np.allclose(scan.gaps, scan.gaps[0], atol=1e-6)
    assert np.allclose(scan.contacts, scan.contacts[0], atol=1e-6)
    grid = grid_of_shifts(lattice, (3, 3))
    assert len(grid) == 9


@settings(max_examples=30, deadline=None)
@given(
    first=st.tuples(*[st.integers(-4, 4)] * 4).filter(lambda m: m[0] * m[3] - m[1] * m[2] > 0),
    second=st.tuples(*[st.integers(-4, 4)] * 4).filter(lambda m: m[0] * m[3] - m[1] * m[2] > 0),
)
def test_cell_of_shifts_generates_both_lattices(first, second):
    one, two = np.reshape(first, (2, 2)), np.reshape(second, (2, 2))
    lattice = shift_cell(one, two, np.array([[3.0, 0.2], [0.7, 4.0]]))
    assert np.linalg.det(lattice) > 0
    for transform in (one, two):
        whole = np.linalg.inv(transform) @ np.linalg.inv(lattice)
        assert np.allclose(whole, np.rint(whole), atol=1e-9)
    # and it is not finer than needed: its points are sums of both lattices' points
    cells = round(np.linalg.det(one)) * round(np.linalg.det(two))
    assert round(1 / np.linalg.det(lattice)) <= cells


@pytest.mark.parametrize("strained", ["film", "substrate", "shared"])
def test_the_strain_is_in_the_atoms(strained):
    """Bonds inside each side, mapped back by the stated strain, are the crystal's own."""
    made = build_interface(
        "CsPbBr3-cubic", "CdS", **SMALL, matching={"strained": strained}, grid=(2, 2)
    )
    for which, name in (("film", "CsPbBr3-cubic"), ("substrate", "CdS")):
        side = made.atoms[made.atoms.arrays["domain"] == which]
        gradient = np.array(getattr(made, which)["gradient"])
        stated = getattr(made.match, f"{which}_gradient")
        assert np.allclose(gradient.T @ gradient, stated.T @ stated, atol=1e-9)
        assert np.linalg.det(gradient) > 0
        back = side.copy()
        cell = side.cell.array.copy()
        cell[:2, :2] = cell[:2, :2] @ np.linalg.inv(gradient).T
        back.positions[:, :2] = back.positions[:, :2] @ np.linalg.inv(gradient).T
        back.set_cell(cell, scale_atoms=False)
        expected = set(np.round(find_bonds(crystal(name)).lengths, 5))
        assert set(np.round(find_bonds(back).lengths, 5)) <= expected
        strain = np.array(getattr(made, which)["strain"])
        assert np.allclose(strain, getattr(made.match, f"{which}_strain"), atol=1e-9)


def test_a_match_that_does_not_fit_its_cell_is_refused(janus):
    wrong = replace(janus.match, cell=janus.match.cell * [1.001, 1.0])
    with pytest.raises(StructureError, match="off by"):
        build_interface(match=wrong)
    mirrored = replace(janus.match, film_transform=janus.match.film_transform[::-1])
    with pytest.raises(StructureError, match="left-handed"):
        build_interface(match=mirrored)


def tellurium(group: int) -> Atoms:
    """Trigonal Te, right (152, P3_121) or left (154, P3_221); P. Cherin, Acta Cryst. 23, 670."""
    z = 1 / 3 if group == 152 else 2 / 3
    return from_sites(
        "Te", [(0.2636, 0, z)], spacegroup=group, cellpar=[4.456, 4.456, 5.921, 90, 90, 120]
    )


def hands(atoms: Atoms) -> set[int]:
    """Signs of the triple products of three successive bonds along the helices."""
    bonds = find_bonds(atoms, 1.1)
    signs = set()
    for middle in range(len(atoms)):
        around = bonds.directions(middle)
        if len(around) != 2:
            continue
        for n, step in zip(bonds.neighbours(middle), around, strict=True):
            before = around[0] if np.allclose(step, around[1]) else around[1]
            for after in bonds.directions(int(n)):
                if np.allclose(after, -step):
                    continue
                triple = np.dot(np.cross(-before, step), after)
                if abs(triple) > 1:
                    signs.add(int(np.sign(triple)))
    return signs


@pytest.mark.parametrize("group", [152, 154])
@pytest.mark.parametrize("miller", [(0, 0, 1), (1, 0, 0), (1, 0, -1)])
def test_a_chiral_film_keeps_its_hand(group, miller):
    """Right- and left-handed tellurium on Cu: the helices of the placed film turn as before."""
    film = crystal(tellurium(group))
    (own,) = hands(film)
    found = match_lattices(
        film, "Cu", film_miller=miller, substrate_miller=(1, 1, 1), max_area=200, max_strain=0.06
    )
    for match in found[:2]:
        made = interface(match=match, film_thickness=16, substrate_layers=2, grid=(1, 1))
        placed = made[made.arrays["domain"] == "film"]
        assert hands(placed) == {own}
    assert len(found)


def test_the_two_hands_differ():
    assert hands(crystal(tellurium(152))) == {-s for s in hands(crystal(tellurium(154)))}


def test_outer_faces_are_passivated():
    made = interface(
        "CdS",
        "ZnS",
        film_miller=(1, 1, 1),
        substrate_miller=(1, 1, 1),
        max_strain=0.08,
        film_layers=4,
        substrate_layers=4,
        passivate_film="pseudo-H",
        passivate_substrate="pseudo-H",
    )
    hydrogens = made.numbers == 1
    assert set(made.arrays["domain"]) == {"film", "substrate"}
    z = made.positions[:, 2]
    for which, end in (("film", z.max()), ("substrate", z.min())):
        mine = hydrogens & (made.arrays["domain"] == which)
        assert mine.sum() == (made.arrays["domain"] == which)[~hydrogens].sum() // 4
        assert np.allclose(z[mine], end)
    pseudo = made.arrays["pseudo_hydrogen"]
    assert set(np.unique(pseudo[hydrogens])) == {0.5, 1.5}
    assert not pseudo[~hydrogens].any()
    d, _, _ = across(made)
    assert d.min() > 2.3


def test_both_readings_of_the_published_relation():
    """Qiu et al., Adv. Sci. 2023, 2206560: the strains each implies for these lattices."""
    made = build_interface(
        "CsPbBr3", "CdS", relation="(100)f || (2-1-1)s, [001]f || [111]s", max_area=700,
        grid=(4, 4), film_layers=3, substrate_layers=4,
    )  # fmt: skip
    assert made.match.area == pytest.approx(582.4, rel=2e-3)
    along, across_it = (100 * x for x in made.match.principal)
    assert along == pytest.approx(100 * (7 * 5.832 * np.sqrt(3) / (6 * 11.759) - 1), abs=1e-6)
    assert across_it == pytest.approx(100 * (2 * 5.832 / np.sqrt(2) / 8.255 - 1), abs=1e-6)
    pseudo = build_interface(
        "CsPbBr3", "CdS", relation="pseudo-cubic:{220}f || {220}s", grid=(4, 4), film_layers=3,
        substrate_layers=4,
    )  # fmt: skip
    assert np.abs(pseudo.match.principal).max() < 0.01
    d, i, j = across(made)
    assert (d / limits(made.atoms, i, j)).min() > 1 - 1e-6


def test_compensated_substrate_under_a_film():
    found = match_lattices(
        "CdS", "ZnS", film_miller=(1, 1, 1), substrate_miller=(1, 1, 1), max_strain=0.08,
        supercells=True,
    )  # fmt: skip
    match = next(m for m in found if round(np.linalg.det(m.substrate_transform)) % 4 == 0)
    made = build_interface(
        match=match, substrate_layers=6, film_layers=4, substrate_polarity="compensate", grid=(3, 3)
    )
    assert made.substrate["polarity"]["compensation"].startswith("1 of 4")
    assert abs(made.substrate["polarity"]["dipole_per_area"]) < 2e-3
    # the face with a vacant site repeats only with the common cell, the film with its own
    expected = 1 / np.linalg.det(match.film_transform)
    assert np.linalg.det(made.shift_cell) == pytest.approx(expected)
    assert made.atoms.arrays["formal_charge"].sum() == 0


def test_each_side_is_built_once_also_where_its_ions_are_chosen_for_the_partner(monkeypatch):
    from heterodot.structures.interfaces import polarity, sides

    done = []
    for module, name in ((sides, "build_slab"), (polarity, "ions_that_may_move")):
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *given, real=real: (done.append(real.__name__), real(*given))[1]
        )
    found = match_lattices("CsPbBr3", "CdS", relation=FIRST_READING, max_area=700)
    made = build_interface(
        match=found.best, film_layers=4, film_polarity="compensate", substrate_layers=3
    )
    assert "chosen for the substrate" in made.film["polarity"]["compensation"]
    assert sorted(done) == ["build_slab", "build_slab", "ions_that_may_move"]


def test_one_second_for_a_scan_of_400_shifts():
    made = build_interface("CsPbBr3", "CdS", relation="(100)f || (2-1-1)s, [001]f || [111]s",
                           max_area=700, grid=(2, 2))  # fmt: skip
    film = made.atoms[made.atoms.arrays["domain"] == "film"]
    substrate = made.atoms[made.atoms.arrays["domain"] == "substrate"]
    assert len(made.atoms) > 400
    start = time.process_time()
    scan_registry(film, substrate, made_cell(made), grid_of_shifts(np.eye(2), (20, 20)))
    assert time.process_time() - start < 1.0


def test_a_gap_that_is_given_is_kept_and_doubted():
    made = build_interface("CsPbBr3-cubic", "CdS", **SMALL, gap=1.5)
    assert made.gap == 1.5
    assert made.closest < 0.9
    assert any("closer than they should be" in note for note in provenance.notes(made.atoms))
    far = build_interface("CsPbBr3-cubic", "CdS", **SMALL, gap=6.0)
    assert "closer" not in far.summary()


def test_records_are_json(janus):
    record = provenance.details(janus.atoms)["interface"]
    assert json.loads(json.dumps(record)) == record
    json.dumps(janus.to_dict())
    json.dumps(janus.scan.to_dict())
    assert "PbBr2 on Cd" in janus.summary()
    assert any("Tasker type 3" in note for note in provenance.notes(janus.atoms))
    signature = inspect.signature(interface)
    assert "film_layers" in signature.parameters


def test_survives_a_file(janus, tmp_path):
    from ase.io import read

    path = tmp_path / "i.xyz"
    janus.atoms.write(path, format="extxyz")
    back = read(path)
    assert (back.arrays["domain"] == janus.atoms.arrays["domain"]).all()
    assert provenance.details(back)["interface"]["gap"] == pytest.approx(janus.gap)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"film_layers": 0}, "film: layers 0"),
        ({"substrate_thickness": 0}, "substrate: thickness 0"),
        ({"film_termination": "ZnO"}, "film: termination 'ZnO': expected one of PbBr2, CsBr"),
        ({"gap": -1.0}, "gap -1"),
        ({"gap": float("nan")}, "gap nan"),
        ({"shift": (1.0,)}, "shift"),
        ({"shift": "best"}, "shift 'best'"),
        ({"shift": (float("inf"), 0)}, "shift"),
        ({"grid": (0, 3)}, "grid"),
        ({"grid": (1000, 1000)}, "at most 40000 shifts"),
        ({"criterion": "luck"}, "criterion 'luck'"),
        ({"touch": 0}, "touch 0"),
        ({"vacuum": 0}, "vacuum 0"),
        ({"rank": 10_000}, "matches were found"),
        ({"rank": 0}, "rank 0"),
        ({"max_area": 5.0}, "max_area"),
        ({"matching": {"colour": 1}}, "colour"),
        ({"matching": 3}, "options of match_lattices by name"),
        ({"match": "best"}, "expected a Match"),
        ({"film_polarity": "ignore"}, "film_polarity 'ignore'"),
        ({"passivate_film": "pseudo-H"}, "in no tetrahedral semiconductor"),
        ({"film_layers": 3, "film_thickness": 9.0}, "one of the two"),
    ],
)
def test_impossible_interfaces_are_one_line(options, words):
    with pytest.raises(StructureError, match=words) as error:
        build_interface("CsPbBr3-cubic", "CdS", **{**SMALL, **options})
    assert "\n" not in str(error.value)


def test_what_is_needed_is_said():
    with pytest.raises(StructureError, match="film and a substrate, or a match"):
        build_interface()
    bare = match_lattices([[3.0, 0], [0, 3.0]], [[3.0, 0], [0, 3.0]])[0]
    with pytest.raises(StructureError, match="bare cell"):
        build_interface(match=bare)


def test_too_many_atoms_are_refused_before_they_are_made(janus):
    start = time.process_time()
    big = 20_000 * np.eye(2, dtype=int)
    huge = replace(
        janus.match,
        film_transform=big @ janus.match.film_transform,
        substrate_transform=big @ janus.match.substrate_transform,
        cell=big @ janus.match.cell,
    )
    with pytest.raises(StructureError, match="memory"):
        build_interface(match=huge)
    assert time.process_time() - start < 1.0


def test_a_slab_and_a_side_are_the_same_atoms(janus):
    alone = slab("CdS", (0, 0, 1), layers=6, repeat=janus.match.substrate_transform.tolist())
    side = janus.atoms[janus.atoms.arrays["domain"] == "substrate"]
    assert Counter(alone.get_chemical_symbols()) == Counter(side.get_chemical_symbols())
    assert np.allclose(np.sort(find_bonds(alone).lengths), np.sort(find_bonds(side).lengths))
