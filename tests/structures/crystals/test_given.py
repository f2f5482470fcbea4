"""What a file or a caller says of a structure is used or refused, never dropped."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111
from ase.constraints import FixAtoms
from ase.io import write

from heterodot import provenance
from heterodot.adsorbate import find_adsorbate, is_guessed
from heterodot.errors import InputError, StructureError
from heterodot.structures import (
    add_adsorbate,
    crystal,
    electron_count,
    enumerate_configurations,
    place_guest,
    pyramid,
    select_sites,
    surface_sites,
)
from heterodot.structures.chemistry.electrons import formal_charges
from heterodot.structures.crystals.files import read_structure_file
from heterodot.structures.crystals.writing import write_structure

HEAD = "Properties=species:S:1:pos:R:3"


@pytest.fixture
def given(tmp_path):
    """Write a file and read it."""

    def read(text, name="a.xyz", **options):
        (tmp_path / name).write_text(text)
        return read_structure_file(tmp_path / name, **options)

    return read


def oxygen(comment=""):
    return f"2\n{HEAD} {comment}\nO 0 0 0\nO 0 0 1.21\n"


@pytest.mark.parametrize(
    ("comment", "charge"),
    [
        ("charge=-1", -1),
        ("Charge=1", 1),
        ("total_charge=2.0", 2),
        ("charge=1 net_charge=1", 1),
        ("", 0),
    ],
)
def test_the_charge_a_file_states_is_the_charge(given, comment, charge):
    atoms = given(oxygen(comment))
    assert provenance.total_charge(atoms) == charge
    assert electron_count(atoms).n_electrons == 16 - charge


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("charge=0.5", "charge 0.5: expected a whole number of e"),
        ("charge=minus", "charge 'minus'"),
        ("charge -1", "charge True|charge: True"),
        ("charge=1 total_charge=2", r"charge \+1, total_charge \+2: expected one"),
        ("charge=17", r"O2 has 16 electrons when neutral"),
        ('charge=1 heterodot="_JSON {\\"charge\\": 2}"', r"\+2 e in the record.*\+1 e beside it"),
        ("multiplicity=2", "multiplicity 2 does not fit O2 with an even number of electrons"),
        ("multiplicity=0", "multiplicity 0: expected a whole number of 1 or more"),
        ("multiplicity=3 uhf=0", "multiplicity 2, uhf 0: expected one"),
        ("spin=2", "expected 'multiplicity='"),
        ("spin=0.5", "spin 0.5: expected a whole number"),
    ],
)
def test_a_charge_or_spin_that_cannot_be_is_one_line(given, comment, words):
    with pytest.raises(StructureError, match=words) as error:
        given(oxygen(comment))
    assert "a.xyz: " in str(error.value)


@pytest.mark.parametrize("comment", ["multiplicity=3", "spin=3", "uhf=2", "spin_multiplicity=3"])
def test_a_stated_multiplicity_is_the_spin_that_is_calculated(given, comment):
    from heterodot.calculators.spin import spin_state

    assert spin_state(given(oxygen(comment))).multiplicity == 3


def test_a_charge_a_caller_puts_beside_the_record_counts():
    atoms = Atoms("OH", [[0, 0, 0], [0, 0, 0.97]])
    atoms.info["charge"] = -1
    assert provenance.total_charge(atoms) == -1
    assert electron_count(atoms).n_electrons == 10
    changed = provenance.with_charge(atoms, 1)
    assert provenance.total_charge(changed) == 1
    assert provenance.total_charge(atoms) == -1


@pytest.mark.parametrize("charge", ["minus one", None, 0.5, float("nan"), True, 100000, -100000])
def test_a_charge_that_is_none_is_refused(charge):
    with pytest.raises(InputError, match="charge"):
        provenance.with_charge(Atoms("Cu"), charge)


def test_moments_and_fixed_atoms_of_files_are_delivered(given, tmp_path):
    atoms = given(f"2\n{HEAD}:initial_magmoms:R:1:move_mask:L:1\nO 0 0 0 1 F\nO 0 0 1.21 1 T\n")
    assert atoms.arrays["initial_magmoms"].tolist() == [1, 1]
    assert atoms.constraints[0].get_indices().tolist() == [0]
    calculated = given(f"2\n{HEAD}:magmoms:R:1\nO 0 0 0 1\nO 0 0 1.21 1\n")
    assert calculated.arrays["initial_magmoms"].tolist() == [1, 1]
    with pytest.raises(StructureError, match=r"moments of shape \(2, 3\)"):
        given(f"2\n{HEAD}:initial_magmoms:R:3\nO 0 0 0 1 0 0\nO 0 0 1.21 1 0 0\n")
    poscar = (
        "O\n1.0\n9 0 0\n0 9 0\n0 0 9\nO\n2\nSelective dynamics\nCartesian\n"
        "0 0 0 F F F\n0 0 1.21 T T T\n"
    )
    assert given(poscar, "POSCAR").constraints[0].get_indices().tolist() == [0]
    atoms.set_constraint(FixAtoms([1]))
    write(tmp_path / "a.traj", atoms)
    again = read_structure_file(tmp_path / "a.traj")
    assert again.constraints[0].get_indices().tolist() == [1]
    assert again.arrays["initial_magmoms"].tolist() == [1, 1]


def test_formats_with_charges_of_their_own(given):
    mol = (
        "hydroxide\n  x\n\n  2  1  0  0  0  0  0  0  0  0999 V2000\n"
        "    0.0000    0.0000    0.0000 O   0  0\n    0.0000    0.0000    0.9700 H   0  0\n"
        "  1  2  1  0\nM  CHG  1   1  -1\nM  END\n"
    )
    assert provenance.total_charge(given(mol, "a.mol")) == -1
    espresso = (
        "&CONTROL\n/\n&SYSTEM\n ibrav=0, nat=1, ntyp=1, tot_charge = 1.0\n/\n&ELECTRONS\n/\n"
        "ATOMIC_SPECIES\nCu 63.5 Cu.UPF\nCELL_PARAMETERS angstrom\n9 0 0\n0 9 0\n0 0 9\n"
        "ATOMIC_POSITIONS angstrom\nCu 0 0 0\n"
    )
    assert provenance.total_charge(given(espresso, "a.pwi")) == 1


def test_one_frame_of_many_is_chosen_or_said(given, tmp_path):
    frames = "".join(oxygen().replace("1.21", f"1.2{n}") for n in range(4))
    last = given(frames, "run.xyz")
    assert last.positions[1, 2] == pytest.approx(1.23)
    assert "run.xyz holds 4 structures; the last is taken" in provenance.notes(last)[0]
    assert "run.xyz@0" in provenance.notes(last)[0]
    for chosen in (
        read_structure_file(f"{tmp_path}/run.xyz@1"),
        read_structure_file(tmp_path / "run.xyz", frame=1),
        read_structure_file(tmp_path / "run.xyz@-3"),
    ):
        assert chosen.positions[1, 2] == pytest.approx(1.21)
        assert provenance.notes(chosen) == []
    with pytest.raises(StructureError, match=r"holds 4 structures, has no frame 4; expected 0…3"):
        read_structure_file(f"{tmp_path}/run.xyz@4")
    with pytest.raises(StructureError, match="frame 'last'"):
        read_structure_file(f"{tmp_path}/run.xyz@last")
    (tmp_path / "a@1").write_text("O\n1.0\n9 0 0\n0 9 0\n0 0 9\nO\n1\nCartesian\n0 0 0\n")
    assert len(given((tmp_path / "a@1").read_text(), "POSCAR@1")) == 1


CIF = """data_x
_cell_length_a 5.5
_cell_length_b 5.5
_cell_length_c 5.5
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F -4 3 m'
_symmetry_Int_Tables_number 216
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""
MIXED = CIF + "Cu1 Cu 0 0 0 0.5\nIn1 In 0 0 0 0.5\nS1 S 0.25 0.25 0.25 1.0\n"
HALF = CIF + "Cu1 Cu 0 0 0 0.5\nS1 S 0.25 0.25 0.25 1.0\n"


