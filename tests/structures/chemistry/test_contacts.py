"""Contact distances: what the known crystals do must be allowed."""

import numpy as np
import pytest
from ase.neighborlist import neighbor_list

from heterodot.errors import StructureError
from heterodot.structures import contact_distances, crystal
from heterodot.structures.chemistry.contacts import BOND_VALENCE, ion_bond


@pytest.mark.parametrize("name", ["CdS", "ZnS", "ZnSe", "CdSe", "InP", "CuInS2", "CsPbBr3"])
def test_bonds_and_neighbours_of_crystals_are_allowed(name):
    bulk = crystal(name)
    symbols = bulk.get_chemical_symbols()
    i, j, d = neighbor_list("ijd", bulk, 5.0)
    assert (d > contact_distances(symbols, symbols)[i, j]).all()
    assert (d > 1.3 * contact_distances(symbols, symbols)[i, j]).any()


def test_like_charges_keep_apart_and_the_table_is_symmetric():
    symbols = ["Cd", "S", "Cs", "Br", "Pb", "H"]
    table = contact_distances(symbols, symbols)
    assert table == pytest.approx(table.T)
    assert table[0, 1] < 2.5 < table[0, 0] < table[1, 1]
    neutral = contact_distances(["Cd"], ["S"], charges_a=[0], charges_b=[-2])
    assert neutral[0, 0] == pytest.approx(0.9 * (1.44 + 1.05))
    with pytest.raises(StructureError, match="no"):
        contact_distances(["Xx"], ["S"])


@pytest.mark.parametrize(
    ("cation", "anion", "measured"),
    [
        ("Cd", "S", 2.525), ("Zn", "S", 2.342), ("Zn", "Se", 2.454), ("Cd", "Se", 2.62),
        ("Cu", "S", 2.33), ("In", "S", 2.46), ("In", "P", 2.541), ("Ga", "As", 2.448),
        ("Pb", "Br", 2.97), ("Pb", "S", 2.97), ("Cs", "Br", 3.72), ("Ti", "O", 1.96),
        ("Mo", "S", 2.41), ("Cd", "Br", 2.60), ("Zn", "Br", 2.40), ("Zn", "Cl", 2.27),
        ("Na", "Cl", 2.82), ("Zn", "O", 1.98), ("Cd", "I", 2.79),
    ],
)  # fmt: skip
def test_bonds_are_as_long_as_in_crystals(cation, anion, measured):
    """Measured lengths: the crystals of this package; ZnX4 and CdX4 ions, CsBr, GaAs, NaCl, ZnO."""
    assert ion_bond(cation, anion) == pytest.approx(measured, rel=0.04)


def test_bond_valence_parameters_are_those_of_the_tables():
    from pymatgen.analysis.bond_valence import BV_PARAMS

    expected = {e.symbol: (v["c"], v["r"]) for e, v in BV_PARAMS.items()}
    assert expected == BOND_VALENCE


def test_charge_shortens_a_bond_and_unknown_elements_take_their_radii():
    assert ion_bond("Cu", "S", 2) == pytest.approx(ion_bond("Cu", "S", 1) - 0.37 * np.log(2))
    assert ion_bond("Au", "S") == pytest.approx(1.37 + 1.84)
    with pytest.raises(StructureError, match="'Xx'"):
        ion_bond("Xx", "S")


def test_cations_do_not_decide_with_covalent_radii():
    """Cs and Cd on rigid faces: nearer than 3.88 Å, farther than any bond of theirs."""
    limit = contact_distances(["Cs", "Pb"], ["Cd"], touch=1.0, rigid=True)[:, 0]
    assert 2.7 < limit[0] < 3.2
    assert 2.4 < limit[1] < 2.9
