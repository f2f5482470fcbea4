"""Core/shell dots: which atoms are where, gradients, terminations, facets, relaxation."""

from __future__ import annotations

import itertools
import json
import time

import numpy as np
import pytest
from ase.build import bulk
from ase.io import read
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import (
    core_shell,
    crystal,
    electron_count,
    memory,
    point_group_permutations,
)

FOUR = ["ZnSe:2ml", "ZnSe>ZnS:8A", {"material": "ZnS", "monolayers": 1}]


def parts(dot):
    return provenance.details(dot)["core_shell"]["parts"]


def zinc_blende_sites(a: float, reach: float) -> list[tuple[bool, np.ndarray]]:
    """Whether it is an anion and where, for every site within reach of a cation at the origin."""
    n = int(reach / a) + 2
    face = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    sites = []
    for cell in itertools.product(range(-n, n + 1), repeat=3):
        for f in face:
            sites += [(False, a * (cell + f)), (True, a * (cell + f + 0.25))]
    return [(anion, x) for anion, x in sites if np.linalg.norm(x) <= reach + 1e-3]


# counts


@pytest.mark.parametrize("radius", [6.0, 9.3])
def test_every_site_of_a_sphere_is_in_the_shell_its_distance_says(radius):
    a = 5.869
    bounds = [radius + k * a / np.sqrt(3) for k in (0, 1, 3)]
    dot = core_shell("InP", ["ZnSe:1ml", "ZnS:2ml"], radius=radius, min_coordination=0)
    expected = {}
    for anion, x in zinc_blende_sites(a, bounds[-1]):
        shell = int(np.searchsorted(bounds, np.linalg.norm(x) - 1e-3))
        element = (("In", "Zn", "Zn"), ("P", "Se", "S"))[anion][shell]
        expected[shell, element] = expected.get((shell, element), 0) + 1
    layer, symbols = dot.arrays["layer"], np.array(dot.get_chemical_symbols())
    found = {}
    for key in zip(layer.tolist(), symbols.tolist(), strict=True):
        found[key] = found.get(key, 0) + 1
    assert found == expected
    assert [sum(p["atoms"].values()) for p in parts(dot)] == np.bincount(layer).tolist()


def test_arrays_say_what_each_atom_is():
    dot = core_shell("InP", FOUR, radius=8)
    symbols = np.array(dot.get_chemical_symbols())
    assert [p["material"] for p in parts(dot)] == ["InP", "ZnSe", "ZnSeS", "ZnS"]
    for number, name in enumerate(["InP", "ZnSe", "ZnSeS", "ZnS"]):
        assert set(dot.arrays["domain"][dot.arrays["layer"] == number]) == {name}
    anion = dot.arrays["sublattice"] == "anion"
    assert set(symbols[anion]) == {"P", "Se", "S"}
    assert set(symbols[~anion]) == {"In", "Zn"}
    charge = np.select([symbols == "In", symbols == "P", symbols == "Zn"], [3, -3, 2], -2)
    assert dot.arrays["formal_charge"] == pytest.approx(charge)
    assert electron_count(dot).formal_charge_sum == charge.sum()
    bonds = find_bonds(dot)
    assert (bonds.coordination[dot.arrays["role"] == "inner"] == 4).all()
    assert (dot.arrays["role"][bonds.coordination < 4] == "surface").all()
    assert not dot.pbc.any()


def test_the_charge_is_noted_and_not_balanced():
    dot = core_shell("InP", ["ZnS:1ml"], radius=8)
    total = electron_count(dot).formal_charge_sum
    assert total != 0
    assert any(f"{total:+g} e" in note for note in provenance.notes(dot))
    assert provenance.total_charge(dot) == 0


def test_a_monolayer_is_a_double_layer_of_the_shells_own_lattice():
    shell = parts(core_shell("CdSe", ["ZnS:2ml"], radius=10))[1]
    assert shell["thickness"] == pytest.approx(2 * 5.409 / np.sqrt(3))
    assert shell["thickness_on_lattice"] == pytest.approx(2 * 6.05 / np.sqrt(3))
    same = core_shell("CdSe", [{"material": "ZnS", "thickness": shell["thickness"]}], radius=10)
    assert (
        same.get_chemical_formula()
        == core_shell("CdSe", ["ZnS:2ml"], diameter=20).get_chemical_formula()
    )
    assert parts(core_shell("CdSe", ["ZnS:0.5nm"], radius=10))[1]["thickness"] == pytest.approx(5)


