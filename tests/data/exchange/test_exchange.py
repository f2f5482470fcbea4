"""Structures as OPTIMADE entries and as pymatgen's objects."""

import json

import numpy as np
import pytest
from ase.build import bulk, fcc111, molecule
from ase.constraints import FixAtoms, FixBondLength

from heterodot import provenance
from heterodot.errors import InputError
from heterodot.provenance import with_charge
from heterodot.structures import (
    crystal,
    passivate,
    pyramid,
    to_optimade,
    to_pymatgen,
)  # fmt: skip

REQUIRED = {
    "immutable_id", "last_modified", "elements", "nelements", "elements_ratios",
    "chemical_formula_descriptive", "chemical_formula_reduced", "chemical_formula_anonymous",
    "chemical_formula_hill", "dimension_types", "nperiodic_dimensions", "lattice_vectors",
    "cartesian_site_positions", "nsites", "species", "species_at_sites", "assemblies",
    "structure_features",
}  # fmt: skip
"""Fields of section 7.2 of the specification that an ordered structure has."""


def test_an_optimade_entry_has_the_fields_and_formulas_of_the_specification():
    entry = to_optimade(crystal("CuInS2"), "one", energy=-3.5)
    attributes = entry["attributes"]
    assert (entry["type"], entry["id"]) == ("structures", "one")
    own = {name for name in attributes if name.startswith("_heterodot_")}
    assert own == {"_heterodot_charge", "_heterodot_energy"}
    assert set(attributes) - own == REQUIRED
    assert attributes["elements"] == ["Cu", "In", "S"]
    assert attributes["elements_ratios"] == pytest.approx([0.25, 0.25, 0.5])
    assert attributes["chemical_formula_reduced"] == "CuInS2"
    assert attributes["chemical_formula_anonymous"] == "A2BC"
    assert attributes["dimension_types"] == [1, 1, 1]
    assert json.loads(json.dumps(entry)) == entry


def test_the_formulas_are_those_pymatgen_writes_by_the_standard():
    """Its adapter is adapted from OPTIMADE's own."""
    from pymatgen.io.optimade import OptimadeStructureAdapter

    ours = to_optimade(crystal("CsPbBr3"), "a")["attributes"]
    theirs = OptimadeStructureAdapter.get_optimade_structure(to_pymatgen(crystal("CsPbBr3")))
    same = {
        name for name, value in theirs["attributes"].items()
        if np.all(np.asarray(ours[name], dtype=object) == np.asarray(value, dtype=object))
    }  # fmt: skip
    written_otherwise = {
        "chemical_formula_descriptive", "species", "cartesian_site_positions", "lattice_vectors",
    }  # fmt: skip
    assert set(theirs["attributes"]) - same <= written_otherwise


def test_pymatgen_reads_the_entry_of_a_crystal_back():
    from pymatgen.io.optimade import OptimadeStructureAdapter

    slab = fcc111("Cu", (1, 1, 3), vacuum=6.0, periodic=True)
    back = OptimadeStructureAdapter.get_structure(to_optimade(slab, "slab"))
    np.testing.assert_allclose(back.cart_coords, slab.positions, atol=1e-9)
    np.testing.assert_allclose(back.lattice.matrix, slab.cell.array)


def test_a_molecule_has_null_vectors_and_says_its_charge_and_spin():
    ion = with_charge(molecule("OH"), -1)
    provenance.update(ion, unpaired_electrons=0)
    attributes = to_optimade(ion, "ion")["attributes"]
    assert attributes["lattice_vectors"] == [[None] * 3] * 3
    assert attributes["nperiodic_dimensions"] == 0
    assert attributes["chemical_formula_hill"] == "HO"
    assert attributes["_heterodot_charge"] == -1
    assert attributes["_heterodot_unpaired_electrons"] == 0


def test_a_dot_becomes_a_molecule_with_all_its_atoms_carry():
    dot = passivate(pyramid(crystal("ZnS"), 2), "H")
    dot.set_initial_magnetic_moments(np.zeros(len(dot)))
    found = to_pymatgen(dot)
    assert type(found).__name__ == "Molecule"
    assert found.charge == provenance.total_charge(dot)
    for name in ("domain", "role", "layer"):
        assert found.site_properties[name] == dot.arrays[name].tolist()
    assert found.site_properties["magmom"] == [0.0] * len(dot)
    assert found.properties["heterodot"]["history"] == provenance.history(dot)
    again = type(found).from_dict(json.loads(json.dumps(found.as_dict())))
    assert again.site_properties["domain"] == dot.arrays["domain"].tolist()


def test_a_crystal_keeps_its_charge_periodicity_and_fixed_atoms():
    slab = fcc111("Cu", (1, 1, 3), vacuum=6.0)
    slab.set_constraint(FixAtoms([0]))
    found = to_pymatgen(with_charge(slab, 1), energy=-1.5)
    assert found.lattice.pbc == (True, True, False)
    assert found.as_dict()["charge"] == 1
    assert found.properties["energy"] == -1.5
    assert found.site_properties["selective_dynamics"] == [[False] * 3, [True] * 3, [True] * 3]
    slab.set_constraint(FixBondLength(0, 1))
    with pytest.raises(InputError, match="FixBondLength"):
        to_pymatgen(slab)


def test_a_spin_the_electrons_cannot_have_is_refused():
    oh = molecule("OH")
    provenance.update(oh, unpaired_electrons=2)
    with pytest.raises(InputError, match="pymatgen: "):
        to_pymatgen(oh)
    with pytest.raises(InputError, match="without atoms"):
        to_optimade(bulk("Cu")[:0], "none")
