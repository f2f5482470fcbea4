"""Every fault of a study is one line: FILE:LINE: field: what was given, what was expected."""

import pytest

from heterodot.calculators import Level
from heterodot.errors import MissingDependencyError, StudyError
from heterodot.workflows.study import Study

BUILT = """\
heterodot: 1
systems:
  dot:
    build:
      - pyramid: {crystal: CuInS2, base: 2}
      - passivate: H
    site: 0
levels:
  xtb: {code: gfn1-xtb}
questions:
  - co2_adsorption: {}
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("adsorption: {adsorbate: OOH}", "adsorbate 'OOH': expected one of CO2, COOH, "),
        ("reaction: {path: her}", "path 'her': expected one of CO2-to-CO, HER"),
        ("screening: {keep: [2]}", "given none, expected defects or adsorbate"),
    ],
)
def test_only_what_a_file_can_give_is_asked_for(tmp_path, question, expected):
    """In Python an adsorbate may be Atoms, a path a ReactionPath, candidates a dictionary."""
    text = BUILT.replace("co2_adsorption: {}", question)
    text = text.replace("gfn1-xtb}", "gfn1-xtb}\n  two: {code: gfn2-xtb}")
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(StudyError) as caught:
        _ = Study.load(path).cases
    assert expected in str(caught.value)
    for word in ("Atoms", "ReactionPath", "candidates"):
        assert word not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "words"),
    [
        ("heterodot: 1", "heterodot: 2", 1, "heterodot", ["given 2", "expected 1"]),
        ("heterodot: 1\n", "", 1, "heterodot", ["not given"]),
        ("  dot:\n", "  ../dot:\n", 3, "systems.../dot", ["a name of letters"]),
        ("  dot:\n", "  .dot:\n", 3, "systems..dot", ["a name of letters"]),
        ("    site: 0", "    sight: 0", 7, "systems.dot.sight", ["unknown key", "'site'"]),
        ("    site: 0", "    site: 99", 7, "systems.dot.site", ["given atom 99", "0…"]),
        ("    site: 0", "    site: active", 7, "systems.dot.site", ["defect_type"]),
        ("    site: 0", "    site: {element: Au}", 7, "systems.dot.site", ["Au"]),
        ("    site: 0", "    site: {elemint: Cu}", 7, "systems.dot.site", ["elemint"]),
        ("    site: 0", "    file: a.xyz", 3, "systems.dot", ["either 'file' or 'build'"]),
        ("base: 2", "base: two", 5, "systems.dot.build[0].pyramid.base", ['"two"', "whole"]),
        ("base: 2", "base: true", 5, "systems.dot.build[0].pyramid.base", ["true", "whole"]),
        ("base: 2", "base: -2", 5, "systems.dot.build[0].pyramid", ["-2"]),
        ("base: 2", "bass: 2", 5, "systems.dot.build[0].pyramid.bass", ["'base'", "more fault"]),
        ("base: 2", "layers: 2", 5, "systems.dot.build[0].pyramid.base", ["not given"]),
        ("CuInS2", "CuInS3", 5, "systems.dot.build[0].pyramid", ["CuInS2"]),
        ("- pyramid", "- pyramit", 5, "systems.dot.build[0].pyramit", ["'pyramid'"]),
        ("passivate: H", "passivate: Q", 6, "systems.dot.build[1].passivate", ["Q"]),
        ("passivate: H", "passivate: [H]", 6, "systems.dot.build[1].passivate", ["text"]),
        ("- pyramid: {crystal: CuInS2, base: 2}\n      ", "", 5, "systems.dot.build[0]", ["start"]),
        ("code: gfn1-xtb", "code: gfn1_xtb", 9, "levels.xtb", ["gfn1-xtb"]),
        ("code: gfn1-xtb", "code: ase", 9, "levels.xtb.code", ["does not import code"]),
        ("code: gfn1-xtb", "code: gfn1-xtb, protocol: quick", 9, "levels.xtb", ["fast"]),
        (
            "code: gfn1-xtb",
            "code: gfn1-xtb, overrides: {tempreature: 3}",
            9,
            "levels.xtb",
            ["temperature"],
        ),
        ("co2_adsorption", "co2_desorption", 11, "questions[0].co2_desorption", ["co2_ad"]),
        ("co2_adsorption: {}", "{}", 11, "questions[0]", ["expected one question"]),
        ("{}", "{fmax: .inf}", 11, "questions[0].co2_adsorption.fmax", ["number"]),
        ("{}", "{fmax: 0}", 11, "questions[0].co2_adsorption.fmax", ["given 0", "greater than 0"]),
        ("{}", "{n_starts: 0}", 11, "questions[0].co2_adsorption.n_starts", ["given 0"]),
        ("{}", "{steps: -1}", 11, "questions[0].co2_adsorption.steps", ["given -1"]),
        ("{}", "{free_radius: -1}", 11, "questions[0].co2_adsorption.free_radius", ["given -1"]),
        (
            "co2_adsorption: {}",
            "vibrations: {indices: [99]}",
            11,
            "questions[0].vibrations",
            ["99"],
        ),
        (
            "passivate: H",
            "fill_cations: {target: 8/12, seed: -1}",
            6,
            "systems.dot.build[1].fill_cations.seed",
            ["-1"],
        ),
        ("gfn1-xtb}", "gfn1-xtb, ranks: 2}", 9, "levels.xtb.ranks", ["given 2", "not parallel"]),
        ("gfn1-xtb}", "gfn1-xtb, prior: gfn9}", 9, "levels.xtb.prior", ["'gfn9'", "'auto'"]),
        ("gfn1-xtb}", "gfn1-xtb, prior: gpaw}", 9, "levels.xtb", ["as dear as"]),
        ("gfn1-xtb}", "gfn1-xtb, prior: ase}", 9, "levels.xtb.prior", ["ase"]),
        (
            "gfn1-xtb}",
            "gfn1-xtb, prior: {code: emt, x: 1}}",
            9,
            "levels.xtb.prior",
            ["Level.x: unknown"],
        ),
        ("heterodot: 1", 'heterodot: 1\ntitle: "\\ud800"', 2, "", ["character"]),
        ("heterodot: 1", 'heterodot: 1\ntitle: "\\e[31m"', 2, "title", ["character"]),
        ("  xtb: {code: gfn1-xtb}", "  {}", 8, "levels", ["at least one"]),
        ("{}", "{fmaks: 0.1}", 11, "questions[0].co2_adsorption.fmaks", ["'fmax'"]),
        ("{}", "{}\n    level: gpaw", 12, "questions[0].level", ["gpaw", "xtb"]),
        ("{}", "{}\n    systems: [dot, dit]", 12, "questions[0].systems", ["'dot'"]),
        ("{}", "{}\n  - co2_adsorption: {}", 12, "questions[1].co2_adsorption", ["asked twice"]),
        ("    site: 0\n", "", 10, "questions[0].co2_adsorption", ["no site"]),
        ("questions:\n  - co2_adsorption: {}\n", "questions: []\n", 10, "questions", ["at least"]),
    ],
)
def test_one_line_with_place_and_expectation(tmp_path, old, new, line, field, words):
    assert old in BUILT
    path = tmp_path / "my study.yaml"
    path.write_text(BUILT.replace(old, new, 1))
    with pytest.raises(StudyError) as caught:
        _ = Study.load(path).cases
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}:{line}: {field}"), message
    for word in words:
        assert word in message, message


def test_a_structure_the_code_refuses_is_found_before_anything_runs(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(BUILT.replace("gfn1-xtb", "emt"))
    with pytest.raises(StudyError, match=r"study.yaml:11: .*dot: .*(In|elements)"):
        _ = Study.load(path).cases


def test_files_are_relative_to_the_study_and_must_be_structures(folder):
    text = (folder / "study.yaml").read_text()
    (folder / "study.yaml").write_text(text.replace("cluster.xyz", "missing.xyz", 1))
    with pytest.raises(StudyError, match=r"study.yaml:6: systems.cluster.file: .*exists"):
        _ = Study.load(folder / "study.yaml").systems
    (folder / "missing.xyz").write_text("no structure\n")
    with pytest.raises(StudyError, match="not a structure ASE can read"):
        _ = Study.load(folder / "study.yaml").systems


def test_a_code_that_is_not_installed_is_named_with_its_line(folder, monkeypatch):
    from heterodot.calculators import Availability, get_code

    study = Study.load(folder / "study.yaml")
    missing = Availability(available=False, version="", detail="pip install it")
    monkeypatch.setattr(type(get_code("emt")), "availability", lambda _: missing)
    with pytest.raises(MissingDependencyError, match=r"study.yaml:12: levels.emt.*pip install it"):
        study.run()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('2\nProperties=species:S:1:pos:R:3 heterodot="oops"\nH 0 0 0\nH 0 0 1\n', "take it out"),
        ("2\n\nCu 0 0 0\nCu nan 0 0\n", r"atom 1 \(Cu\) is at \(nan, 0, 0\), expected finite"),
        ("2\n\nH 0 0 0\nH 0 0 1e200\n", r"atom 1 \(H\) is at \(0, 0, 1e\+200\)"),
    ],
)
def test_a_structure_file_with_nonsense_in_it(tmp_path, text, words):
    (tmp_path / "a.xyz").write_text(text)
    with pytest.raises(StudyError, match=words):
        Study.parse(FROM_FILE, tmp_path / "study.yaml").systems  # noqa: B018 - builds them


def test_a_file_name_too_long(tmp_path):
    text = FROM_FILE.replace("a.xyz", "a" * 300)
    with pytest.raises(StudyError, match="expected a file that exists"):
        Study.parse(text, tmp_path / "study.yaml").systems  # noqa: B018 - builds them


FROM_FILE = """\
heterodot: 1
systems:
  dot: {file: a.xyz}
levels:
  emt: {code: emt}
questions:
  - relaxation: {}
"""


def test_a_prior_is_a_level_of_the_study_or_a_code(tmp_path):
    path = tmp_path / "study.yaml"
    for given, prior in (
        ("cheap", Level("gfn2-xtb", "precise")),
        ("gfn2-xtb", Level("gfn2-xtb")),
        ("{code: gfn2-xtb, protocol: fast}", Level("gfn2-xtb", "fast")),
        ("auto", "auto"),
        ("none", "none"),
    ):
        levels = f"gfn1-xtb, prior: {given}}}\n  cheap: {{code: gfn2-xtb, protocol: precise}}"
        path.write_text(BUILT.replace("gfn1-xtb}", levels))
        assert Study.load(path).levels["xtb"].prior == prior