@pytest.mark.parametrize(
    ("text", "shares"), [(MIXED, r"Cu 0\.5, In 0\.5"), (HALF, r"Cu 0\.5, empty 0\.5")]
)
def test_sites_occupied_in_part_are_refused_by_every_reader(given, tmp_path, text, shares):
    words = rf"site at \(0.000, 0.000, 0.000\) Å is occupied in part \({shares}\).*enumerate"
    with pytest.raises(StructureError, match=words):
        given(text, "a.cif")
    with pytest.raises(StructureError, match=words):
        crystal(tmp_path / "a.cif")
    with pytest.raises(StructureError, match=words):
        place_guest(Atoms("Cu"), tmp_path / "a.cif")
    from ase.io import read

    with pytest.raises(StructureError, match=words):
        crystal(read(tmp_path / "a.cif"))


def test_an_ordered_cif_is_read(given):
    assert given(MIXED.replace("In1 In 0 0 0 0.5\n", "").replace("0.5", "1.0"), "a.cif")


def test_disordered_and_charged_structures_of_pymatgen():
    from pymatgen.core import Lattice, Structure

    places = [[0, 0, 0], [0.5, 0.5, 0.5]]
    mixed = Structure(Lattice.cubic(4.2), [{"Cu": 0.5, "In": 0.5}, "S"], places)
    with pytest.raises(StructureError, match=r"occupied in part \((Cu|In) 0.5, (In|Cu) 0.5\)"):
        crystal(mixed)
    tenorite = crystal(Structure(Lattice.cubic(4.2), ["Cu2+", "O2-"], places))
    charges = dict(zip(tenorite.symbols, formal_charges(tenorite), strict=True))
    assert charges == {"Cu": 2.0, "O": -2.0}


