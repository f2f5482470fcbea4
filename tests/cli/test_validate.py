"""``heterodot validate`` from the command line."""

import json

import pytest

from heterodot.cli import main


def _run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return int(left.value.code)


def test_validate_writes_results_table_and_figure(tmp_path, capsys):
    words = ("validate", "-l", "emt", "-q", "lattice", "-q", "d-bands", "-o", tmp_path / "v")
    assert _run(*words) == 0
    said = capsys.readouterr()
    assert "lattice constants (%)" in said.out
    assert "3 of 26" in said.out
    assert "EMT: d-bands: emt cannot treat orbitals" in said.err
    stored = json.loads((tmp_path / "v" / "measured.json").read_text())
    assert stored["levels"][0]["answers"]["lattice"]["values"]["Cu a"] == pytest.approx(
        3.59, abs=0.01
    )
    text = (tmp_path / "v" / "validation.md").read_text()
    assert "![Errors of every level in every quantity](validation.png)" in text
    assert (tmp_path / "v" / "validation.svg").is_file()
    before = (tmp_path / "v" / "store" / "index.jsonl").read_text()
    assert _run(*words) == 0
    assert (tmp_path / "v" / "store" / "index.jsonl").read_text() == before, "nothing done again"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("-q", "lattices"), "quantity 'lattices': expected one of reaction-enthalpies"),
        (("-l", "emd"), "unknown code 'emd', did you mean 'emt'?"),
        (("-l", "emt:h=0.2"), "emt: unknown keyword 'h'"),
        (("-l", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (
            ("-l", "emt", "-q", "lattice", "--committee", "EMT"),
            "given EMT: expected two",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line(words, line, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert _run("validate", *words, "-o", tmp_path / "v") == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert line in said
