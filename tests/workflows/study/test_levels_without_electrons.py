"""Studies at levels without electrons: what is one structure to them, and what to ask elsewhere."""

import pytest
from ase import Atoms
from ase.build import molecule
from ase.cluster import Octahedron
from ase.io import write

from heterodot import provenance
from heterodot.errors import StudyError
from heterodot.workflows.study import Study

DOT = """\
heterodot: 1
systems:
  a: {build: [{pyramid: &dot {crystal: CuInS2, base: 3, truncate_corners: apex, apex: Cu}},
              {fill_cations: &mix {target: 8/12, seed: 12}}, {defect_type: A}, {passivate: H}],
      site: active}
  b: {build: [{pyramid: *dot}, {fill_cations: *mix}, {defect_type: %s}, {passivate: H}],
      site: active%s}
  c: {build: [{pyramid: *dot}, {fill_cations: *mix}, {defect_type: C}, {passivate: H}],
      site: active}
levels:
  net: {code: sevennet}
  xtb: {code: gfn1-xtb}
questions: [%s]
"""
IONIC = "{kind: B, compensation: ionic}"


def test_type_b_by_charge_is_refused_and_told_how_to_be_built():
    study = Study.parse(DOT % ("B", "", "co2_reduction: {}"))
    with pytest.raises(StudyError, match=r"b: sevennet: a total charge of -1 e") as raised:
        _ = study.cases
    assert f"defect_type: {IONIC}" in str(raised.value)
    assert "\n" not in str(raised.value)
    ionic = Study.parse(DOT % (IONIC, "", "co2_reduction: {}"))
    assert len(ionic.cases) == 6
    assert not any("same-to-a-potential" in str(c.workflow.atoms.info) for c in ionic.cases)


def test_type_c_says_that_its_hole_is_not_there():
    study = Study.parse(DOT % (IONIC, "", "co2_reduction: {}"))
    caveats = {c.name: " ".join(c.workflow.level.caveats(c.workflow.atoms)) for c in study.cases}
    assert "Type C: its hole on Cu" in caveats["c/co2_reduction/net"]
    assert "moments of the structure" not in caveats["c/co2_reduction/net"]  # the hole's: said once
    assert "Type C: its hole" not in caveats["a/co2_reduction/net"]
    assert "Type C: its hole" not in caveats["c/co2_reduction/xtb"]


def test_moments_somebody_set_are_said_to_be_unseen():
    level = Study.parse(DOT % (IONIC, "", "co2_reduction: {}")).levels["net"]
    atoms = molecule("O2")
    assert "magnetic moments of the structure are not seen" in level.caveats(atoms)
    atoms.set_initial_magnetic_moments([0.0, 0.0])
    assert not any("moments of" in caveat for caveat in level.caveats(atoms))


def test_what_needs_orbitals_is_asked_of_the_other_level():
    bands = Study.parse(DOT % (IONIC, "", "d_band_centre: {}"))
    with pytest.raises(StudyError, match=r"codes that can: gfn1-xtb.*'level: NAME' beside"):
        _ = bands.cases
    both = Study.parse(
        DOT % (IONIC, "", "{co2_reduction: {}, level: net}, {d_band_centre: {}, level: xtb}")
    )
    levels = {case.question.kind: case.workflow.level.code for case in both.cases}
    assert levels == {"co2_reduction": "sevennet", "d_band_centre": "gfn1-xtb"}


PAIR = """\
heterodot: 1
systems:
  low: {file: cluster.xyz}
  high: {file: magnetic.xyz}
  other: {file: moved.xyz}
levels:
  net: {code: sevennet}
  xtb: {code: gfn1-xtb}
questions: [{relaxation: {fmax: 0.5, steps: 2}, level: %s}]
workers: 1
"""


@pytest.fixture
def folder(tmp_path):
    cluster = Atoms("Cu12", Octahedron("Cu", 3, cutoff=1).positions[:12])
    write(tmp_path / "cluster.xyz", cluster, format="extxyz")
    moved = cluster.copy()
    moved.rattle(0.1, seed=1)
    write(tmp_path / "moved.xyz", moved, format="extxyz")
    cluster.set_initial_magnetic_moments([2.0] + [0.0] * (len(cluster) - 1))
    write(tmp_path / "magnetic.xyz", cluster, format="extxyz")
    return tmp_path


def test_two_systems_that_differ_in_electrons_only_are_flagged_at_a_potential_only(folder):
    study = Study.parse(PAIR % "[net, xtb]", folder / "study.yaml")
    said = {c.name: " ".join(provenance.flags(c.workflow.atoms)) for c in study.cases}
    for one, other in (("low", "high"), ("high", "low")):
        assert said[f"{one}/relaxation/net"].startswith("same-to-a-potential: charge +0 e, ")
        assert f"tells {one} from {other} (charge +0 e, " in said[f"{one}/relaxation/net"]
        assert not said[f"{one}/relaxation/xtb"]
    assert "Cu0 +2 μ_B" in said["low/relaxation/net"]
    assert not said["other/relaxation/net"]
    assert not provenance.flags(study.systems["low"].atoms)


@pytest.mark.mlip
def test_the_flag_stands_with_every_number(folder):
    found = Study.parse(PAIR % "net", folder / "study.yaml").run()
    rows = {row.system: row for row in found.rows()}
    assert rows["low"].values == rows["high"].values
    for name in ("low", "high"):
        assert "same-to-a-potential" in rows[name].marks["E (eV)"]
        assert any("one structure, one answer" in text for text in rows[name].flags)
    assert "same-to-a-potential" not in str(rows["other"].flags)
    assert "flag same-to-a-potential" in found.table()
