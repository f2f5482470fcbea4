"""States of a path as JSON: their structures with all they carry."""

import json

import pytest
from ase.build import fcc111
from ase.constraints import FixAtoms

from heterodot import provenance
from heterodot.analysis import Flag
from heterodot.analysis.thermo.free_energy import harmonic
from heterodot.records import RecordError
from heterodot.workflows.parts.states import AdsorbedState, Candidate


def state() -> AdsorbedState:
    slab = fcc111("Cu", (1, 1, 2), vacuum=5.0)
    slab.set_constraint(FixAtoms([0]))
    provenance.update(slab, notes=["as built"])
    start = Candidate("C down", slab, -1.0, 0.04, 3, (Flag("a", "b"),))
    return AdsorbedState("CO", slab, harmonic(-1.0, [2000.0]), -0.5, (start,), ())


def test_a_state_comes_back_from_json_with_its_structures():
    data = json.loads(json.dumps(state().to_dict()))
    assert list(data["structure"]) == [
        *("numbers", "positions", "cell", "pbc", "fixed", "arrays", "info")
    ]
    back = AdsorbedState.from_dict(data)
    assert back.to_dict() == data
    assert back.structure == state().structure
    assert back.candidates[0].structure.constraints[0].index.tolist() == [0]
    assert back.free_energy == state().free_energy


def test_what_is_no_structure_is_told_with_its_place():
    data = {**state().to_dict(), "structure": {"numbers": [29]}}
    with pytest.raises(RecordError, match=r"AdsorbedState\.structure: .* what Atoms is written as"):
        AdsorbedState.from_dict(data)
