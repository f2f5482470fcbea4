from __future__ import annotations

import numpy as np
import pytest
from ase.constraints import FixAtoms

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.workflows import Hessian, Orbitals, Relax, SinglePoint
from heterodot.workflows.tasks.computing.serialization import structure_from_dict, structure_to_dict
from heterodot.workflows.tasks.kinds import task_from_dict

EMT = Level("emt")


def test_key_ignores_what_does_not_matter(cluster):
    key = SinglePoint(cluster, EMT).key
    same = cluster.copy()
    same.positions += 1e-9
    same.set_array("role", np.array(["inner"] * len(same)))
    provenance.add_note(same, "a note")
    assert SinglePoint(same, EMT, label="named").key == key
    assert SinglePoint(same, Level("emt", ranks=1)).key == key


def test_key_sees_what_matters(cluster):
    moved, fixed, celled = cluster.copy(), cluster.copy(), cluster.copy()
    moved.positions[3, 1] += 1e-4
    fixed.set_constraint(FixAtoms([0]))
    celled.cell = [20, 20, 20]
    charged = provenance.with_charge(cluster, 1)
    tasks = [
        SinglePoint(cluster, EMT),
        SinglePoint(moved, EMT),
        SinglePoint(fixed, EMT),
        SinglePoint(celled, EMT),
        SinglePoint(charged, EMT),
        SinglePoint(cluster, Level("gfn1-xtb")),
        SinglePoint(cluster, Level("gfn2-xtb")),
        SinglePoint(cluster, Level("gfn1-xtb", overrides={"electronic_temperature": 301.0})),
        Relax(cluster, EMT),
        Relax(cluster, EMT, fmax=0.04),
        Hessian(cluster, EMT),
        Hessian(cluster, EMT, indices=(0,)),
        Orbitals(cluster, Level("gfn1-xtb")),
    ]
    assert len({task.key for task in tasks}) == len(tasks)


def test_task_does_not_follow_the_callers_atoms(cluster):
    task = SinglePoint(cluster, EMT)
    cluster.positions += 1
    assert task.key != SinglePoint(cluster, EMT).key
    assert task.key == SinglePoint(task.atoms, EMT).key


@pytest.mark.parametrize(
    "make",
    [
        lambda a: SinglePoint(a, EMT, label="x"),
        lambda a: Relax(a, EMT, fmax=0.01, steps=7, optimizer="FIRE"),
        lambda a: Hessian(a, EMT, indices=(4, 3), delta=0.02),
        lambda a: Orbitals(a, Level("gfn2-xtb", "fast")),
    ],
)
def test_task_survives_json(make, cluster):
    cluster.set_constraint(FixAtoms([1, 2]))
    task = make(provenance.with_charge(cluster, -1))
    back = task_from_dict(task.to_dict())
    assert back.key == task.key
    assert back.label == task.label
    assert type(back) is type(task)


def test_structure_survives_json(cluster):
    cluster.set_array("role", np.array(["surface"] * len(cluster)))
    cluster.set_array("layer", np.arange(len(cluster)))
    provenance.add_step(cluster, "made", by="hand")
    cluster.set_constraint(FixAtoms([4]))
    back = structure_from_dict(structure_to_dict(cluster))
    np.testing.assert_array_equal(back.positions, cluster.positions)
    assert list(back.arrays["role"]) == list(cluster.arrays["role"])
    assert back.arrays["layer"].dtype.kind == "i"
    assert provenance.history(back) == [{"step": "made", "by": "hand"}]
    assert back.constraints[0].index.tolist() == [4]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda a: Relax(a, EMT, fmax=0.0), "fmax 0.0: expected a positive force"),
        (lambda a: Relax(a, EMT, fmax=float("nan")), "fmax nan"),
        (lambda a: Relax(a, EMT, steps=0), "steps 0: expected 1 or more"),
        (lambda a: Hessian(a, EMT, delta=-0.01), "delta -0.01"),
        (lambda a: Hessian(a, EMT, indices=(0, 99)), r"indices \[99\]: expected 0 to 18"),
    ],
)
def test_impossible_settings_are_refused(cluster, make, message):
    with pytest.raises(InputError, match=message):
        make(cluster)
