"""Sites and jumps of halides in zinc blende, against the geometry of the lattice."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk

from heterodot.errors import StructureError
from heterodot.structures import crystal, repeat_crystal
from heterodot.structures.paths.halides import (
    MECHANISMS,
    SITES,
    ZincBlende,
    halide_interstitial,
    halide_jump,
    source_molecules,
)


@pytest.mark.parametrize("host", ["ZnS", "ZnSe", "InP"])
def test_interstitial_sites_have_their_neighbours(host):
    atoms = repeat_crystal(crystal(host), [2, 2, 2])
    a = crystal(host).cell[0, 0]
    cation = atoms.symbols[0] if atoms.symbols[0] in ("Zn", "In") else atoms.symbols[-1]
    for site, expected in {
        "tetrahedral-cation": {cation: 4},
        "tetrahedral-anion": {next(s for s in atoms.symbols if s != cation): 4},
        "hexagonal": dict.fromkeys(set(atoms.symbols), 3),
    }.items():
        found = halide_interstitial(atoms, "Cl", site)
        apart = found.get_distances(-1, range(len(atoms)), mic=True)
        near = a * (np.sqrt(3) / 4 if site != "hexagonal" else np.sqrt(11) / 8)
        assert apart.min() == pytest.approx(near, abs=1e-3)
        symbols = [found.symbols[i] for i in np.flatnonzero(apart < near + 0.01)]
        assert {s: symbols.count(s) for s in set(symbols)} == expected


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_jumps_have_the_lengths_of_the_lattice(mechanism):
    atoms = repeat_crystal(crystal("ZnS"), [2, 2, 2])
    a = crystal("ZnS").cell[0, 0]
    jump = halide_jump(atoms, "Br", mechanism)
    assert (jump.start.numbers == jump.end.numbers).all()
    assert jump.start.symbols[-1] == "Br"
    n = {"interstitial": 65, "vacancy": 63, "dissociative": 64, "kick-out": 65}[mechanism]
    assert len(jump.start) == n
    from heterodot.structures.paths.mapping import displacements

    moved = np.linalg.norm(displacements(jump.start, jump.end), axis=1)
    lengths = {"interstitial": a / np.sqrt(2), "vacancy": a / np.sqrt(2)}
    assert moved[-1] == pytest.approx(lengths.get(mechanism, a * np.sqrt(3) / 4), abs=1e-3)
    assert moved[-1] == pytest.approx(jump.length, abs=1e-6)
    assert (moved > 1e-6).sum() == (2 if mechanism == "kick-out" else 1)
    for one in (jump.start, jump.end):
        apart = one.get_all_distances(mic=True)[np.triu_indices(n, 1)]
        assert apart.min() > 2.3


def test_what_is_no_zinc_blende_or_halide_is_one_line():
    with pytest.raises(StructureError, match="expected a zinc-blende crystal"):
        halide_jump(bulk("Cu"), "Cl", "vacancy")
    with pytest.raises(StructureError, match="expected one of F, Cl, Br, I"):
        halide_jump(crystal("ZnS"), "S", "vacancy")
    with pytest.raises(StructureError, match="expected one of interstitial"):
        halide_jump(crystal("ZnS"), "Cl", "ring")


def test_every_site_is_the_nearest_to_itself_wherever_in_the_cell():
    atoms = repeat_crystal(crystal("ZnSe"), [2, 2, 2])
    lattice = ZincBlende.of(atoms)
    for kind in SITES:
        for near in (0, 3):
            place = lattice.site(kind, way=1, near=near)
            assert lattice.nearest(place + atoms.cell[1]) == (kind, pytest.approx(0, abs=1e-9))
    anion = atoms.positions[np.flatnonzero(atoms.symbols == "Se")[7]]
    assert lattice.nearest(anion + np.array([0.2, 0, 0])) == ("anion", pytest.approx(0.2))


def test_zinc_chloride_has_its_tetrahedra():
    """Zn–Cl 2.30 Å and the angles of corner-shared tetrahedra in the α form."""
    salt = source_molecules(crystal("ZnS"), "Cl", "crystal").salt
    near = np.sort(salt.get_distances(0, range(1, len(salt)), mic=True))
    assert near[:4] == pytest.approx(2.304, abs=2e-3)
    assert near[4] > 3.5
    assert list(salt.symbols).count("Cl") == 2 * list(salt.symbols).count("Zn")
    with pytest.raises(StructureError, match="known of Zn, not of In; salt: molecule"):
        source_molecules(crystal("InP"), "Cl", "crystal")


def test_the_primitive_cell_is_the_same_crystal():
    cell = ZincBlende.of(repeat_crystal(crystal("InP"), [2, 1, 1])).primitive
    assert cell.get_chemical_formula() == "InP"
    assert cell.get_volume() == pytest.approx(5.869**3 / 4, rel=1e-4)
    again = ZincBlende.of(cell.repeat((3, 3, 3)))
    assert again.lattice == pytest.approx(5.869, abs=1e-3)
