"""Batch scripts: readable, and nothing in them is more than it says."""

import shlex
import subprocess

import pytest

from heterodot.errors import InputError
from heterodot.workflows.running.batch.script import (
    BatchScript,
    command_line,
    job_name,
    option,
    quoted,
)

NASTY = [
    "plain",
    "two words",
    "it's",
    '"double"',
    "$(touch hurt)",
    "`touch hurt`",
    "$HOME",
    "a;touch hurt",
    "a&&touch hurt|cat",
    "*",
    "~",
    "\\",
    "é→中",
    "-rf",
    "#no",
    "!!",
    "",
]


@pytest.mark.parametrize("word", NASTY)
def test_the_shell_gets_every_word_as_it_is(word, tmp_path):
    script = BatchScript(
        title=word,
        options=[("--job-name", job_name(word))],
        folder=str(tmp_path),
        command=["printf", "%s|%s", word, "end"],
        environment={"GIVEN": word},
        notes=("a note", word),
    )
    (tmp_path / "x.sh").write_text(script.render().replace("exec ", "printenv GIVEN\nexec "))
    run = subprocess.run(["bash", "x.sh"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{word}\n{word}|end"
    assert [p.name for p in tmp_path.iterdir()] == ["x.sh"]


@pytest.mark.parametrize(
    "bad", ["a\nb", "a\rb", "a\x00", "\x1b[2J", "a\u2028b", "\u202e", "\ud800"]
)
def test_no_control_characters(bad, tmp_path):
    with pytest.raises(InputError, match="character"):
        quoted(bad)
    for part in ({"folder": bad}, {"command": [bad]}, {"environment": {"A": bad}}):
        fine = {"title": "t", "options": [], "folder": "/", "command": ["true"]}
        with pytest.raises(InputError, match="character"):
            BatchScript(**{**fine, **part}).render()
    titled = BatchScript(bad, [], "/", ["true"], notes=(bad,)).render()
    assert len(titled.splitlines()) == len(
        BatchScript("t", [], "/", ["true"], ("n",)).render().splitlines()
    )


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--time", "1 --wrap=x"),
        ("--time", "soon"),
        ("--mem", "8 G"),
        ("--mem", "-1"),
        ("--nodes", 0),
        ("--ntasks", "2 3"),
        ("--job-name", "a b"),
        ("--job-name", "$(x)"),
        ("--partition", "main extra"),
        ("--partition", "main\n#SBATCH --x"),
        ("--account", 'a"b'),
        ("--account", "a'b"),
        ("--comment", "a`b`"),
        ("--qos", "$HOME"),
        ("--qos", "-x"),
        ("--wrap", "x"),
        ("--error", "x"),
        ("--output", "a b"),
        ("-p", "main"),
        ("partition", "main"),
        ("--Part", "main"),
        ("--a b", None),
        ("--a\n", None),
    ],
)
def test_an_option_is_one_option(flag, value):
    with pytest.raises(InputError) as caught:
        option(flag, value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("flag", "value", "line"),
    [
        ("--time", "1-12:00:00", "#SBATCH --time=1-12:00:00"),
        ("--time", "02:00:00", "#SBATCH --time=02:00:00"),
        ("--mem", "8G", "#SBATCH --mem=8G"),
        ("--partition", "main,long", "#SBATCH --partition=main,long"),
        ("--constraint", "[rack1|rack2]&ib*2", "#SBATCH --constraint=[rack1|rack2]&ib*2"),
        ("--gres", "gpu:a100:2", "#SBATCH --gres=gpu:a100:2"),
        ("--exclusive", None, "#SBATCH --exclusive"),
    ],
)
def test_the_options_people_need(flag, value, line):
    assert option(flag, value) == line


@pytest.mark.parametrize("name", ["a b", "a;b", "$(x)", "-f", "", "a\nb", "`x`"])
def test_modules_and_variables_are_names(name):
    for part in ({"modules": [name]}, {"environment": {name: "1"}}):
        with pytest.raises(InputError):
            BatchScript("t", [], "/", ["true"], **part).render()


def test_long_commands_are_broken_where_options_begin():
    words = ["python", "-m", "x", *(f"--option-{n}" for n in range(12)), "a b"]
    text = command_line(words)
    assert max(map(len, text.splitlines())) < 100
    assert shlex.split(text.replace("\\\n", "")) == words


def test_names_of_jobs():
    assert job_name("CO2 on ZCIS: Type C") == "CO2-on-ZCIS-Type-C"
    assert job_name("../..") == "study"
    assert len(job_name("x" * 500)) == 48


def _interpreter(folder, says: str, has_heterodot: bool = True):
    """A python3 that says who it is when it is run, and can or cannot import heterodot."""
    folder.mkdir()
    found = folder / "python3"
    code = 0 if has_heterodot else 1
    found.write_text(f'#!/bin/sh\n[ "$2" = -c ] && exit {code}\nprintf "%s %s" {says} "$*"\n')
    found.chmod(0o755)
    return found


@pytest.mark.parametrize("has_heterodot", [True, False])
@pytest.mark.parametrize("activates", [True, False])
def test_the_python_that_runs_is_that_of_the_environment(tmp_path, has_heterodot, activates):
    mine = _interpreter(tmp_path / "mine", "mine")
    theirs = _interpreter(tmp_path / "theirs", "theirs", has_heterodot)
    setup = [f"PATH={theirs.parent}:$PATH"] if activates else ["true"]
    script = BatchScript(
        "t", [], str(tmp_path), [str(mine), "-P", "-m", "heterodot.cli", "run", "--x", "y" * 90],
        setup=setup, finds_python=True,
    )  # fmt: skip
    (tmp_path / "x.sh").write_text(script.render())
    run = subprocess.run(["bash", "x.sh"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    runs = "theirs" if activates and has_heterodot else "mine"
    assert run.stdout == f"{runs} -P -m heterodot.cli run --x {'y' * 90}"
    assert run.stderr.count("\n") <= 1
    if activates:
        said = "of the environment, not" if has_heterodot else "has no heterodot"
        assert said in run.stderr
        assert str(theirs) in run.stderr


def test_a_script_looks_for_a_python_only_where_it_sets_up_an_environment(tmp_path):
    from heterodot.workflows.jobs.submission import Submission
    from heterodot.workflows.running.batch.profile import Profile

    def text(**given) -> str:
        profile = Profile(**given)
        return Submission(
            tmp_path / "s.yaml", tmp_path, profile, tmp_path / "p.toml", "allocation"
        ).text()

    assert 'exec "$python" -P -m heterodot.cli run s.yaml' in text(setup=(". a/bin/activate",))
    assert 'exec "$python"' in text(modules=("python/3.11",))
    assert "$python" not in text()
    named = text(setup=(". a/bin/activate",), python="~/a/bin/python")
    assert "$python" not in named
    assert "/a/bin/python -P -m" in named
    assert "~" not in named
