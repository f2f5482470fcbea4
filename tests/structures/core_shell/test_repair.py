"""An interface repaired: atoms and charges balance, the halide sits where the oxygen was."""

from __future__ import annotations

import numpy as np
import pytest

from heterodot.errors import StructureError
from heterodot.structures import core_shell, oxidize_interface, passivate
from heterodot.structures.core_shell.repair import repair_by_exchange, repair_by_salt


@pytest.fixture(scope="module")
def dot():
    bare = core_shell("InP", radius=3.0, shells=["ZnS:1ml"], lattice="relaxed")
    return passivate(oxidize_interface(bare, count=2, order="spread"), "Cl")


def counts(atoms):
    return atoms.symbols.formula.count()


def test_exchange_keeps_every_atom_and_charge(dot):
    found = repair_by_exchange(dot, "Cl")
    assert counts(found.atoms) == counts(dot)
    assert found.atoms.arrays["formal_charge"].sum() == dot.arrays["formal_charge"].sum() == 0
    (place,) = found.oxygens
    assert (dot.symbols[place], found.atoms.symbols[place]) == ("O", "Cl")
    assert found.atoms.positions == pytest.approx(dot.positions)
    assert (found.atoms.numbers != dot.numbers).sum() == 2


def test_salt_balances_with_its_oxide(dot):
    """dot(2 O) + ZnCl2 → dot(2 Cl, V_Zn) + 2 ZnO: element by element, and charge by charge."""
    found = repair_by_salt(dot, "Cl")
    left = dict(counts(dot))
    for symbol, n in (("Zn", found.n_salt), ("Cl", 2 * found.n_salt)):
        left[symbol] += n
    for symbol, n in (("Zn", found.n_oxide), ("O", found.n_oxide)):
        left[symbol] -= n
    assert {s: n for s, n in left.items() if n} == dict(counts(found.atoms))
    assert found.atoms.arrays["formal_charge"].sum() == 0
    assert [found.atoms.symbols[i] for i in found.halides] == ["Cl", "Cl"]
    places = dot.positions[list(found.oxygens)]
    assert np.allclose(found.atoms.positions[list(found.halides)], places)


def test_what_cannot_be_repaired_is_one_line(dot):
    with pytest.raises(StructureError, match="Br at the surface: none"):
        repair_by_exchange(dot, "Br")
    with pytest.raises(StructureError, match="such as Zn or Cd"):
        repair_by_salt(dot, "Cl", "In")
    bare = core_shell("InP", radius=3.0, shells=["ZnS:1ml"], lattice="relaxed")
    with pytest.raises(StructureError, match="expected some, from oxidize_interface"):
        repair_by_exchange(bare, "Cl")
    with pytest.raises(StructureError, match="1 O at the interface: expected two"):
        repair_by_salt(oxidize_interface(bare, count=1), "Cl")
