"""Contact distances: what the known crystals do must be allowed."""

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list

from heterodot.errors import StructureError
from heterodot.structures import contact_distances, crystal
from heterodot.structures.contacts import too_close


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


def test_too_close_finds_what_a_double_loop_finds():
    rng = np.random.default_rng(5)
    a = Atoms("Cd4S4", rng.uniform(0, 9, (8, 3)))
    b = Atoms("Cs4Br4", rng.uniform(0, 9, (8, 3)))
    limit = contact_distances(a.get_chemical_symbols(), b.get_chemical_symbols())
    distance = np.linalg.norm(a.positions[:, None] - b.positions[None], axis=2)
    expected = {tuple(pair) for pair in np.argwhere(distance < limit)}
    assert expected
    assert {tuple(pair) for pair in too_close(a, b)} == expected