def test_a_core_without_shells_is_a_dot():
    dot = core_shell("CdSe", radius=9)
    assert set(dot.symbols) == {"Cd", "Se"}
    assert set(dot.arrays["domain"]) == {"CdSe"}


# gradients


@settings(max_examples=20, deadline=None)
@given(
    radius=st.floats(5.0, 8.0),
    thickness=st.floats(3.0, 9.0),
    sub_shells=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_a_gradient_has_the_composition_asked_for(radius, thickness, sub_shells, seed):
    shell = {"material": "ZnSe", "to": "ZnS", "thickness": thickness, "sub_shells": sub_shells}
    dot = core_shell("InP", [shell], radius=radius, seed=seed)
    rows = parts(dot)[1]["sub_shells"]
    assert len(rows) == sub_shells
    inside = dot.arrays["layer"] == 1
    depth = np.linalg.norm(dot.positions, axis=1) - radius
    height = depth / parts(dot)[1]["thickness_on_lattice"]
    anion = inside & (dot.arrays["sublattice"] == "anion")
    sulphur = np.array(dot.symbols == "S")
    assert sum(r["found"] for r in rows) == sulphur.sum()
    assert abs(height[anion].clip(0, 1).sum() - sulphur.sum()) <= 0.5 + 1e-6
    for k, row in enumerate(rows):
        mine = anion & (
            np.minimum((height.clip(0, 1) * sub_shells).astype(int), sub_shells - 1) == k
        )
        assert row["sites"] == mine.sum()
        assert row["found"] == (mine & sulphur).sum()
        assert row["asked"] == pytest.approx(height[mine].clip(0, 1).sum())
        assert abs(row["found"] - row["asked"]) <= 1


def test_a_gradient_of_both_sublattices_from_and_to_given_fractions():
    shell = {"material": "CdSe", "to": "ZnS", "monolayers": 3, "start": 0.25, "end": 0.25}
    dot = core_shell("CdSe", [shell], radius=8)
    for sublattice, element in (("cation", "Zn"), ("anion", "S")):
        mine = (dot.arrays["layer"] == 1) & (dot.arrays["sublattice"] == sublattice)
        assert abs((mine & (dot.symbols == element)).sum() - 0.25 * mine.sum()) <= 0.5
    assert set(dot.arrays["domain"]) == {"CdSe", "CdZnSeS"}


@pytest.mark.parametrize("occupation", ["exact", "random"])
def test_the_seed_decides_the_gradient(occupation):
    one, same, other = (
        core_shell("InP", ["ZnSe>ZnS:8A"], radius=6, occupation=occupation, seed=s)
        for s in (1, 1, 2)
    )
    assert one == same
    assert (one.numbers != other.numbers).any()
    if occupation == "exact":
        assert one.get_chemical_formula() == other.get_chemical_formula()


# the interface of III-V and II-VI


def bond_kinds(dot) -> set[str]:
    symbols = dot.get_chemical_symbols()
    return {"-".join(sorted((symbols[i], symbols[j]))) for i, j in find_bonds(dot).pairs}


@pytest.mark.parametrize(
    ("termination", "joined"),
    [(None, {"In-Se", "P-Zn"}), ("cation", {"In-Se"}), ("anion", {"P-Zn"})],
)
def test_the_core_ends_on_what_is_asked_for(termination, joined):
    dot = core_shell("InP", ["ZnSe:2ml"], radius=9, core_termination=termination)
    assert bond_kinds(dot) == joined | {"In-P", "Se-Zn"}


# the surface


@pytest.mark.parametrize("least", [0, 1, 2])
def test_no_atom_keeps_fewer_bonds_than_asked_for(least):
    dot = core_shell("CdSe", ["ZnS:1ml"], radius=8, shape="cube", min_coordination=least)
    coordination = find_bonds(dot).coordination
    assert coordination.min() >= least
    left_out = [n for n in provenance.notes(dot) if n.startswith("left out")]
    assert bool(left_out) == (least > 0)


@pytest.mark.parametrize(
    ("shape", "facets"),
    [("tetrahedron", 4), ("cube", 6), ("octahedron", 8), ("rhombic-dodecahedron", 12),
     ("cuboctahedron", 14), ("truncated-octahedron", 14), ("truncated-tetrahedron", 8)],
)  # fmt: skip
def test_facetted_dots_have_the_symmetry_of_zinc_blende(shape, facets):
    dot = core_shell("CdSe", ["ZnS:1ml"], radius=5, shape=shape)
    assert len(point_group_permutations(dot)) == 24
    from heterodot.structures.core_shell.materials import material
    from heterodot.structures.core_shell.shapes import outline

    assert len(outline(material("CdSe"), shape, 5.0).millers) == facets


def test_shells_are_equally_thick_on_all_facets():
    dot = core_shell("CdSe", ["ZnS:2ml"], radius=8, shape="cuboctahedron", min_coordination=0)
    step = 2 * 6.05 / np.sqrt(3)
    for normal, distance in (((1, 0, 0), 8.0), ((1, 1, 1), 8 * 2 / np.sqrt(3))):
        height = dot.positions @ np.array(normal) / np.linalg.norm(normal)
        assert height.max() <= distance + step + 1e-3
        assert height[dot.arrays["layer"] == 0].max() <= distance + 1e-3
        assert height.max() > distance + step - 6.05 / np.sqrt(3)


def test_a_tetrahedron_ends_on_cations_whatever_the_origin():
    flipped = bulk("CdSe", "zincblende", a=6.05, cubic=True)
    flipped.positions *= -1
    for core in ("CdSe", crystal(flipped, conventional=False)):
        dot = core_shell(core, radius=6, shape="tetrahedron")
        anion = dot.arrays["sublattice"] == "anion"
        bond = find_bonds(dot).vectors[0] * (1 if anion[find_bonds(dot).pairs[0, 1]] else -1)
        sign = np.sign(np.prod(bond))
        for normal in sign * np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]):
            height = dot.positions @ normal
            outermost = height > height.max() - 0.1
            assert outermost.sum() > 10
            assert not anion[outermost].any()


