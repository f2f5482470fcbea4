"""Copper, silver and gold clusters, neutral and charged, with CO2."""

import numpy as np
import pytest
from ase.data import atomic_numbers

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.errors import StructureError
from heterodot.structures import co2_on_cluster, electron_count, metal_cluster, point_group
from heterodot.structures.clusters.metals import SHAPES, bond_length


@pytest.mark.parametrize("metal", ["Cu", "Ag", "Au"])
@pytest.mark.parametrize("n", sorted(SHAPES))
@pytest.mark.parametrize("charge", [0, -1])
def test_shape_bonds_and_parity(metal, n, charge):
    atoms = metal_cluster(metal, n, charge)
    assert len(atoms) == n
    assert point_group(atoms) == provenance.details(atoms)["cluster"]["point_group"]
    electrons = n * atomic_numbers[metal] - charge
    assert electron_count(atoms).n_electrons == electrons
    assert electron_count(atoms).odd == (electrons % 2 == 1)
    if n > 1:
        apart = atoms.get_all_distances() + 99 * np.eye(n)
        dimer, bulk = bond_length(metal, 1), bond_length(metal, 12)
        assert dimer - 1e-9 <= apart.min() < bulk
        assert (apart < 1.01 * apart.min()).any(axis=1).all()


def test_bonds_run_from_the_dimer_to_the_crystal():
    assert bond_length("Cu", 1) == pytest.approx(2.2197)
    assert bond_length("Cu", 12) == pytest.approx(2.556, abs=0.002)
    assert bond_length("Au", 12) == pytest.approx(2.884, abs=0.003)


@pytest.mark.parametrize("n", [1, 2, 6, 8])
@pytest.mark.parametrize("metal", ["Cu", "Ag", "Au"])
def test_co2_is_bent_and_bound_on_the_anion_linear_and_apart_on_the_neutral(metal, n):
    for charge in (0, -1):
        bare = metal_cluster(metal, n, charge)
        atoms = co2_on_cluster(bare)
        record = provenance.details(atoms)["adsorbate"]
        carbon, one, other = record["indices"]
        angle = atoms.get_angle(one, carbon, other)
        distance = atoms.get_distance(record["site"], carbon)
        assert len(atoms) == n + 3
        assert provenance.total_charge(atoms) == charge
        odd = (n * atomic_numbers[metal] - charge) % 2 == 1
        assert electron_count(atoms).odd == odd
        assert Level("gfn1-xtb").check(atoms).multiplicity == 1 + odd
        if charge < 0:
            assert 130 < angle < 140
            assert 1.9 < distance < 2.3
        else:
            assert angle == pytest.approx(180.0)
            assert distance == pytest.approx(3.0)
        nearest = min(atoms.get_distances(i, range(n)).min() for i in (one, other))
        assert nearest > 2.4


def test_given_site_orientation_and_shape():
    star = metal_cluster("Cu", 8, -1, shape="D4h")
    assert point_group(star) == "D4h"
    atoms = co2_on_cluster(star, site=2, orientation="side-on")
    assert provenance.details(atoms)["adsorbate"]["site"] == 2


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("Fe", 2), {}, "Cu, Ag, Au"),
        (("Cu", 5), {}, "expected one of 1, 2, 3"),
        (("Cu", True), {}, "expected one of"),
        (("Cu", 2, 0.5), {}, "whole number of e"),
        (("Cu", 2, 3), {}, "whole number of e"),
        (("Cu", 6), {"shape": "Oh"}, "expected D3h"),
    ],
)
def test_impossible_metals_are_refused(arguments, options, message):
    with pytest.raises(StructureError, match=message):
        metal_cluster(*arguments, **options)


def test_a_second_adsorbate_is_refused():
    with pytest.raises(StructureError, match="already carries"):
        co2_on_cluster(co2_on_cluster(metal_cluster("Cu", 6)))
