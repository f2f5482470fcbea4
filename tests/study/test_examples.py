"""The example study of small nanocrystals, run for real."""

from pathlib import Path

import pytest

from heterodot.workflows.study import Study

NANOCRYSTALS = Path(__file__).parents[2] / "examples" / "nanocrystals.yaml"


@pytest.mark.slow
def test_nanocrystals_relax_with_gfn1(tmp_path):
    """The clusters keep their bonds: one that falls apart would be flagged as reconstructed."""
    result = Study.load(NANOCRYSTALS).run(output=tmp_path, workers=1)
    assert not result.errors
    assert len(result.results) == 3
    for answer in result.results.values():
        assert answer.fmax <= 0.05
        assert "reconstructed" not in {flag.name for flag in answer.flags}
