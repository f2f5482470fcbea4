"""Shapes and coordination numbers against structures that are known."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from heterodot import provenance
from heterodot.analysis import (
    adsorbate_geometry,
    adsorbate_indices,
    bond_statistics,
    coordination_table,
)
from heterodot.errors import StructureError


def carbon_dioxide_on_copper(distance=1.95, bend=140.0):
    half = np.radians(bend / 2)
    o = 1.25 * np.array([np.sin(half), 0, np.cos(half)])
    cluster = Atoms("Cu4", [[0, 0, 0], [1.8, 1.8, -0.2], [-1.8, 1.8, -0.2], [0, 1.8, -2.0]])
    gas = Atoms("COO", [[0, 0, 0], o, o * [-1, 1, 1]])
    gas.translate([0, 0, distance])
    atoms = cluster + gas
    record = {"name": "CO2", "indices": [4, 5, 6], "binding_atom": 4, "site": 0}
    provenance.update(atoms, adsorbate=record)
    return atoms


def test_adsorbate_geometry():
    shape = adsorbate_geometry(carbon_dioxide_on_copper())
    assert shape.co_lengths == pytest.approx((1.25, 1.25))
    assert shape.oco_angle == pytest.approx(140.0)
    assert shape.metal_carbon == pytest.approx(1.95)
    assert shape.site_distance == pytest.approx(1.95)
    assert (shape.site, shape.site_symbol) == (0, "Cu")
    assert shape.nearest == (4, 0)
    assert shape.bonds_to_dot == ((4, 0),)
    assert "O–C–O 140.0°" in shape.summary()


def test_physisorbed_is_said():
    shape = adsorbate_geometry(carbon_dioxide_on_copper(3.2, 179.9))
    assert shape.bonds_to_dot == ()
    assert "not bonded" in shape.summary()


def test_adsorbate_from_the_domain_array():
    atoms = carbon_dioxide_on_copper()
    atoms.info.clear()
    assert adsorbate_indices(atoms).tolist() == [4, 5, 6]  # guessed
    with pytest.raises(StructureError, match="no adsorbate"):
        adsorbate_indices(atoms[:4])
    atoms.set_array("domain", np.array(["dot"] * 4 + ["adsorbate"] * 3))
    assert adsorbate_indices(atoms).tolist() == [4, 5, 6]
    shape = adsorbate_geometry(atoms)
    assert shape.site is None
    assert shape.name == "CO2"


def test_only_an_adsorbate_is_refused():
    atoms = molecule("CO2")
    provenance.update(atoms, adsorbate={"name": "CO2", "indices": [0, 1, 2]})
    with pytest.raises(StructureError, match="only the adsorbate"):
        adsorbate_geometry(atoms)


def test_zinc_blende_coordination():
    table = {row.symbol: row for row in coordination_table(bulk("ZnS", "zincblende", a=5.409))}
    assert table["Zn"].mean == table["S"].mean == 4
    assert table["Zn"].partners == {"S": 4.0}
    assert table["S"].histogram == {4: 1}
    (bond,) = bond_statistics(bulk("ZnS", "zincblende", a=5.409))
    assert bond.pair == ("S", "Zn")
    assert bond.count == 4
    assert bond.mean == pytest.approx(5.409 * np.sqrt(3) / 4)
    assert bond.std == pytest.approx(0, abs=1e-9)


def test_molecule_bonds():
    pairs = {row.pair: row.count for row in bond_statistics(molecule("CH3OH"))}
    assert pairs == {("C", "H"): 3, ("C", "O"): 1, ("H", "O"): 1}
    assert coordination_table(molecule("CH3OH"))[0].to_dict()["histogram"] == {"4": 1}
