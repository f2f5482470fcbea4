"""A structure's own flags stay with it through files, databases and every builder."""

import json

import numpy as np
import pytest
from ase.db import connect
from ase.io import read

from heterodot import provenance
from heterodot.errors import InputError
from heterodot.structures import (
    add_adsorbate,
    antisite_pair,
    apply_defect,
    build_interface,
    co2_on_cluster,
    core_shell,
    crystal,
    cut,
    defect_type,
    dope,
    enumerate_configurations,
    fill_cations,
    janus,
    magic_size_cluster,
    metal_cluster,
    passivate,
    place_guest,
    pyramid,
    quasirandom,
    relax_valence_force_field,
    slab,
    starting_geometries,
    substitute,
    vacancy,
    vegard_scaled,
)
from heterodot.structures.crystals.writing import write_structure
from heterodot.structures.editing import append_atoms, remove_atoms

WORDS = "the vacancy is 6.8 Å from the site"
FLAG = f"defect-apart: {WORDS}"


def flagged(atoms):
    new = atoms.copy()
    provenance.add_flag(new, "defect-apart", WORDS)
    return new


@pytest.fixture(scope="module")
def bulk():
    return flagged(crystal("CuInS2"))


@pytest.fixture(scope="module")
def dot(bulk):
    return pyramid(bulk, 3)


def test_a_flag_is_added_once_and_can_be_taken_away():
    atoms = flagged(flagged(crystal("CuInS2")))
    assert provenance.flags(atoms) == [FLAG]
    provenance.add_flag(atoms, "unbonded", "shortest Cd–Br 3.65 Å")
    provenance.remove_flag(atoms, "defect-apart")
    assert provenance.flags(atoms) == ["unbonded: shortest Cd–Br 3.65 Å"]


@pytest.mark.parametrize(("name", "words"), [("Not So", "x"), ("", "x"), ("apart", " ")])
def test_a_flag_has_a_short_name_and_a_sentence(name, words):
    with pytest.raises(InputError, match="lower-case words joined by hyphens"):
        provenance.add_flag(crystal("CuInS2"), name, words)


@pytest.mark.parametrize("given", ["apart", 3, ["apart"], [["a", "b"]]])
def test_what_a_file_gives_for_flags_is_checked(given):
    atoms = crystal("CuInS2")
    atoms.info["heterodot"]["flags"] = given
    with pytest.raises(InputError, match="expected a list of 'name: words'"):
        provenance.flags(atoms)


@pytest.mark.parametrize("ending", ["xyz", "traj", "json", "db"])
def test_a_flag_survives_a_file(dot, tmp_path, ending):
    path = tmp_path / f"dot.{ending}"
    if ending in ("json", "db"):
        with connect(path) as database:
            database.write(dot, data={"info": provenance.details(dot)})
        again = dot.copy()
        again.info["heterodot"] = connect(path).get(1).data["info"]
    else:
        write_structure(path, dot)
        again = read(path)
    assert provenance.flags(again) == [FLAG]
    assert json.dumps(provenance.details(again))


EDITS = {
    "remove_atoms": lambda d: remove_atoms(d, [0]),
    "append_atoms": lambda d: append_atoms(d, d[:1], [0]),
    "passivate": passivate,
    "add_adsorbate": lambda d: add_adsorbate(d, _top(d), "CO2"),
    "starting_geometries": lambda d: starting_geometries(d, _top(d), "CO2", 1)[0],
    "fill_cations": lambda d: fill_cations(d, "8/12", seed=1),
    "vacancy": lambda d: vacancy(d, 0),
    "substitute": lambda d: substitute(d, 0, "Zn"),
    "apply_defect": lambda d: apply_defect(d, "V_Cu'", _cations(d, "Cu")[0]),
    "antisite_pair": lambda d: antisite_pair(d, *_neighbours(d)),
    "defect_type": lambda d: defect_type(d, "C"),
    "vegard_scaled": lambda d: vegard_scaled(fill_cations(d, "8/12"), "CuInS2", {"Zn": "ZnS"}),
    "relax_valence_force_field": lambda d: relax_valence_force_field(_zinc_blende(d)),
    "enumerate_configurations": lambda d: enumerate_configurations(d, {"V_Cu'": 1})[0].apply(),
}


def _zinc_blende(dot):
    made = cut(crystal("ZnS"), sphere=6.0)
    provenance.carry_flags(made, dot)
    return made


def _top(atoms):
    return int(np.argmax(atoms.positions[:, 2]))


def _cations(atoms, element):
    return [i for i, s in enumerate(atoms.get_chemical_symbols()) if s == element]


def _neighbours(atoms):
    i = _cations(atoms, "Cu")[0]
    return i, min(_cations(atoms, "In"), key=lambda j: atoms.get_distance(i, j))


@pytest.mark.parametrize("edit", EDITS)
def test_a_flag_survives_an_edit(dot, edit):
    assert FLAG in provenance.flags(EDITS[edit](dot))
    assert provenance.flags(dot) == [FLAG]


BUILDS = {
    "crystal": lambda f: crystal(f("CuInS2"), formal_charges={"Cu": 1}),
    "cut": lambda f: cut(f("CdS"), sphere=8.0),
    "slab": lambda f: slab(f("CuInS2"), (1, 1, 2), layers=4),
    "quasirandom": lambda f: quasirandom(f("CuInS2"), 1, "6/12", iterations=50),
    "film": lambda f: _interface(f("CsPbBr3-cubic"), "CdS"),
    "substrate": lambda f: _interface("CsPbBr3-cubic", f("CdS")),
    "cuboid": lambda f: janus(f("CsPbBr3"), "CdS", edge=20),
    "cap": lambda f: janus("CsPbBr3", f("CdS"), edge=20),
    "core": lambda f: core_shell(f("InP"), ["ZnS:1ml"], radius=6.0),
    "shell": lambda f: core_shell("InP", [{"material": f("ZnS"), "monolayers": 1}], radius=6.0),
}


def _interface(film, substrate):
    plane = (0, 0, 1)
    made = build_interface(
        film, substrate, film_miller=plane, substrate_miller=plane,
        substrate_layers=4, film_layers=3,
    )  # fmt: skip
    return made.atoms


@pytest.mark.parametrize("build", BUILDS)
def test_a_flag_of_a_crystal_is_one_of_what_is_made_of_it(build):
    made = BUILDS[build](lambda name: flagged(crystal(name)))
    assert provenance.flags(made).count(FLAG) == 1


@pytest.mark.parametrize("which", ["host", "guest"])
def test_a_flag_of_host_or_guest_is_one_of_both_together(which):
    pieces = {"host": crystal("ZnS"), "guest": metal_cluster("Cu", 2)}
    pieces["host"].set_cell(4 * pieces["host"].cell)
    pieces[which] = flagged(pieces[which])
    joined = place_guest(pieces["guest"], pieces["host"])
    assert provenance.flags(joined) == [FLAG]


def test_flags_of_clusters():
    assert FLAG in provenance.flags(co2_on_cluster(flagged(metal_cluster("Cu", 6))))
    doped = dope(flagged(magic_size_cluster("Cd6Se6")), "Mn", 1)
    assert all(FLAG in provenance.flags(atoms) for atoms, _ in doped)