def test_the_formal_charges_heterodot_wrote_come_back(tmp_path):
    """CuO: Cu 2+, not the common ion Cu+."""
    oxide = Atoms("CuO", scaled_positions=[[0, 0, 0], [0.5] * 3], cell=[4.2] * 3, pbc=True)
    made = crystal(oxide, formal_charges={"Cu": 2})
    write_structure(tmp_path / "cuo.xyz", made)
    back = crystal(tmp_path / "cuo.xyz")
    np.testing.assert_allclose(formal_charges(back), formal_charges(made))
    assert set(formal_charges(back)[back.numbers == 29]) == {2.0}
    assert provenance.details(back) == provenance.details(made)
    oxide.set_array("formal_charge", np.array([2.0, -2.0]))
    assert formal_charges(crystal(oxide))[0] == 2.0
    overridden = crystal(tmp_path / "cuo.xyz", formal_charges={"Cu": 1})
    assert set(formal_charges(overridden)[overridden.numbers == 29]) == {1.0}


def test_atoms_of_different_charge_are_not_equivalent():
    """Cu(I)/Cu(II) side by side: each keeps its own charge through the standard setting."""
    atoms = Atoms(
        "Cu2S2",
        scaled_positions=[[0, 0, 0], [0, 0, 0.5], [0.5, 0.5, 0.25], [0.5, 0.5, 0.75]],
        cell=[4, 4, 7],
        pbc=True,
    )
    atoms.set_array("formal_charge", np.array([1.0, 3.0, -2.0, -2.0]))
    atoms.set_initial_magnetic_moments([1.0, -1.0, 0, 0])
    made = crystal(atoms)
    assert len(made) == 4
    found = sorted(zip(made.arrays["formal_charge"], made.arrays["initial_magmoms"], strict=True))
    assert found == [(-2, 0), (-2, 0), (1, 1), (3, -1)]


def test_a_dot_comes_back_from_a_file_with_all_it_carries(tmp_path):
    dot = provenance.with_charge(pyramid(crystal("CuInS2"), 2), -1)
    dot.set_initial_magnetic_moments([1.0] + [0.0] * (len(dot) - 1))
    dot.set_constraint(FixAtoms([0, 3]))
    provenance.update(dot, unpaired_electrons=1)
    write_structure(tmp_path / "dot.xyz", dot)
    back = read_structure_file(tmp_path / "dot.xyz")
    assert back.info == dot.info
    assert dot.arrays.keys() == back.arrays.keys()
    for name in ("layer", "sublattice", "role", "domain", "formal_charge", "initial_magmoms"):
        assert back.arrays[name].tolist() == dot.arrays[name].tolist(), name
        assert back.arrays[name].dtype.kind == dot.arrays[name].dtype.kind, name
    assert back.constraints[0].get_indices().tolist() == [0, 3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (f"0\n{HEAD}\n", "no atoms|not a structure"),
        ("1\n\nQq 0 0 0\n", "line 3: 'Qq' is not known, expected a chemical symbol"),
        ("1\n\nX 0 0 0\n", "atom 0 is of no element"),
        ("2\n\nCu 0 0 0\nCu 0 nan 0\n", r"atom 1 \(Cu\) is at \(0, nan, 0\)"),
        ("2\n\nCu 0 0 0\nCu 0 inf 0\n", r"atom 1 \(Cu\) is at \(0, inf, 0\)"),
        ("2\n\nCu 0 0 0\nCu 0 0 0.1\n", r"0 \(Cu\) and 1 \(Cu\) are 0.100 Å apart"),
        (f'1\nLattice="4 0 0 8 0 0 0 0 4" {HEAD}\nCu 0 0 0\n', "spans no volume"),
        (f'1\nLattice="4 0 0 0 4 0 0 0 0" pbc="T T T" {HEAD}\nCu 0 0 0\n', "direction 2"),
        (f'1\nLattice="nan 0 0 0 4 0 0 0 4" {HEAD}\nCu 0 0 0\n', "nan, 0, 0.*finite"),
        (f"1\n{HEAD}:formal_charge:R:1\nCu 0 0 0 nan\n", "'formal_charge': nan for atom 0"),
        (f"1\n{HEAD}:initial_magmoms:R:1\nCu 0 0 0 inf\n", "'initial_magmoms': inf for atom 0"),
        (f"1\n{HEAD}:initial_charges:R:1\nCu 0 0 0 1.4\n", r"sum to 1\.4 e"),
    ],
)
def test_a_file_of_nonsense_is_one_line_with_value_and_place(given, text, words):
    with pytest.raises(StructureError, match=words) as error:
        given(text)
    assert "a.xyz" in str(error.value)


