"""A gate: a function that returns flags, none where all is well.

In heterodot it stands in ``heterodot/workflows/parts/gates.py``; a question adds what it returns to
the flags of its result, and every table and figure that rests on the result shows them.
"""

from ase import Atoms
from ase.build import molecule

from heterodot.data.flags import Flag, Marked

LARGEST_DRIFT = 0.5
"""Å; farther than an atom of a molecule swings at room temperature (r.m.s. about 0.1 Å)."""


def drift_gate(before: Atoms, after: Atoms, what: str) -> tuple[Flag, ...]:
    """Flag a structure that moved as a whole: what held it has let go."""
    drift = after.get_center_of_mass() - before.get_center_of_mass()
    length = float((drift @ drift) ** 0.5)
    if length <= LARGEST_DRIFT:
        return ()
    message = f"{what}: centre of mass moved by {length:.2f} Å, at most {LARGEST_DRIFT:g} expected"
    return (Flag("drifted", message),)


if __name__ == "__main__":
    water = molecule("H2O")
    moved = water.copy()
    moved.translate((0, 0, 0.9))
    assert drift_gate(water, water, "water") == ()
    (flag,) = drift_gate(water, moved, "water")
    print(flag)
    assert str(flag) == "drifted: water: centre of mass moved by 0.90 Å, at most 0.5 expected"
    assert f"{Marked(-0.21, (flag,)):.2f}" == "-0.21†"  # beside every number that rests on it
