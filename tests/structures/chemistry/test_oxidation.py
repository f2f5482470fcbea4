"""Formal charges of crystals: oxidation states from textbooks, metals without ions, what is said.

Right values are the oxidation states of N. N. Greenwood and A. Earnshaw, Chemistry of the Elements,
2nd ed., 1997; the structures are from R. W. G. Wyckoff, Crystal Structures, 2nd ed.
"""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.spacegroup import crystal as from_sites
from pymatgen.core import Composition, Element

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import (
    apply_defect,
    crystal,
    defect_sites,
    electron_count,
    enumerate_configurations,
    fill_cations,
    interface,
    match_lattices,
    pyramid,
    slab,
    substitute,
    terminations,
)
from heterodot.structures.chemistry.dangling import full_coordination
from heterodot.structures.chemistry.oxidation import _balanced, _states, crystal_charges


def _sites(symbols, positions, number, *cellpar, setting=1):
    return from_sites(symbols, positions, spacegroup=number, cellpar=cellpar, setting=setting)


def _perovskite(a_site, a):
    sites = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)]
    return _sites([a_site, "Ti", "O"], sites, 221, a, a, a, 90, 90, 90)


def _corundum(metal, a, c, z, x):
    return _sites([metal, "O"], [(0, 0, z), (x, 0, 0.25)], 167, a, a, c, 90, 90, 120)


def _stibnite(metal, a, b, c):
    sites = [(0.5293, 0.25, 0.1739), (0.6495, 0.25, 0.464), (0.6251, 0.25, 0.0614),
             (0.7079, 0.25, 0.3083), (0.4503, 0.25, 0.3769)]  # fmt: skip
    return _sites([metal, metal, "S", "S", "S"], sites, 62, a, b, c, 90, 90, 90)


def _rutile(metal, a, c, u):
    return _sites([metal, "O"], [(0, 0, 0), (u, u, 0)], 136, a, a, c, 90, 90, 90)


def _olivine():
    sites = [(0, 0, 0), (0.2822, 0.25, 0.9747), (0.0948, 0.25, 0.4182), (0.0968, 0.25, 0.7428),
             (0.4571, 0.25, 0.206), (0.1656, 0.0465, 0.2848)]  # fmt: skip
    symbols = ["Li", "Fe", "P", "O", "O", "O"]
    return _sites(symbols, sites, 62, 10.329, 6.0065, 4.6908, 90, 90, 90)


def _v2o5():
    sites = [(0.1012, 0.25, 0.8917), (0.1043, 0.25, 0.531), (0.9311, 0.25, 0.003),
             (0.25, 0.25, 0.001)]  # fmt: skip
    return _sites(["V", "O", "O", "O"], sites, 59, 11.512, 3.564, 4.368, 90, 90, 90, setting=2)


HEMATITE = _corundum("Fe", 5.038, 13.772, 0.3553, 0.3059)
MAGNETITE = _sites(
    ["Fe", "Fe", "O"], [(0.125,) * 3, (0.5,) * 3, (0.2549,) * 3], 227, 8.3941, 8.3941, 8.3941,
    90, 90, 90, setting=2,
)  # fmt: skip
PYRITE = _sites(["Fe", "S"], [(0, 0, 0), (0.385,) * 3], 205, 5.417, 5.417, 5.417, 90, 90, 90)

