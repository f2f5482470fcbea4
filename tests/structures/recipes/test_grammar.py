"""Steps that stand in no file: what the command line and Python build with."""

import subprocess
import sys

import numpy as np
import pytest

from heterodot.errors import StudyError
from heterodot.structures import crystal, passivate, pyramid
from heterodot.structures.recipes.grammar import built


def test_steps_are_the_builders_one_after_the_other():
    steps = [{"pyramid": {"base": 2, "crystal": "CuInS2"}}, {"passivate": "H"}]
    found = built(steps)
    by_hand = passivate(pyramid(crystal("CuInS2"), base=2), "H")
    assert found.get_chemical_formula() == by_hand.get_chemical_formula()
    np.testing.assert_array_equal(found.positions, by_hand.positions)
    again = built(steps[1:], atoms=pyramid(crystal("CuInS2"), base=2))
    np.testing.assert_array_equal(again.positions, by_hand.positions)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"pyramid": {"bass": 2}}], r"^build\[0\]\.pyramid\.bass: unknown key.*base"),
        ([{"pyramid": {"base": 0, "crystal": "CuInS2"}}], r"^build\[0\]\.pyramid: base 0"),
        ([{"passivate": "H"}], r"^build\[0\]\.passivate: .*something to start from"),
        ([{"pyramids": {}}], r"^build\[0\]\.pyramids: unknown step.*did you mean 'pyramid'"),
    ],
)
def test_errors_name_the_step_and_no_file(steps, said):
    with pytest.raises(StudyError, match=said):
        built(steps)


def test_building_needs_no_workflows(tmp_path):
    """One route: the builders, not a study made up for them."""
    arguments = ["build", "pyramid", "--base", "2", "-o", str(tmp_path / "dot.xyz")]
    code = (
        "import sys; from heterodot.cli import main\n"
        f"try:\n    main({arguments!r})\nfinally:\n"
        "    print([m for m in sys.modules if m.startswith('heterodot.workflows')], "
        "file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stderr.strip().endswith("[]"), ran.stderr
    assert (tmp_path / "dot.xyz").is_file()