def test_facets_can_be_given():
    family = [{"miller": [1, 0, 0], "ratio": 2}, {"miller": (1, 1, 0), "ratio": 1.8}]
    dot = core_shell("CdSe", ["CdS:1ml"], radius=6, shape=family)
    assert len(point_group_permutations(dot)) == 24
    chalcopyrite = [{"miller": [1, 0, 0]}, {"miller": [0, 0, 1]}]
    box = core_shell("CuInS2", ["ZnS:1ml"], radius=6, shape=chalcopyrite)
    assert np.ptp(np.ptp(box.positions, axis=0)) < 3


@pytest.mark.parametrize("centre", ["anion", "bond", (0.1, 0.2, 0.3)])
def test_the_centre_can_be_elsewhere(centre):
    dot = core_shell("CdSe", ["ZnS:1ml"], radius=7, centre=centre)
    nearest = np.linalg.norm(dot.positions, axis=1).min()
    if centre == "anion":
        assert dot.arrays["sublattice"][np.linalg.norm(dot.positions, axis=1).argmin()] == "anion"
    assert nearest == pytest.approx(
        {"anion": 0.0, "bond": 6.05 * np.sqrt(3) / 8}.get(centre, nearest)
    )


@pytest.mark.parametrize("core", ["CuInS2", "CdSe-wurtzite", "GaAs", "CdTe"])
def test_other_tetrahedral_cores_take_shells(core):
    dot = core_shell(core, ["ZnS:1ml"], radius=8, lattice="relaxed")
    assert (find_bonds(dot).coordination[dot.arrays["role"] == "inner"] == 4).all()


# relaxation


