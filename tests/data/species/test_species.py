"""One table of species: its entries agree with one another and with what is known elsewhere."""

import numpy as np
import pytest
from ase import Atoms
from ase import build as g2
from ase.data import atomic_numbers

from heterodot.analysis import EXPERIMENTAL, IDEAL_GASES, correct_gas, ideal_gas
from heterodot.data.species import SPECIES, Geometry, IdealGas, Orientation, Species, add_species
from heterodot.errors import InputError, StructureError
from heterodot.structures import add_adsorbate, metal_cluster, molecule
from heterodot.structures.dots.orientations import orientations
from heterodot.structures.molecules import MOLECULES

FREE = sorted(name for name, entry in SPECIES.items() if entry.geometry and entry.ideal_gas)
G2 = {"HCHO": "H2CO", "COOH": None, "HCOO": None}
"""Names in the G2 set of ASE (MP2/6-31G* geometries), None where it has no such molecule."""


@pytest.fixture
def table():
    """The table of species, as it was afterwards."""
    before = dict(SPECIES)
    yield SPECIES
    SPECIES.clear()
    SPECIES.update(before)


def atoms_of(name: str) -> Atoms:
    geometry = SPECIES[name].geometry
    return Atoms(geometry.symbols, geometry.positions)


def test_every_species_is_there_whole():
    assert set(FREE) == set(SPECIES)
    assert set(EXPERIMENTAL) == {"CO2", "CO", "H2", "H2O"}


@pytest.mark.parametrize("name", SPECIES)
def test_geometries_have_the_atoms_of_the_formula(name):
    entry = SPECIES[name]
    assert entry.geometry.source
    made = [atoms_of(name), *(Atoms(way.symbols) for way in entry.orientations)]
    for atoms in made:
        assert atoms.symbols.formula.count() == entry.composition


@pytest.mark.parametrize("name", FREE)
def test_the_shape_is_that_of_the_geometry(name):
    spread = np.linalg.matrix_rank(np.diff(atoms_of(name).positions, axis=0), tol=1e-6)
    shape = ("monatomic", "linear", "nonlinear", "nonlinear")[spread]
    assert SPECIES[name].ideal_gas.geometry == shape


@pytest.mark.parametrize("name", FREE)
def test_the_symmetry_number_is_that_of_the_point_group(name):
    from pymatgen.core import Molecule
    from pymatgen.symmetry.analyzer import PointGroupAnalyzer

    atoms = atoms_of(name)
    number = SPECIES[name].ideal_gas.symmetry_number
    if len(atoms) == 1:
        assert number == 1
        return
    group = PointGroupAnalyzer(
        Molecule(atoms.get_chemical_symbols(), atoms.positions), tolerance=0.01
    )
    assert number == group.get_rotational_symmetry_number(), group.sch_symbol


ROTATION = {
    "HCHO": ((9.4053, 1.2953, 1.1342), 0.004),
    "NO2": ((8.0024, 0.43371, 0.41044), 0.012),  # its geometry is re: without the zero-point motion
    "CO2": ((0.39021,), 0.001),
    "CH4": ((5.241,), 0.001),
    "CH3": ((9.5779,), 0.001),
    "CH3OH": ((0.82366, 0.79256), 0.004),  # its A holds the torsion as well
}
"""Measured rotational constants of the ground state, cm⁻¹, each once, the lowest last; and how near
a rigid molecule comes.

HCHO, CO2, CH4: G. Herzberg, Electronic Spectra of Polyatomic Molecules (1966). NO2: W. C. Bowman,
F. C. De Lucia, J. Chem. Phys. 1982, 77, 92. CH3: C. Yamada, E. Hirota, K. Kawaguchi, J. Chem. Phys.
1981, 75, 5256. CH3OH: L.-H. Xu et al., J. Mol. Spectrosc. 2008, 251, 305.
"""

MASSES = {"H": 1.00782503, "C": 12.0, "N": 14.0030740, "O": 15.9949146}
"""Of the commonest isotopes, u."""


