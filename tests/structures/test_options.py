"""Options of builders, as objects or as keywords: both mean the same."""

import inspect
from dataclasses import fields
from typing import get_type_hints

import pytest

from heterodot.errors import InputError
from heterodot.structures import (
    JoinOptions,
    MatchOptions,
    SideOptions,
    SlabFaces,
    SlabSize,
    build_interface,
    core_shell,
    enumerate_configurations,
    interface,
    janus,
    magic_size_cluster,
    match_lattices,
    slab,
)
from heterodot.structures.core_shell import CoreOptions
from heterodot.structures.core_shell.core_options import CoreKeywords, core_defaults
from heterodot.structures.enumeration import Conditions, DrawOptions, Equivalence
from heterodot.structures.enumeration.enumeration_options import EnumerationKeywords
from heterodot.structures.interfaces.options import (
    InterfaceKeywords,
    interface_defaults,
    side_keyword,
)
from heterodot.structures.interfaces.slab_options import SlabKeywords
from heterodot.structures.janus import CapOptions, CuboidOptions, SeatOptions
from heterodot.structures.janus.options import NAMES, JanusKeywords, janus_defaults
from heterodot.structures.matching.options import MatchKeywords

SMALL = {"film_miller": (0, 0, 1), "substrate_miller": (1, 1, 1), "max_area": 390.0}


def test_keywords_are_the_fields_of_the_objects():
    assert get_type_hints(MatchKeywords) == get_type_hints(MatchOptions)
    named = get_type_hints(InterfaceKeywords)
    assert named.keys() == interface_defaults().keys()
    joined = get_type_hints(JoinOptions)
    assert {name: named[name] for name in joined} == joined
    sides = get_type_hints(SideOptions)
    for side in ("film", "substrate"):
        own = {side_keyword(side, name): hint for name, hint in sides.items()}
        assert {name: named[name] for name in own} == own


