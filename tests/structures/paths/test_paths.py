"""Ends and first images of paths."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures import defect_type, fill_cations, move_atom, passivate, pyramid
from heterodot.structures.paths.interpolation import interpolate
from heterodot.structures.paths.mapping import checked_end, nearest_order
from heterodot.structures.paths.protonation import carboxyl_ends

WATER = Atoms("OH2", [(0, 0, 0), (0.76, 0.59, 0), (-0.76, 0.59, 0)])


def test_order_of_the_nearest():
    start = Atoms("Cu3", [(0, 0, 0), (3, 0, 0), (9.8, 0, 0)], cell=[10, 10, 10], pbc=True)
    end = start[[2, 0, 1]]
    end.positions[:, 0] -= 0.3
    assert nearest_order(start, end).tolist() == [1, 2, 0]


def test_a_free_end_is_laid_on_its_beginning():
    end = WATER.copy()
    end.rotate(70, (1, 2, 3))
    end.translate((5, 5, 5))
    assert checked_end(WATER, end).positions == pytest.approx(WATER.positions, abs=1e-6)


@pytest.mark.parametrize("method", ["idpp", "linear", "geodesic"])
def test_images_of_a_rotor_keep_its_bonds(method):
    if method == "geodesic":
        pytest.importorskip("geodesic_interpolate")
    start = Atoms("HCN", [(1.6, 0.4, 0), (0.55, 0, 0), (-0.6, 0, 0)])
    end = Atoms("HCN", [(-1.6, 0.4, 0), (0.55, 0, 0), (-0.6, 0, 0)])
    images = interpolate(start, end, 3, method)
    assert len(images) == 5
    assert (images[0].positions == start.positions).all()
    nearest = min(image.get_distance(0, k) for image in images for k in (1, 2))
    assert (nearest > 0.8) == (method != "linear")  # straight through the bond


def test_geodesics_are_for_free_structures():
    periodic = Atoms("Cu2", [(0, 0, 0), (2, 2, 2)], cell=[5, 5, 5], pbc=True)
    with pytest.raises(StructureError, match="for free structures only"):
        interpolate(periodic, periodic, 1, "geodesic")


def test_move_atom():
    assert move_atom(WATER, 0, by=[0, 0, 1]).positions[0].tolist() == [0, 0, 1]
    assert move_atom(WATER, 1, to=[1, 2, 3]).positions[1].tolist() == [1, 2, 3]
    with pytest.raises(StructureError, match="expected one of by"):
        move_atom(WATER, 0)
    with pytest.raises(StructureError, match="atom 3, expected 0…2"):
        move_atom(WATER, 3, by=[0, 0, 1])


@pytest.mark.parametrize("hydrogen", ["SH", "H2O"])
def test_carboxyl_and_carbon_dioxide_are_the_same_atoms(hydrogen):
    dot = pyramid("CuInS2", base=3, truncate_corners="apex", apex="Cu")
    dot = passivate(defect_type(fill_cations(dot, "8/12", seed=12), "A"), "H")
    from heterodot.structures.recipes.steps import resolve_sites

    site = resolve_sites(dot, "active")
    start, end = carboxyl_ends(dot, site, hydrogen)
    assert (start.numbers == end.numbers).all()
    extra = start.get_chemical_symbols()[len(dot) :]
    water = ["O", "H"] if hydrogen == "H2O" else []
    assert sorted(extra) == sorted(["C", "O", "O", "H", *water])
    carbon = len(dot) + extra.index("C")
    oxygens = [len(dot) + n for n, s in enumerate(extra) if s == "O"][:2]
    assert start.get_angle(oxygens[0], carbon, oxygens[1]) == pytest.approx(180, abs=1e-6)
    for atoms in (start, end):
        apart = atoms.get_all_distances()[np.triu_indices(len(atoms), 1)]
        assert apart.min() > 0.9
    with pytest.raises(StructureError, match="expected one of SH, H2O"):
        carboxyl_ends(dot, site, "H2")
