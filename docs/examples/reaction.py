"""A reaction: one entry with its steps; here CO2 to formic acid, by carboxyl or by formate.

In heterodot itself it is an entry of ``heterodot/data/reactions/table.py``; a package of your own
calls ``add_path`` when it is imported, or gives the path itself as ``path=``. A step says what
stands on the site after it, how many H⁺ + e⁻ it takes, and the gases it takes and releases. A path
that does not balance is refused with what is missing. Each species must be in the table of species.
"""

from tempfile import TemporaryDirectory

from ase.cluster import Octahedron

from heterodot.calculators import Level
from heterodot.data.reactions import Branch, PathStep, ReactionPath, add_path
from heterodot.errors import InputError
from heterodot.workflows import ReactionFreeEnergy, Runner

END = PathStep(None, electrons=1, releases={"HCOOH": 1})
TO_FORMIC_ACID = ReactionPath(
    "CO2-to-HCOOH",
    (PathStep("CO2", takes={"CO2": 1}), PathStep("COOH", electrons=1), END),
    branches={"formate": Branch("CO2*", (PathStep("HCOO", electrons=1), END))},
)
add_path(TO_FORMIC_ACID)

if __name__ == "__main__":
    copper = Octahedron("Cu", 3, cutoff=1)
    question = ReactionFreeEnergy(
        copper, 1, Level("emt"), path="CO2-to-HCOOH", n_starts=1, steps=30
    )
    with TemporaryDirectory() as folder, Runner(folder, executor="serial") as runner:
        found = question.run(runner)
    assert [step.label for step in found.diagram.steps] == ["CO2(g)", "CO2*", "COOH*", "HCOOH(g)"]
    assert found.branches["formate"].steps[2].label == "HCOO*"
    print(found.headline())  # EMT is for trying out: its C, O and H are placeholders
    try:
        ReactionPath("wrong", (PathStep("CO2", takes={"CO2": 1}), PathStep("CO", electrons=2)))
    except InputError as error:
        refused = str(error)
    assert refused.endswith("O, 2 H missing on the right")  # the water that is released
    print(refused)
