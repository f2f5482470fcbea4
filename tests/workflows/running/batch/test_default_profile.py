"""A profile in the user's own configuration, used where none is named."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from heterodot.errors import InputError
from heterodot.own_files import own_file, own_path
from heterodot.workflows.running.batch.profile import default_profile


@pytest.fixture
def mine(tmp_path, monkeypatch) -> Iterator[Path]:
    """Where the user's own profile goes; the folder is there."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    folder = tmp_path / "configuration" / "heterodot"
    before = os.umask(0o077)
    folder.mkdir(parents=True)
    yield folder / "profile.toml"
    os.umask(before)


def test_tests_never_see_the_users_configuration():
    place = Path(own_path("profile.toml"))
    assert not place.is_relative_to(Path.home() / ".config")
    assert [path.name for path in place.parent.iterdir()] == ["config.toml"]
    assert default_profile() is None


def test_submit_takes_it_and_says_so(place, call, mine):
    mine.write_text('[job]\nwalltime = "00:07:00"\n')
    code, out, err = call("submit", "study.yaml", "--dry-run")
    assert code == 0, err
    assert err == f"profile: {mine} (your default)\n"
    assert "#SBATCH --time=00:07:00\n" in (place / "results" / "jobs" / "study.sh").read_text()
    code, out, err = call("submit", "study.yaml", "-p", "cluster.toml", "--dry-run")
    assert code == 0
    assert "profile:" not in out + err
    assert "#SBATCH --time=00:10:00\n" in (place / "results" / "jobs" / "study.sh").read_text()


def test_the_job_runs_with_the_profile_it_was_submitted_with(place, call, mine):
    """Not with the default, which says where tasks run, too."""
    call("submit", "study.yaml", "-p", "cluster.toml", "--dry-run")
    mine.write_text('executor = "slurm-block"\n')
    script = place / "results" / "jobs" / "study.sh"
    run = subprocess.run(["bash", str(script)], capture_output=True, text=True, env=os.environ)
    assert run.returncode == 0, run.stderr
    assert "your default" not in run.stderr


def test_run_takes_it_and_says_so(place, call, mine, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    mine.write_text('executor = "slurm-block"\n')
    code, _, err = call("run", "study.yaml")
    assert code == 2
    assert err.startswith(f"profile: {mine} (your default)\n")
    assert "not inside a job" in err
    code, _, err = call("run", "study.yaml", "--executor", "local", "--workers", "1")
    assert code == 0, err
    assert "1 task calculated" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["study.yaml", "--mode", "both"], "--mode 'both': expected one of allocation, driver"),
        (["bad.yaml"], "bad.yaml:"),
    ],
)
def test_what_needs_no_profile_is_looked_at_first(place, call, mine, words, said):
    text = (place / "study.yaml").read_text()
    (place / "bad.yaml").write_text(text.replace("heterodot: 1", "heterodot: 9"))
    code, _, err = call("submit", *words, "--dry-run")
    assert code == 2
    assert said in err
    assert "profile" not in err


def test_without_any_the_line_says_where_one_would_be(place, call, mine):
    code, _, err = call("submit", "study.yaml", "--dry-run")
    assert code == 2
    assert err == (
        "heterodot: no profile: expected --profile FILE.toml, or one for all your studies in "
        f"{mine}\n"
    )


@pytest.mark.parametrize("command", [["submit", "study.yaml", "--dry-run"], ["run", "study.yaml"]])
@pytest.mark.parametrize(
    ("text", "words"), [("mode = 'both'", "mode: given 'both'"), ("mode = ", "not TOML")]
)
def test_a_bad_one_is_one_line(place, call, mine, command, text, words):
    mine.write_text(text)
    code, _, err = call(*command)
    assert code == 2
    assert err.count("heterodot: ") == 1
    assert f"heterodot: {mine}: {words}" in err
    assert not (place / "results").exists()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_may_write_is_refused(place, call, mine, mode, what):
    mine.write_text("setup = ['touch hurt']\n")
    written = mine if what == "file" else mine.parent
    written.chmod(mode if what == "file" else mode | 0o700)
    for command in (["submit", "study.yaml", "--dry-run"], ["run", "study.yaml"]):
        code, _, err = call(*command)
        assert code == 2
        assert err.startswith(f"heterodot: {written}: others may write it (mode ")
        assert err.count("\n") == 1
    assert f"chmod go-w '{written}'" in err
    written.chmod(0o700)
    assert default_profile() == mine


def test_a_link_is_looked_at_where_it_leads(mine, tmp_path):
    """People keep their configuration elsewhere and link to it."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "cluster.toml").write_text("")
    mine.symlink_to(kept / "cluster.toml")
    assert default_profile() == mine
    kept.chmod(0o777)
    with pytest.raises(InputError, match="others may write it"):
        default_profile()


def test_that_of_another_user_is_refused(mine, monkeypatch):
    mine.write_text("")
    monkeypatch.setattr("os.geteuid", lambda: mine.stat().st_uid + 1)
    with pytest.raises(InputError, match=r"profile.toml: belongs to user .*, expected a config"):
        default_profile()


@pytest.mark.parametrize("base", ["", "relative", "./x"])
def test_a_relative_place_is_none(base, monkeypatch, tmp_path):
    """It would be in whatever folder we are in, which may be a stranger's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", base)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert own_path("a") == f"{tmp_path}/home/.config/heterodot/a"
    monkeypatch.setenv("HOME", "~")
    assert own_path("a") == ""
    assert own_file("a") is None