def test_relaxed_bonds_lie_between_the_free_and_the_coherent_ones():
    strained = core_shell("CdSe", ["ZnS:2ml"], radius=10)
    relaxed = core_shell("CdSe", ["ZnS:2ml"], radius=10, lattice="relaxed")
    assert (strained.numbers == relaxed.numbers).all()
    bonds = provenance.details(relaxed)["valence_force_field"]["bonds"]
    zn_s, cd_se = bonds["Zn-S"], bonds["Cd-Se"]
    coherent = 6.05 * np.sqrt(3) / 4
    assert 5.409 * np.sqrt(3) / 4 < zn_s["mean"] < coherent  # the shell is stretched
    assert 0 < zn_s["strain"] < 0.08
    assert cd_se["mean"] < coherent  # the core is compressed
    assert cd_se["strain"] < 0
    core = relaxed.arrays["domain"] == "CdSe"
    inner = np.linalg.norm(relaxed.positions, axis=1) < 6
    assert relaxed.arrays["bond_strain"][core & inner].max() < 0
    where = [np.linalg.norm(d.positions, axis=1).max() for d in (strained, relaxed)]
    assert where[1] < where[0] - 1
    assert (find_bonds(relaxed).coordination == find_bonds(strained).coordination).all()


def test_the_lattice_constant_of_a_given_crystal_is_the_one_it_relaxes_to():
    wide = crystal(bulk("ZnS", "zincblende", a=5.6, cubic=True))
    dot = core_shell(wide, radius=8, lattice="relaxed")
    bond = provenance.details(dot)["valence_force_field"]["bonds"]["Zn-S"]
    assert bond["equilibrium"] == pytest.approx(5.6 * np.sqrt(3) / 4)
    assert bond["strain"] == pytest.approx(0, abs=1e-4)


# what no builder does


def test_the_input_is_left_as_it_was_and_the_record_is_plain():
    core, shell = crystal("InP"), crystal("ZnSe")
    copies = core.copy(), shell.copy()
    shells = [{"material": shell, "to": "ZnS", "monolayers": 2}]
    dot = core_shell(core, shells, radius=7, lattice="relaxed")
    assert (core, shell) == copies
    assert shells == [{"material": shell, "to": "ZnS", "monolayers": 2}]
    json.dumps(provenance.details(dot))
    assert [s["step"] for s in provenance.history(dot)][-2:] == [
        "core_shell",
        "relax_valence_force_field",
    ]


