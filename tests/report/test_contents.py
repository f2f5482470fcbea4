"""What goes into the report: structures with their marks, flags in order, sources, fields."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from heterodot.analysis import Flag
from heterodot.data.density import GridDensity
from heterodot.data.grid import GridField
from heterodot.report import volumes
from heterodot.report.citations import _entries, bibtex, sources
from heterodot.report.doubts import Weight, weight, worst_first
from heterodot.report.markup import join, tag, typeset
from heterodot.report.structures import drawn
from heterodot.workflows.study import Study, StudyResult

DOT = """\
heterodot: 1
systems:
  type-a: {build: [{pyramid: &dot {crystal: CuInS2, base: 3, truncate_corners: apex, apex: Cu}},
      {fill_cations: &mix {target: 8/12, seed: 10}}, {defect_type: A}, {passivate: H}],
      site: active}
  type-c: {build: [{pyramid: *dot}, {fill_cations: *mix}, {defect_type: C}, {passivate: H}],
      site: active}
levels:
  xtb: {code: gfn1-xtb}
questions:
  - co2_reduction: {free_radius: 4.0}
"""


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.parse(DOT)


def test_antisites_and_vacancies_are_marked_by_their_names(study):
    a, c = (study.systems[name] for name in ("type-a", "type-c"))
    antisites = drawn(a.atoms, a.site)
    assert sorted(d["name"] for d in antisites["defects"]) == ["Cu_In''", "In_Cu••"]
    for defect in antisites["defects"]:
        assert defect["name"].startswith(antisites["symbols"][defect["index"]])
    assert antisites["vacancies"] == []
    vacancy = drawn(c.atoms, c.site)
    (empty,) = vacancy["vacancies"]
    assert empty["name"] == "V_Cu'"
    apart = np.linalg.norm(c.atoms.positions - empty["position"], axis=1)
    assert 1.0 < apart.min() < 3.5
    assert vacancy["site"] == c.site
    assert vacancy["coordination"][c.site] >= 2
    assert set(vacancy["labels"]) >= {"role", "domain"}


def test_the_file_of_a_structure_is_the_whole_structure(study):
    from io import StringIO

    from ase.io import read

    atoms = study.systems["type-c"].atoms
    again = read(StringIO(drawn(atoms)["xyz"]), format="extxyz")
    assert again.positions == pytest.approx(atoms.positions, abs=1e-7)
    assert list(again.arrays["role"]) == list(atoms.arrays["role"])


def test_the_worst_flag_comes_first():
    small, middle, wrong = (
        Flag("scf-recovered", "x"),
        Flag("new", "y"),
        Flag("adsorbate-moved", "z"),
    )
    assert worst_first([small, middle, wrong, middle]) == [wrong, middle, small]
    assert [weight(f) for f in (wrong, middle, small)] == list(Weight)


def test_what_is_cited_follows_from_what_was_used(study):
    result = StudyResult("", tuple(study.cases), {}, 0, 0, (), study.output)
    found = sources(result, [])
    keys = [source.key for source in found]
    assert keys[:3] == ["heterodot", "ase", "gfn1-xtb"]
    assert {"che", "quasi-harmonic", "crystal-CuInS2"} <= set(keys)
    assert not {"gpaw", "sevennet", "elf"} & set(keys)
    text = bibtex(found)
    assert text.count("@") == len(found)
    assert text.count("{") == text.count("}")
    assert "doi" in text
    assert "10.1063/1.1679891" in text  # of the crystal, read from its record


def test_surfaces_are_first_drawn_round_half_of_a_difference():
    grid = np.stack(np.meshgrid(*[np.linspace(-3, 3, 40)] * 3, indexing="ij"))
    values = np.exp(-(grid**2).sum(0)) * grid[0]
    values[20, 20, 20] = 50.0  # a spike at a nucleus does not hide the rest
    atoms = Atoms("H")
    field = GridDensity(values, np.eye(3) * 6, atoms.numbers, atoms.positions)
    isovalue = volumes.drawn("difference", field, atoms)["isovalue"]
    smooth = np.abs(np.delete(values.ravel(), np.argmax(values)))
    assert smooth[smooth > isovalue].sum() == pytest.approx(smooth.sum() / 2, rel=0.2)


def test_what_leads_is_cited_where_it_led(tmp_path):
    (tmp_path / "study.yaml").write_text(
        "heterodot: 1\ntitle: t\nsystems: {s: {build: [{pyramid: {crystal: CuInS2, base: 2}}]}}\n"
        "levels: {pbe: {code: gpaw, prior: gfn1-xtb}}\nquestions: [relaxation: {}]\n"
    )
    study = Study.load(tmp_path / "study.yaml")
    result = StudyResult("", tuple(study.cases), {}, 0, 0, (), study.output)

    def keys(*found):
        return {source.key for source in sources(result, [{"result": one} for one in found])}

    assert "gfn1-xtb" not in keys({"optimizer": "BFGS"}, {"energy": 0.0})
    assert "gfn1-xtb" in keys({"optimizer": "gfn1-xtb+led"})
    assert "gfn1-xtb" in keys({"prior": "GFN1-xTB, 300 K"})


def test_every_source_has_what_bibtex_wants():
    for entry in _entries():
        fields = entry["fields"]
        assert {"author", "title", "year"} <= set(fields), entry["key"]
        if entry["type"] == "article":
            assert {"journal", "volume", "pages"} <= set(fields), entry["key"]
            assert re.fullmatch(r"10\.\d{4,9}/\S+", fields["doi"]), entry["key"]


def test_every_code_with_a_publication_and_every_question_named_is_known():
    from heterodot.calculators.registry import _entry_points
    from heterodot.workflows.questions.registry import question_kinds

    of = [entry["of"] for entry in _entries()]
    assert {kind for one in of for kind in one.get("questions", ())} <= set(question_kinds())
    cited = {name for one in of for name in one.get("codes", ())}
    assert cited == set(_entry_points()) - {"emt", "lj", "ase", "committee"}


def test_a_field_keeps_its_values_to_a_byte():
    atoms = molecule("H2O")
    rng = np.random.default_rng(1)
    values = rng.normal(size=(97, 20, 30))
    field = GridField(values, np.diag([9.7, 4.0, 6.0]), atoms.numbers, atoms.positions - 1.0)
    found = volumes.drawn("f", field, atoms)
    assert found["shape"] == [33, 20, 30]
    raw = np.frombuffer(base64.b64decode(found["values"]), np.uint8).reshape(found["shape"])
    back = found["low"] + raw / 255 * (found["high"] - found["low"])
    assert back == pytest.approx(values[::3], abs=(found["high"] - found["low"]) / 500)
    assert found["origin"] == pytest.approx([1.0, 1.0, 1.0])
    assert found["steps"][0][0] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("G(CO2*) (eV)", "G(CO<sub>2</sub>*) (eV)"),
        ("U_L (V vs RHE)", "U<sub>L</sub> (V vs RHE)"),
        ("E_ads(COOH) (eV)", "E<sub>ads</sub>(COOH) (eV)"),
        ("Cu28 <b>", "Cu28 &lt;b&gt;"),
        ("E(H2 gas)", "E(H<sub>2</sub> gas)"),
        ("lost O15–H16, GFN1-xTB", "lost O15–H16, GFN1-xTB"),
        ("In_Cu••", "In<sub>Cu</sub><sup>••</sup>"),
        ("T = 298.15 K", "T = 298.15 K"),
    ],
)
def test_formulas_are_set_as_in_print(text, shown):
    assert typeset(text) == shown


def test_text_is_escaped_where_it_becomes_markup():
    assert tag("p", "<b>", title='"x"') == '<p title="&quot;x&quot;">&lt;b&gt;</p>'
    assert join(["&", [None, tag("br")]]) == "&amp;<br>"