STATES = {
    "SrTiO3": (_perovskite("Sr", 3.905), {"Sr": 2, "Ti": 4, "O": -2}),
    "BaTiO3": (_perovskite("Ba", 4.0), {"Ba": 2, "Ti": 4, "O": -2}),
    "Bi2S3": (_stibnite("Bi", 11.27, 3.97, 11.13), {"Bi": 3, "S": -2}),
    "Sb2S3": (_stibnite("Sb", 11.31, 3.84, 11.23), {"Sb": 3, "S": -2}),
    "Cr2O3": (_corundum("Cr", 4.958, 13.594, 0.3475, 0.306), {"Cr": 3, "O": -2}),
    "Fe2O3": (HEMATITE, {"Fe": 3, "O": -2}),
    "LiFePO4": (_olivine(), {"Li": 1, "Fe": 2, "P": 5, "O": -2}),
    "FeS2": (PYRITE, {"Fe": 2, "S": -1}),
    "V2O5": (_v2o5(), {"V": 5, "O": -2}),
    "PtO2": (_rutile("Pt", 4.49, 3.14, 0.3), {"Pt": 4, "O": -2}),
    "MnO2": (_rutile("Mn", 4.398, 2.873, 0.3046), {"Mn": 4, "O": -2}),
    "Mg2Si": (
        _sites(["Si", "Mg"], [(0, 0, 0), (0.25,) * 3], 225, 6.35, 6.35, 6.35, 90, 90, 90),
        {"Mg": 2, "Si": -4},
    ),
    "CuFeS2": (
        _sites(
            ["Cu", "Fe", "S"], [(0, 0, 0), (0, 0, 0.5), (0.2574, 0.25, 0.125)], 122,
            5.289, 5.289, 10.423, 90, 90, 90,
        ),
        {"Cu": 1, "Fe": 3, "S": -2},
    ),
    "NaH": (bulk("NaH", "rocksalt", a=4.88), {"Na": 1, "H": -1}),
    "SiC": (bulk("SiC", "zincblende", a=4.36), {"Si": 4, "C": -4}),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_oxidation_states_that_balance_are_guessed_and_said(name):
    atoms, right = STATES[name]
    made = crystal(atoms)
    found = dict(zip(made.get_chemical_symbols(), made.arrays["formal_charge"], strict=True))
    assert found == right
    assert made.arrays["formal_charge"].sum() == pytest.approx(0)
    assert any("guessed" in note and "pymatgen" in note for note in provenance.notes(made))


@pytest.mark.parametrize("name", ["GaN", "ZnO", "CdTe"])
def test_common_ions_that_balance_need_no_guess(name):
    made = crystal(bulk(name, "wurtzite", a=3.2, c=5.2))
    assert set(np.abs(made.arrays["formal_charge"])) == {3.0 if name == "GaN" else 2.0}
    assert provenance.notes(made) == []


def test_mixed_valence_is_a_mean_and_says_so():
    charges = crystal_charges(MAGNETITE)
    assert charges.values["Fe"] == pytest.approx(8 / 3)  # Fe2+ Fe3+2 O4
    assert "mixed valence" in charges.note()


def test_a_vacancy_in_a_large_cell_does_not_change_the_ions():
    cell = crystal("CuInS2") * (2, 2, 1)
    del cell[int(np.flatnonzero(cell.symbols == "Cu")[0])]
    charges = crystal_charges(cell)
    assert charges.values == {"Cu": 1, "In": 3, "S": -2}
    assert charges.total == pytest.approx(-1)
    assert "sum to -1 e in" in charges.note()


@pytest.mark.parametrize(
    "formula", ["Fe3O4", "SrTiO3", "CuFeS2", "Sb2S4", "Mn5O8", "LiCoO2", "Cu15In16S32", "BiVO4"]
)
def test_the_guesses_are_those_of_pymatgen_in_its_order(formula):
    counts = {e: int(n) for e, n in Composition(formula).get_el_amt_dict().items()}
    states = {e: _states(Element(e)) for e in counts}
    if formula.startswith("Cu15"):  # pymatgen goes through every combination
        states = {e: qs[:3] for e, qs in states.items()}
    right = Composition(counts).oxi_state_guesses(oxi_states_override=states)
    found = _balanced(counts, states)
    assert len(found) == len(right) > 0
    for mine, theirs in zip(found, right, strict=True):
        assert mine == pytest.approx(theirs)


ALLOYS = {
    "CuZn": bulk("CuZn", "cesiumchloride", a=2.945),
    "NiTi": bulk("NiTi", "cesiumchloride", a=3.015),
    "Cu3Au": _sites(["Au", "Cu"], [(0, 0, 0), (0, 0.5, 0.5)], 221, 3.75, 3.75, 3.75, 90, 90, 90),
}


@pytest.mark.parametrize("name", ALLOYS)
def test_alloys_are_metals_whose_slabs_cut_metallic_bonds(name):
    made = crystal(ALLOYS[name])
    assert not made.arrays["formal_charge"].any()
    assert all(t.broken_above > 0 for t in terminations(made, (1, 0, 0)))
    assert provenance.details(slab(made, (1, 0, 0)))["slab"]["polarity"]["tasker"] == 0


def test_the_bonds_cut_on_cscl_planes_are_those_of_the_geometry():
    # B2 (110): each atom has 4 of its 8 nearest and 2 + 2 · ½… of its 6 next neighbours elsewhere;
    # counted here atom by atom from the neighbour list, not from the layers
    made = crystal(ALLOYS["CuZn"])
    bonds = find_bonds(made)
    normal = np.array([1, 1, 0]) / np.sqrt(2)
    spacing = 2.945 / np.sqrt(2)
    crossing = np.abs(bonds.vectors @ normal) / spacing
    (cut,) = {t.broken_above for t in terminations(made, (1, 1, 0))}
    assert cut == round(crossing.sum())  # one (110) layer holds the whole cell


@pytest.mark.parametrize("name", ["Si", "Ge", "C", "Pt"])
def test_elements_have_no_ions(name):
    made = crystal(bulk(name))
    assert not made.arrays["formal_charge"].any()
    cut = slab(made, (1, 1, 1), layers=6)
    assert "no ions" in provenance.notes(cut)[-1]
    if name in ("Si", "Ge"):
        from heterodot.structures.chemistry.dangling import lattice_bonds

        assert set(full_coordination(made, lattice_bonds(made))) == {4}


def test_matching_needs_no_charges():
    odd = bulk("XeF", "rocksalt", a=4.0)
    with pytest.raises(StructureError, match="--charges"):
        crystal(odd)
    assert len(match_lattices(odd, "Cu", film_miller="100", substrate_miller="100",
                              max_strain=0.1, max_area=60)) > 0  # fmt: skip


def test_charges_can_be_given_everywhere():
    odd = bulk("XeF", "rocksalt", a=4.0)
    charges = {"Xe": 1, "F": -1}
    assert set(slab(odd, (1, 0, 0), formal_charges=charges).arrays["formal_charge"]) == {1, -1}
    assert terminations(odd, (1, 1, 1), formal_charges=charges)[0].charge in (1, -1)
    found = enumerate_configurations(odd, ["V_Xe"], supercell=2, formal_charges=charges)
    assert found[0].label.startswith("V_Xe'@")
    joined = interface(
        odd, "Cu", film_miller="100", substrate_miller="100", film_layers=2, substrate_layers=2,
        max_area=60, max_strain=0.1, film_formal_charges=charges,
    )  # fmt: skip
    film = joined.arrays["domain"] == "film"
    assert set(joined.arrays["formal_charge"][film]) == {1, -1}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Zn": 2}, "no Zn in the crystal; it holds Fe, O"),
        ({"Fe": "three"}, "Fe 'three'; expected a charge"),
        ({"Fe": float("nan")}, "expected a charge"),
        ({"Qq": 1}, "'Qq' is not an element"),
        ("Fe=3", "expected a mapping"),
    ],
)
def test_wrong_charges_are_refused(given, said):
    with pytest.raises(StructureError, match=said):
        crystal(HEMATITE, formal_charges=given)