@pytest.mark.parametrize("name", ROTATION)
def test_geometries_turn_as_the_molecules_measured(name):
    wanted, within = ROTATION[name]
    atoms = atoms_of(name)
    atoms.set_masses([MASSES[s] for s in atoms.get_chemical_symbols()])
    moments = [moment for moment in atoms.get_moments_of_inertia() if moment > 1e-6]
    found = sorted((16.857629 / moment for moment in moments), reverse=True)  # h/8π²c, u Å² cm⁻¹
    found = found[-len(wanted) :] if name == "CH3OH" else found[: len(wanted)]
    assert found == pytest.approx(wanted, rel=within)


@pytest.mark.parametrize("name", FREE)
def test_the_spin_suits_the_electrons_and_the_terms(name):
    entry = SPECIES[name]
    electrons = sum(atomic_numbers[s] * n for s, n in entry.composition.items()) - entry.charge
    assert electrons % 2 == entry.unpaired_electrons % 2
    states = sum(degeneracy for degeneracy, _ in entry.ideal_gas.levels)
    assert states % (entry.unpaired_electrons + 1) == 0


@pytest.mark.parametrize("name", sorted({*FREE} - {k for k, v in G2.items() if v is None}))
def test_geometries_are_those_of_the_g2_set(name):
    """An independent table: MP2/6-31G* geometries, within 0.04 Å of the measured ones."""
    ours = atoms_of(name)
    if len(ours) == 1:
        return
    other = g2.molecule(G2.get(name, name))
    assert other.symbols.formula.count() == ours.symbols.formula.count()

    def distances(atoms):
        pairs = [(*sorted((atoms.symbols[i], atoms.symbols[j])), atoms.get_distance(i, j))
                 for i in range(len(atoms)) for j in range(i)]  # fmt: skip
        return sorted(pairs)

    for a, b in zip(distances(ours), distances(other), strict=True):
        assert a[:2] == b[:2]
        assert a[2] == pytest.approx(b[2], abs=0.04 if "N" not in a else 0.06)


def test_oxygen_is_made_as_the_triplet_it_is():
    oxygen = molecule("O2")
    assert oxygen.info["heterodot"]["unpaired_electrons"] == 2
    for name in ("CO", "OH", "COOH"):  # what the count of electrons says is not said again
        assert "unpaired_electrons" not in molecule(name).info["heterodot"]


def test_an_entry_that_is_not_there_is_one_line(table):
    add_species(Species("CO3"))
    with pytest.raises(StructureError, match=r"molecule 'CO3': no geometry of it is known; expec"):
        molecule("CO3")
    with pytest.raises(StructureError, match=r"adsorbate 'O2': no way to stand on a site is known"):
        orientations("O2")
    with pytest.raises(StructureError, match=r"adsorbate 'NH3': expected one of CO2, "):
        orientations("NH3")
    with pytest.raises(InputError, match=r"gas 'CO3' has no symmetry number.*give an IdealGas"):
        ideal_gas(0.0, [], Atoms("C"), "CO3")


def test_a_species_of_your_own_is_known_everywhere(table):
    ammonia = g2.molecule("NH3")
    positions = tuple(map(tuple, ammonia.positions - ammonia.positions[0]))
    add_species(
        Species(
            "NH3",
            geometry=Geometry("NH3", positions, "G2 set"),
            orientations=(Orientation("N-down", ("N", "H", "H", "H"), -np.array(positions), 0),),
            ideal_gas=IdealGas(3, "nonlinear"),
        )
    )
    assert MOLECULES["NH3"].source == "G2 set"
    assert IDEAL_GASES["NH3"].symmetry_number == 3
    assert "NH3" not in EXPERIMENTAL
    assert len(add_adsorbate(metal_cluster("Cu", 2), 0, "NH3")) == len(metal_cluster("Cu", 2)) + 4


def test_a_name_that_is_taken_and_a_formula_that_lies_are_refused(table):
    with pytest.raises(InputError, match="species 'CO': the table has one of that name"):
        add_species(Species("CO"))
    with pytest.raises(InputError, match="formula 'ice', expected one such as 'CO2'"):
        Species("ice")
    with pytest.raises(InputError, match=r"'CO': its formula is CO, a geometry.* has .* CO2"):
        Species("CO", geometry=SPECIES["CO2"].geometry)


def test_corrections_are_entries_of_the_species():
    corrected, note = correct_gas({"CO2": 1.0, "CO": 2.0}, "RPBE-OCO")
    assert corrected == {"CO2": 1.45, "CO": 2.0}
    assert "Peterson" in note