def test_it_survives_a_file(tmp_path):
    dot = core_shell("InP", FOUR, radius=6, lattice="relaxed")
    dot.write(tmp_path / "dot.xyz", format="extxyz")
    back = read(tmp_path / "dot.xyz")
    assert (back.arrays["domain"] == dot.arrays["domain"]).all()
    assert (back.arrays["layer"] == dot.arrays["layer"]).all()
    assert parts(back) == parts(dot)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "radius or diameter"),
        ({"radius": 5, "diameter": 10}, "radius or diameter"),
        ({"radius": -5}, "radius -5"),
        ({"radius": float("nan")}, "radius nan"),
        ({"radius": True}, "radius True"),
        ({"radius": "5"}, "radius '5'"),
        ({"radius": 1e12}, "radius"),
        ({"radius": 0.5}, "none would be left"),
        ({"radius": 8, "shape": "egg"}, "expected one of sphere"),
        ({"radius": 8, "shape": []}, "expected a name or facets"),
        ({"radius": 8, "shape": [{"miller": [0, 0, 0]}]}, "not all 0"),
        ({"radius": 8, "shape": [{"miller": [1, 1]}]}, "three small whole numbers"),
        ({"radius": 8, "shape": [{"miller": [1e30, 1, 1]}]}, "three small whole numbers"),
        ({"radius": 8, "shape": [{"miller": [1, 1, 1], "ratio": 0}]}, "ratio"),
        ({"radius": 8, "shape": [{"miller": [1, 1, 1], "size": 1}]}, "miller"),
        ({"radius": 8, "lattice": "shell"}, "expected one of core, relaxed"),
        ({"radius": 8, "centre": "middle"}, "centre"),
        ({"radius": 8, "core_termination": "In"}, "cation or anion"),
        ({"radius": 8, "occupation": "even"}, "exact, random"),
        ({"radius": 8, "seed": -1}, "seed"),
        ({"radius": 8, "min_coordination": 3}, "0…2"),
        ({"radius": 8, "min_coordination": True}, "0…2"),
        ({"radius": 8, "parameters": {"In-P": {"length": 2.5}}}, "relaxed"),
        ({"radius": 8, "shells": "ZnS:1ml"}, "list of shells"),
        ({"radius": 8, "shells": ["ZnS"]}, "shell 1: 'ZnS'"),
        ({"radius": 8, "shells": ["ZnS:1ml", "ZnS:-1ml"]}, "shell 2"),
        ({"radius": 8, "shells": [{"material": "ZnS"}]}, "monolayers or thickness"),
        ({"radius": 8, "shells": [{"material": "ZnS", "layers": 2}]}, "layers"),
        ({"radius": 8, "shells": [{"material": "ZnS", "monolayers": float("inf")}]}, "inf"),
        ({"radius": 8, "shells": [{"material": "ZnS", "monolayers": 1, "end": 1}]}, "without to"),
        ({"radius": 8, "shells": [{"material": "ZnS", "monolayers": 1, "sub_shells": 2}]}, "to"),
        ({"radius": 8, "shells": ["ZnS:0.001ml"]}, "holds no atom"),
        ({"radius": 8, "shells": ["CuInS2:1ml"]}, "binary"),
        ({"radius": 8, "shells": ["TiO2-rutile:1ml"]}, "four bonds"),
        ({"core": "Cu", "radius": 8}, "four bonds"),
        ({"core": "CuInS2", "radius": 8, "shape": "cube"}, "zinc blende"),
        ({"core": "InO", "radius": 8}, "did you mean"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(arguments, words):
    with pytest.raises(StructureError, match=words) as error:
        core_shell(arguments.pop("core", "InP"), **arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("shape", ["sphere", "cube"])
def test_what_does_not_fit_in_memory_is_refused_before_it_is_made(shape):
    start = time.process_time()
    with pytest.raises(StructureError, match="memory"):
        core_shell("InP", ["ZnS:1ml"], radius=5000, shape=shape)
    assert time.process_time() - start < 1


def test_a_relaxed_dot_counts_the_memory_of_the_relaxation(monkeypatch):
    monkeypatch.setattr(memory, "usable_memory", lambda: 1e6)
    core_shell("InP", ["ZnS:1ml"], radius=8)
    with pytest.raises(StructureError, match="memory"):
        core_shell("InP", ["ZnS:1ml"], radius=8, lattice="relaxed")


def test_a_hundred_thousand_atoms_take_seconds_with_their_bonds():
    start = time.process_time()
    dot = core_shell("InP", FOUR, radius=66)
    coordination = find_bonds(dot).coordination
    assert time.process_time() - start < 10
    assert len(dot) > 100_000
    assert coordination.min() >= 2
    assert coordination.max() == 4


def test_the_core_of_an_isotropic_dot_has_the_pressure_of_continuum_elasticity():
    """Concentric spheres of equal isotropic moduli, misfit ε: the core's strain is
    −ε · 2 (1 − 2ν) / 3 (1 − ν) · (1 − a³/b³) (J. D. Eshelby, Proc. R. Soc. A 241, 376 (1957), for
    a finite outer sphere). With α = β the Keating crystal is isotropic and ν = 0.
    """
    misfit, length = 0.01, 6.05 * np.sqrt(3) / 4
    isotropic = {"alpha": 30.0, "beta": 30.0}
    parameters = {
        "Cd-Se": {**isotropic, "length": length},
        "Cd-S": {**isotropic, "length": length / (1 + misfit)},
    }
    shell = {"material": "CdS", "monolayers": 14 / (6.05 / np.sqrt(3))}
    dot = core_shell("CdSe", [shell], radius=14, lattice="relaxed", parameters=parameters)
    inner = np.linalg.norm(dot.positions, axis=1) < 8
    expected = -misfit * 2 / 3 * (1 - (14 / 28) ** 3)
    assert dot.arrays["bond_strain"][inner].mean() == pytest.approx(expected, rel=0.05)
