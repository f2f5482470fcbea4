"""How an adsorbate is searched for and judged: as objects or as keywords, both mean the same."""

import inspect
from typing import get_type_hints

import pytest
from ase import Atoms
from ase.cluster import Octahedron

from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.workflows.parts.candidates import adsorbed_state, relax_candidates
from heterodot.workflows.parts.site_options import (
    SiteKeywords,
    StartKeywords,
    StartOptions,
    ThermalOptions,
)


def test_keywords_are_the_fields_of_the_objects():
    starts, thermal = get_type_hints(StartOptions), get_type_hints(ThermalOptions)
    assert get_type_hints(StartKeywords) == starts
    assert get_type_hints(SiteKeywords) == {**starts, **thermal}
    shown = inspect.signature(adsorbed_state).parameters
    assert {*starts, *thermal} <= set(shown)
    assert (shown["fmax"].default, shown["thermal"].default) == (0.05, "quasi-harmonic")
    assert not {"temperature", "thermal"} & set(inspect.signature(relax_candidates).parameters)


def test_an_adsorbate_is_searched_for_by_objects_or_keywords(serial):
    copper = Octahedron("Cu", 3)
    copper = Atoms(copper.numbers, copper.positions)
    level = Level("emt")
    by_name = adsorbed_state(
        serial, "H", copper, 0, level, 1.0, 2.0, name="x", n_starts=1, fmax=0.1, steps=60,
        temperature=350.0, thermal="harmonic",
    )  # fmt: skip
    by_object = adsorbed_state(
        serial, "H", copper, 0, level, 1.0, 2.0, name="x",
        starting=StartOptions(1, 0.3, 60), vibrating=ThermalOptions(350.0, "harmonic"),
        fmax=0.1,  # a keyword wins
    )  # fmt: skip
    assert by_object.free_energy == by_name.free_energy
    assert by_object.adsorption_energy == by_name.adsorption_energy
    assert by_name.free_energy.temperature == 350.0
    with pytest.raises(TypeError, match=r"adsorbed_state\(\) got an unexpected .*'colour'"):
        adsorbed_state(serial, "H", copper, 0, level, 1.0, 2.0, name="x", colour=1)
    with pytest.raises(InputError, match="given options of type float, expected StartOptions"):
        relax_candidates(serial, copper, 0, "H", level, name="x", starting=0.1)