def test_a_crystal_that_does_not_balance_says_so_and_not_stoichiometric():
    wrong = {"Fe": 2, "O": -2}
    made = slab(HEMATITE, (0, 0, 1), layers=4, formal_charges=wrong)
    text = " ".join(provenance.notes(made))
    assert "the crystal's own formal charges do not balance: Fe +2, O -2 e, as given" in text
    assert "sum to -12 e in" in text
    assert "polarity not known" in text
    with pytest.raises(StructureError, match="do not balance") as error:
        slab(HEMATITE, (0, 0, 1), layers=4, formal_charges=wrong, polarity="compensate")
    assert "stoichiometric" not in str(error.value)
    right = slab(HEMATITE, (0, 0, 1), layers=4)
    assert right.arrays["formal_charge"].sum() == 0


def test_vacancies_of_a_guessed_crystal_carry_its_charges():
    found = enumerate_configurations(HEMATITE, ["V_Fe"])
    assert found[0].charge == -3
    assert found[0].label.startswith("V_Fe'''")
    titanate = enumerate_configurations(_perovskite("Sr", 3.905), {"Sr": 7, "La": 1},
                                        sublattice="Sr", supercell=2)  # fmt: skip
    assert titanate[0].charge == 1  # La3+ for Sr2+
    assert any("guessed" in note for note in provenance.notes(titanate[0].apply()))


