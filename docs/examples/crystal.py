"""A crystal: one entry of the table in ``heterodot/structures/crystals/table.py``.

Here it is put into the table from outside; in the table it is one more item of ``_ENTRIES``.
"""

from heterodot.bonds import find_bonds
from heterodot.structures import crystal, pyramid
from heterodot.structures.crystals.table import CRYSTALS, SZE, CrystalEntry

GAP = CrystalEntry(
    name="GaP",
    space_group="F-43m",
    number=216,
    cellpar=(5.451, 5.451, 5.451, 90, 90, 90),
    sites=(("Ga", 3, (0.0, 0.0, 0.0)), ("P", -3, (0.25, 0.25, 0.25))),
    source=f"{SZE}: a = 5.451 Å",
)
CRYSTALS[GAP.name] = GAP

if __name__ == "__main__":
    atoms = crystal("GaP")
    bonds = find_bonds(atoms)
    assert len(atoms) == 8
    assert abs(bonds.lengths.min() - 2.36) < 0.005  # √3/4 a, Å
    dot = pyramid(atoms, base=3)
    print(f"{atoms.get_chemical_formula()}, a dot of it: {dot.get_chemical_formula()}")
