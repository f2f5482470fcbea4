"""``heterodot match`` and ``heterodot build janus`` from the command line."""

import csv
import json

import pytest
from ase.io import read
from matplotlib.image import imread

from heterodot import provenance
from heterodot.cli import main


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return int(left.value.code)


RELATION = "(100)f || (2-1-1)s, [001]f || [111]s"


def test_match_prints_and_writes_tables_and_a_figure(tmp_path, capsys):
    table, plot = tmp_path / "m.csv", tmp_path / "m.png"
    words = ("--relation", RELATION, "--max-area", "600", "-o", table, "--plot", plot)
    assert _run("match", "CsPbBr3", "CdS", *words) == 0
    out = capsys.readouterr().out
    assert "583.19" in out
    assert "pseudo-cubic:(1-10)" in out
    with table.open() as handle:
        (row,) = csv.DictReader(handle)
    assert float(row["area"]) == pytest.approx(583.188, abs=1e-2)
    assert row["film_transform"] == "[[1, 0], [0, 6]]"
    words_drawn = plot.with_suffix(".svg").read_text()
    assert "von Mises strain (%)" in words_drawn
    assert "area of the common cell" in words_drawn
    assert imread(plot)[..., :3].min() < 0.2
    assert _run("match", "CsPbBr3", "CdS", *words[:-2][:-2], "-o", tmp_path / "m.json") == 0
    data = json.loads((tmp_path / "m.json").read_text())
    assert data["n_matches"] == 1
    assert data["matches"][0]["substrate_transform"] == [[2, 0], [0, 7]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--film-miller", "100"), "no plane of the substrate"),
        (("--max-miller", "1", "--max-area", "20"), "one cell of the film"),
        (("--max-miller", "1", "-o", "m.txt"), "expected a file ending in .csv or .json"),
        (("--max-miller", "1", "--film-elastic", "a,b"), "expected C11,C12,C44"),
        (("--relation", RELATION, "--max-strain", "0.0001"), "no match"),
    ],
)
def test_match_refuses_in_one_line(words, message, capsys):
    assert _run("match", "CsPbBr3", "CdS", *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_build_janus(tmp_path, capsys):
    path = tmp_path / "j.xyz"
    assert _run("build", "janus", "--edge", "20,25,20", "--termination", "any", "-o", path) == 0
    atoms = read(path)
    record = provenance.details(atoms)["janus"]
    assert [face["edge"] for face in record["faces"]] == pytest.approx([20, 25, 20], abs=2)
    assert set(atoms.arrays["domain"]) == {"CsPbBr3", "CdS"}
    out = capsys.readouterr().out
    assert "nm between outermost atoms" in out
    assert f"{record['bonds']} bonds across, shortest Cd–Br" in out
    assert _run("build", "janus", "--edge", "5.5", "-o", path) == 2
    assert "5.5 nm is 55" in capsys.readouterr().err