def test_an_ion_that_comes_in_may_need_its_charge():
    with pytest.raises(StructureError, match="--charges Pt="):
        enumerate_configurations("TiO2-rutile", {"Ti": 1, "Pt": 1}, sublattice="Ti")
    found = enumerate_configurations(
        "TiO2-rutile", {"Ti": 1, "Pt": 1}, sublattice="Ti", formal_charges={"Pt": 4}
    )
    assert found[0].charge == 0
    assert found[0].apply().arrays["formal_charge"].sum() == 0


def strontium_titanate():
    """Perovskite; Sr 2+ and Ti 4+ are of no other kind there."""
    sites = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
    atoms = Atoms("SrTiO3", scaled_positions=sites, cell=[3.905] * 3, pbc=True)
    return crystal(atoms)


def test_an_ion_beyond_the_table_substitutes_at_its_own_charge():
    cell = strontium_titanate()
    made = substitute(cell, int(np.flatnonzero(cell.symbols == "Ti")[0]), "Sr")
    assert provenance.details(made)["defects"][0]["symbol"] == "Sr_Ti''"
    sulfide = crystal("ZnS")
    made = substitute(sulfide, int(np.flatnonzero(sulfide.symbols == "Zn")[0]), "Sr")
    assert provenance.details(made)["defects"][0]["symbol"] == "Sr_Znx"
    with pytest.raises(StructureError, match="formal_charges="):
        substitute(sulfide, int(np.flatnonzero(sulfide.symbols == "Zn")[0]), "Cr")
    given = substitute(sulfide, 0, "Cr", {"Cr": 3})
    assert provenance.details(given)["defects"][0]["symbol"] == "Cr_Zn*"


def test_a_vacancy_of_an_ion_beyond_the_table_counts_its_charge():
    cell = strontium_titanate()
    made = apply_defect(cell, "V_Sr''", 0)
    assert provenance.total_charge(made) == -2
    assert electron_count(made).imbalance == 0
    assert len(defect_sites(made, "V_Sr''")) == 1
    with pytest.raises(StructureError, match="defect"):
        apply_defect(cell, "V_Sr'''", 0)


def test_cations_beyond_the_table_are_ordered_by_their_charge_and_counted():
    """(Sr, Li) on the cations of ZnS: Sr 2+ takes part in the Coulomb energy, and in the note."""
    dot = pyramid("ZnS", 3)
    target = {"Sr": 5, "Li": 5}
    ordered = fill_cations(dot, target, order="electrostatic")
    (note,) = [n for n in provenance.notes(ordered) if "Coulomb" in n]
    random = fill_cations(dot, {"Zn": 5, "Li": 5}, order="electrostatic")
    (same,) = [n for n in provenance.notes(random) if "Coulomb" in n]
    assert note == same  # Zn is 2+ as well
    odd = fill_cations(dot, {"Sr": 0.33, "Li": 0.67})
    (note,) = [n for n in provenance.notes(odd) if "rounded" in n]
    assert "changes the charge by -0.30 e" in note  # 3 Sr for 3.3, 7 Li for 6.7
    emptied = fill_cations(strontium_dot(), {"Sr": 9, "vacancy": 1})
    assert [d["symbol"] for d in provenance.details(emptied)["defects"]] == ["V_Sr''"]


def strontium_dot():
    return fill_cations(pyramid("ZnS", 3), {"Sr": 10})