@pytest.mark.parametrize("builder", [match_lattices, build_interface, interface])
def test_every_keyword_is_in_the_signature(builder):
    """Studies and help read it there."""
    kinds = {p.kind for p in inspect.signature(builder).parameters.values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds
    assert inspect.signature(builder).parameters["max_area"].default == 400.0
    assert get_type_hints(builder)["max_strain"] is float


def test_a_search_takes_an_object_or_keywords():
    by_name = match_lattices("MoS2", "Ag", **SMALL, strained="shared")
    options = MatchOptions(**SMALL, strained="shared")
    assert match_lattices("MoS2", "Ag", options=options).to_dict() == by_name.to_dict()
    wider = match_lattices("MoS2", "Ag", options=MatchOptions(max_area=1.0), **SMALL)
    assert wider.settings["max_area"] == 390.0  # the keyword wins
    with pytest.raises(TypeError, match=r"match_lattices\(\) got an unexpected .*'colour'"):
        match_lattices("MoS2", "Ag", colour=1)
    with pytest.raises(InputError, match="given options of type dict, expected MatchOptions"):
        match_lattices("MoS2", "Ag", options={"max_area": 390.0})


def test_an_interface_takes_objects_or_keywords():
    layers = {"film_layers": 1, "substrate_layers": 2}
    by_name = build_interface(
        "MoS2", "Ag", **SMALL, **layers, grid=(2, 2), vacuum=8.0, matching={"strained": "shared"}
    )
    objects = {
        "matching": MatchOptions(**SMALL, strained="shared"),
        "film_side": SideOptions(layers=1),
        "substrate_side": SideOptions(layers=2),
        "joining": JoinOptions(grid=(2, 2), vacuum=8.0),
    }
    by_object = build_interface("MoS2", "Ag", **objects)
    assert by_object.to_dict() == by_name.to_dict()
    assert by_object.atoms == by_name.atoms
    thicker = build_interface("MoS2", "Ag", **objects, substrate_layers=3)
    assert thicker.substrate["layers"] == 3
    with pytest.raises(InputError, match="film_side: given options of type int"):
        build_interface("MoS2", "Ag", film_side=1, **SMALL)
    with pytest.raises(TypeError, match=r"build_interface\(\) got an unexpected .*'colour'"):
        build_interface("MoS2", "Ag", colour=1)


def test_a_function_has_few_parameters_of_its_own():
    for builder in (match_lattices, build_interface, janus, core_shell, slab):
        assert builder.__code__.co_argcount + builder.__code__.co_kwonlyargcount <= 9
    assert len(fields(JoinOptions)) + len(fields(SideOptions)) + len(fields(MatchOptions)) == 34


def test_a_janus_dot_takes_objects_or_keywords():
    by_name = janus("CsPbBr3", "CdS", edge=30.0, radius=10.0, registry_steps=3)
    by_object = janus(
        "CsPbBr3",
        "CdS",
        cuboid_options=CuboidOptions(edge=30.0),
        cap_options=CapOptions(radius=5.0),
        seat_options=SeatOptions(registry_steps=3),
        radius=10.0,  # a keyword wins
    )
    assert by_object == by_name
    assert by_object.info == by_name.info
    assert get_type_hints(JanusKeywords).keys() == janus_defaults().keys()
    for kind, names in NAMES.items():
        assert set(names.values()) == {entry.name for entry in fields(kind)}
    with pytest.raises(TypeError, match=r"janus\(\) got an unexpected .*'colour'"):
        janus("CsPbBr3", "CdS", colour=1)


def test_a_core_takes_an_object_or_keywords():
    by_name = core_shell("InP", ["ZnS:1ml"], radius=7.0, shape="cube", core_termination="cation")
    options = CoreOptions(radius=9.0, shape="cube", termination="cation")
    by_object = core_shell("InP", ["ZnS:1ml"], core_options=options, radius=7.0)
    assert by_object == by_name
    assert by_object.info == by_name.info
    assert get_type_hints(CoreKeywords).keys() == core_defaults().keys()
    with pytest.raises(TypeError, match=r"core_shell\(\) got an unexpected .*'colour'"):
        core_shell("InP", radius=7.0, colour=1)


def test_a_slab_takes_objects_or_keywords():
    by_name = slab("CdS", (0, 0, 1), layers=8, repeat=(2, 2), polarity="compensate", vacuum=9.0)
    by_object = slab(
        "CdS",
        (0, 0, 1),
        size=SlabSize(layers=3, repeat=(2, 2), vacuum=9.0),
        faces=SlabFaces(polarity="compensate"),
        layers=8,  # a keyword wins
    )
    assert by_object == by_name
    assert by_object.info == by_name.info
    shown = inspect.signature(slab).parameters
    assert {**get_type_hints(SlabSize), **get_type_hints(SlabFaces)} == get_type_hints(SlabKeywords)
    assert get_type_hints(SlabKeywords).keys() <= shown.keys()
    assert (shown["vacuum"].default, shown["kind"].default) == (15.0, "as cut")
    with pytest.raises(TypeError, match=r"slab\(\) got an unexpected keyword argument 'colour'"):
        slab("CdS", (0, 0, 1), colour=1)
    with pytest.raises(InputError, match="given options of type int, expected SlabSize"):
        slab("CdS", (0, 0, 1), size=4)


def test_an_enumeration_takes_objects_or_keywords():
    drum, request = magic_size_cluster("CdSe", 6), {"Zn_Cd": 2}
    by_name = enumerate_configurations(
        drum, request, max_distance=5.0, sample=1, seed=3, rotations_only=True
    )
    objects = {
        "conditions": Conditions(max_distance=5.0),
        "drawing": DrawOptions(sample=2, seed=3),
        "equivalence": Equivalence(rotations_only=True),
    }
    by_object = enumerate_configurations(drum, request, **objects, sample=1)  # a keyword wins
    assert [c.apply() for c in by_object] == [c.apply() for c in by_name]
    assert len(by_object) == 1
    assert len(enumerate_configurations(drum, request, **objects)) == 2
    shown = inspect.signature(enumerate_configurations).parameters
    named = get_type_hints(EnumerationKeywords)
    fields_of = [get_type_hints(kind) for kind in (Conditions, DrawOptions, Equivalence)]
    assert {**fields_of[0], **fields_of[1], **fields_of[2]} == named
    assert len(shown) - len(named) == 9  # of its own
    with pytest.raises(TypeError, match=r"configurations\(\) got an unexpected .*'colour'"):
        enumerate_configurations(drum, request, colour=1)
    with pytest.raises(InputError, match="given options of type int, expected DrawOptions"):
        enumerate_configurations(drum, request, drawing=4)