def test_a_range_larger_than_the_sites_is_refused():
    with pytest.raises(StructureError, match=r"1 to 9 V_Cu'?: the structure has 4 Cu for it"):
        enumerate_configurations(crystal("CuInS2"), {"V_Cu": [1, 9]})


def test_an_adsorbate_on_atoms_that_overlap_is_refused():
    pair = Atoms("Cu3", [[0, 0, 0], [0, 0, 0.01], [2.5, 0, 0]])
    with pytest.raises(StructureError, match=r"0\.010 Å apart"):
        add_adsorbate(pair, 0, "CO2")


def slab():
    return fcc111("Cu", (2, 2, 2), vacuum=8.0)


def with_molecule(host, symbols, positions):
    top = host.positions[host.positions[:, 2].argmax()]
    return host + Atoms(symbols, np.asarray(positions) + top)


CO = ("CO", [[0, 0, 1.85], [0, 0, 3.0]])
COOH = ("CO2H", [[0, 0, 1.9], [1.1, 0, 2.5], [-1.2, 0, 2.6], [-1.0, 0, 3.55]])


@pytest.mark.parametrize(("molecule", "name"), [(CO, "CO"), (COOH, "COOH")])
def test_a_molecule_not_placed_by_us_is_guessed(molecule, name):
    found = find_adsorbate(with_molecule(slab(), *molecule))
    assert is_guessed(found)
    assert found["name"] == name
    assert found["indices"] == list(range(8, 8 + len(molecule[1])))
    assert found["binding_atom"] == 8
    assert found["site"] == int(slab().positions[:, 2].argmax())


def test_the_guess_is_the_record_where_there_is_one():
    dot = pyramid(crystal("ZnS"), 3, termination="cation")
    site = next(s for s in surface_sites(dot) if s.symbol == "Zn")
    placed = add_adsorbate(dot, site, "CO2")
    recorded = provenance.details(placed)["adsorbate"]
    bare = Atoms(placed.symbols, placed.positions)
    found = find_adsorbate(bare)
    assert found["indices"] == recorded["indices"]
    assert not is_guessed(find_adsorbate(placed))
    assert formal_charges(bare)[found["indices"]].tolist() == [0, 0, 0]
    assert select_sites(bare, role="adsorbate") == recorded["indices"]
    # indices are followed when atoms come in another order
    turned = bare[list(range(len(bare)))[::-1]]
    last = len(bare) - 1
    assert find_adsorbate(turned)["indices"] == sorted(last - i for i in recorded["indices"])


def test_what_is_no_adsorbate_is_not_guessed():
    from ase.build import molecule

    assert find_adsorbate(molecule("CO2")) is None
    assert find_adsorbate(slab()) is None
    two = with_molecule(with_molecule(slab(), *CO), "CO", [[2.55, 0, 1.85], [2.55, 0, 3.0]])
    assert find_adsorbate(two) is None
    from heterodot.structures import passivate

    dot = passivate(pyramid(crystal("ZnS"), 1), "H")
    assert find_adsorbate(Atoms(dot.symbols, dot.positions)) is None
    assert find_adsorbate(crystal("TiO2-rutile")) is None


def test_labels_of_other_formats_are_words_that_can_be_written(given, tmp_path):
    """Residue names of a PDB file may be blank, atom names hold blanks."""
    place = "   0.000   0.000   0.000  1.00  0.00          CU\n"
    atoms = given(f"ATOM      1 CU       A   1    {place}END\n", "a.pdb")
    assert all(word.split() == [word] for word in atoms.arrays["residuenames"].tolist())
    write_structure(tmp_path / "a.xyz", atoms)
    back = read_structure_file(tmp_path / "a.xyz")
    assert back.arrays["residuenames"].tolist() == atoms.arrays["residuenames"].tolist()
