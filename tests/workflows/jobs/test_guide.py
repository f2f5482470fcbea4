"""docs/cluster.md: its profiles are profiles, and every command of it is run."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from heterodot.workflows.jobs.report import study_status
from heterodot.workflows.running.batch.profile import load_profile

GUIDE = Path(__file__).parents[3] / "docs" / "cluster.md"


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]
DRY = [command for command in COMMANDS if "--dry-run" in command]


@pytest.fixture
def here(place) -> Path:
    """The study of the guide, with results beside it as by default."""
    text = (place / "study.yaml").read_text().replace("output: results\n", "")
    (place / "study.yaml").write_text(text)
    return place


def use(here: Path, number: int) -> None:
    (here / "cluster.toml").write_text(blocks("toml")[number])


@pytest.mark.parametrize("number", range(len(blocks("toml"))))
@pytest.mark.parametrize("mode", ["allocation", "driver"])
def test_its_profiles_make_scripts_that_bash_can_read(here, call, number, mode):
    use(here, number)
    (command,) = DRY
    code, out, err = call(*shlex.split(command)[1:], "--mode", mode)
    assert code == 0, err
    script = here / "study-results" / "jobs" / "study.sh"
    assert "jobs/study.sh" in out
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
    profile = load_profile(here / "cluster.toml")
    text = script.read_text()
    assert f"--time={(profile.job if mode == 'allocation' else profile.driver).walltime}\n" in text
    for module in profile.modules:
        assert f"module load {module}\n" in text


@pytest.mark.slurm
def test_every_command_in_order(here, call):
    use(here, -1)
    for command in COMMANDS:
        words = shlex.split(command)
        assert words[0] == "heterodot"
        code, _, err = call(*words[1:])
        assert code == 0, f"{command}: {err}"
        if "--watch" in words:
            assert not study_status(here / "study-results").is_going_on
    call("status", "study-results", "--watch", 1)
    assert (here / "results.db").exists()
    assert "1 task finished" in call("status", "study.yaml")[1]


def test_the_executors_it_names_are_those_there_are():
    from heterodot.workflows.running.batch.profile import EXECUTORS

    named = re.findall(r"^\| `([a-z-]+)` \| (?:in|each|wherever)", GUIDE.read_text(), re.MULTILINE)
    assert tuple(named) == EXECUTORS


def test_the_scripts_it_names_are_there():
    root = GUIDE.parents[1]
    assert (root / ".ci" / "slurm").is_file()
    assert "test-slurm:" in (root / "Makefile").read_text()
    if shutil.which("bash"):
        assert subprocess.run(["bash", "-n", str(root / ".ci" / "slurm")]).returncode == 0
