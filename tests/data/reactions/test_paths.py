"""Reaction paths: what each state is made of, and what is refused when a path is made."""

import pytest

from heterodot.analysis.thermo.gas_references import REVERSE_WATER_GAS_SHIFT
from heterodot.analysis.thermo.states import path_steps
from heterodot.data.flags import Flag
from heterodot.data.reactions import (
    REACTION_PATHS,
    Branch,
    PathStep,
    ReactionPath,
    add_path,
    reaction_path,
)
from heterodot.data.species import species
from heterodot.errors import InputError


def atoms_in(state) -> dict[str, float]:
    """Atoms of a state, the site left out."""
    total: dict[str, float] = {}
    for name, count in state.content.items():
        for element, n in species(name.strip("*")).composition.items() if name != "*" else ():
            total[element] = total.get(element, 0.0) + count * n
    return {element: n for element, n in total.items() if n}


def hydration() -> ReactionPath:
    """Water splitting's first step, then two waters more: an oxidation that takes gases midway."""
    return ReactionPath(
        "oxidation",
        (
            PathStep("OH", electrons=-1, takes={"H2O": 1}),
            PathStep(None, electrons=-3, takes={"H2O": 1}, releases={"O2": 1}),
        ),
    )


@pytest.mark.parametrize("path", [*REACTION_PATHS.values(), hydration()], ids=lambda p: p.name)
def test_every_state_holds_the_same_atoms(path):
    first, *others = map(atoms_in, path.line())
    assert all(atoms == first for atoms in others)


def test_the_states_of_co2_to_co_by_hand():
    path = REACTION_PATHS["CO2-to-CO"]
    assert [(s.label, s.pairs, s.content) for s in path.line()] == [
        ("CO2(g)", 0, {"*": 1, "CO2": 1, "H2": 1}),
        ("CO2*", 0, {"CO2*": 1, "H2": 1}),
        ("COOH*", 1, {"COOH*": 1, "H2": 0.5}),
        ("CO*", 2, {"CO*": 1, "H2O": 1}),
        ("CO(g)", 2, {"*": 1, "CO": 1, "H2O": 1}),
    ]
    assert path.overall() == REVERSE_WATER_GAS_SHIFT
    assert path.equation == "CO2 + 2 (H⁺ + e⁻) → CO + H2O"
    assert path.reference("COOH") == {"CO2": 1, "H2": 0.5}
    assert path.reference("CO") == {"CO": 1}
    assert path.gases == ("CO2", "CO", "H2", "H2O")
    assert (path.product, path.shiftable) == ("CO", ("CO", "CO2"))


def test_the_states_of_hydrogen_evolution_by_hand():
    path = REACTION_PATHS["HER"]
    assert [(s.label, s.pairs, s.content) for s in path.line()] == [
        ("*", 0, {"*": 1, "H2": 1}),
        ("H*", 1, {"H*": 1, "H2": 0.5}),
        ("H2(g)", 2, {"*": 1, "H2": 1}),
    ]
    assert path.overall() == {}
    assert path.equation == "2 (H⁺ + e⁻) → H2"
    assert path.reference("H") == {"H2": 0.5}
    assert path.product is None


def test_an_oxidation_gives_pairs_off():
    path = hydration()
    assert [s.pairs for s in path.line()] == [0, -1, -4]
    assert path.line()[0].content == {"*": 1, "H2": -2, "H2O": 2}
    assert path.overall() == {"H2O": -2, "O2": 1, "H2": 2}
    assert path.equation == "2 H2O → O2 + 4 (H⁺ + e⁻)"
    assert path.reference("OH") == {"H2": -0.5, "H2O": 1}


def test_branches_go_on_from_the_main_line():
    end = PathStep(None, electrons=1, releases={"HCOOH": 1})
    path = ReactionPath(
        "toy",
        (PathStep("CO2", takes={"CO2": 1}), PathStep("COOH", electrons=1), end),
        {"formate": Branch("CO2*", (PathStep("HCOO", electrons=1), end))},
    )
    assert [s.label for s in path.line("formate")] == ["CO2(g)", "CO2*", "HCOO*", "HCOOH(g)"]
    assert path.adsorbates == ("CO2", "COOH", "HCOO")
    assert path.reference("HCOO") == path.reference("COOH") == {"CO2": 1, "H2": 0.5}
    assert path.overall("formate") == path.overall() == {"CO2": -1, "H2": -1, "HCOOH": 1}


TAKE = PathStep("CO2", takes={"CO2": 1})


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((TAKE, PathStep("COOH")), r"CO2\* → COOH\* does not balance, H missing on the left"),
        (
            (TAKE, PathStep("CO", electrons=2)),
            r"CO2\* \+ 2 H⁺ \+ 2 e⁻ → CO\* does not balance, O, 2 H missing on the right",
        ),
        (
            (TAKE, PathStep("COOH", electrons=0, protons=1)),
            r"CO2\* \+ H⁺ → COOH\* does not balance, e⁻ missing on the left",
        ),
        ((PathStep("CO2"),), r"\* → CO2\* does not balance, C, 2 O missing on the left"),
        ((PathStep("XY", takes={"CO2": 1}),), r"species 'XY': expected one of CO2, "),
        ((TAKE, PathStep(None, releases={"CO2": 1})), r"two states are called 'CO2\(g\)'"),
        ((), r"no steps"),
        ((PathStep("H", electrons=0.5),), r"electrons 0.5 of H\*, expected a whole number"),
        ((PathStep("CO2", takes={"CO2": -1}),), r"-1 CO2 at CO2\*, expected a positive number"),
    ],
)
def test_a_path_that_is_wrong_is_refused_in_one_line(steps, said):
    with pytest.raises(InputError, match=said) as refused:
        ReactionPath("toy", steps)
    assert "\n" not in str(refused.value)


def test_a_branch_from_nowhere_is_refused():
    with pytest.raises(InputError, match=r"branch 'b' leaves 'XY\*', expected one of CO2\*"):
        ReactionPath("toy", (TAKE,), {"b": Branch("XY*", (PathStep("COOH", electrons=1),))})


def test_paths_are_found_by_name():
    assert reaction_path("HER") is REACTION_PATHS["HER"]
    with pytest.raises(InputError, match="path 'her': expected one of CO2-to-CO, HER"):
        reaction_path("her")
    with pytest.raises(InputError, match="path 'HER': the table has one of that name"):
        add_path(ReactionPath("HER", (PathStep("H", electrons=1),)))


def test_steps_are_sums_over_what_a_state_is_made_of():
    gibbs = {"*": -100.0, "H*": -104.0, "H2": -7.0}
    doubts = {"*": [Flag("a", "")], "H*": [Flag("b", "")], "H2": [Flag("c", "")]}
    energies = {name: g - 1 for name, g in gibbs.items()}
    steps = path_steps(REACTION_PATHS["HER"].line(), gibbs, energies, doubts)
    assert [s.gibbs for s in steps] == [-107.0, -107.5, -107.0]
    assert [s.energy for s in steps] == [-109.0, -109.0, -109.0]
    assert [[f.name for f in s.flags] for s in steps] == [["a"], ["b", "c"], ["a", "c"]]
