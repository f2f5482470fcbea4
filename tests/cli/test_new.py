"""``heterodot new``: every study there is to start from can be read, built and looked at."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heterodot.calculators import get_code
from heterodot.cli import main
from heterodot.cli.new import topics
from heterodot.workflows.study import Study


def _call(capsys, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return left.value.code, said.out, said.err


def test_topics_are_listed_with_what_they_are(capsys):
    code, out, _ = _call(capsys, "new")
    assert code == 0
    assert out.count("\n") == len(topics()) >= 8
    assert all(line.endswith((".", ":")) or len(line) > 30 for line in out.splitlines())


@pytest.mark.parametrize("topic", topics())
def test_a_topic_is_written_once_and_checks(capsys, tmp_path, monkeypatch, topic):
    monkeypatch.chdir(tmp_path)
    assert _call(capsys, "new", topic)[0] == 0
    study = Study.load(tmp_path / f"{topic}.yaml")
    assert all(level.code in ("gfn1-xtb", "gfn2-xtb", "gpaw") for level in study.levels.values())
    if all(get_code(level.code).availability().available for level in study.levels.values()):
        code, out, err = _call(capsys, "run", f"{topic}.yaml", "--check")
        assert code == 0, err
        assert out.count("\n") == len(study.case_systems)
        assert "at most: about " in err
    assert [path.name for path in tmp_path.iterdir()] == [f"{topic}.yaml"]
    code, _, err = _call(capsys, "new", topic)
    assert (code, err.count("\n")) == (2, 1)
    assert "is there already" in err


def test_what_cannot_be_written_is_one_line(capsys, tmp_path):
    code, _, err = _call(capsys, "new", "adsorbtion", "-o", tmp_path / "a.yaml")
    assert (code, err.count("\n")) == (2, 1)
    assert "did you mean" in err
    code, _, err = _call(capsys, "new", "pdos", "-o", tmp_path / "no" / "a.yaml")
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot be written" in err


def test_bash_completes_commands_and_topics():
    """By the script ``heterodot --show-completion bash`` prints, in a bash that sources it."""
    heterodot = Path(sys.executable).with_name("heterodot")
    # as below bash, which is told by the processes above it: there is none here
    below_bash = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    show = [heterodot, "--show-completion", "bash"]
    script = subprocess.run(show, capture_output=True, text=True, check=True, env=below_bash).stdout
    ask = (
        f'{script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _heterodot_completion heterodot; '
        'echo "${COMPREPLY[*]}"'
    )
    path = f"{heterodot.parent}:{os.environ['PATH']}"

    def completed(*words: str) -> list[str]:
        command = ["bash", "-c", ask, "bash", *words]
        run = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "PATH": path}
        )
        return run.stdout.split()

    assert completed("heterodot", "ex") == ["export"]
    assert completed("heterodot", "new", "rel") == ["relaxation"]
