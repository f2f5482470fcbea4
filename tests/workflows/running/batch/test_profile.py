"""Profiles: TOML of the user's own, every fault one line."""

import pytest

from heterodot.errors import InputError
from heterodot.workflows.running.batch.profile import Profile, Resources, load_profile

WHOLE = """\
name = "our cluster"
mode = "driver"
modules = ["gcc/13.2", "openmpi"]
setup = [". ~/venv/bin/activate"]
launcher = "srun --mpi=pmix"
workers = 40

[environment]
OMP_NUM_THREADS = "1"

[job]
walltime = "12:00:00"
cores = 32
memory = "64G"
partition = "long"
options = {account = "chem", exclusive = true}

[task]
cores = 2
walltime = "02:00:00"
"""


def load(tmp_path, text: str) -> Profile:
    path = tmp_path / "cluster.toml"
    path.write_text(text)
    return load_profile(path)


def test_a_whole_profile(tmp_path):
    profile = load(tmp_path, WHOLE)
    assert profile.modules == ("gcc/13.2", "openmpi")
    assert profile.job.cores == 32
    assert profile.task == Resources(
        "02:00:00", 2, memory="64G", partition="long", options=profile.job.options
    )
    assert profile.driver.options == {"account": "chem"}
    assert (profile.driver.partition, profile.driver.cores) == ("long", 1)


def test_an_empty_profile_is_one(tmp_path):
    assert load(tmp_path, "") == Profile()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mode = 'both'", ["mode", "'both'", "allocation, driver"]),
        ("moduls = ['x']", ["moduls", "'modules'"]),
        ("modules = 'x'", ["modules", "a list"]),
        ("modules = [1]", ["modules[0]", "given 1", "a text"]),
        ("workers = -1", ["workers", "-1"]),
        ("workers = true", ["workers", "True"]),
        ('launcher = "srun \'x"', ["launcher", "a command"]),
        ("job = 3", ["job", "a table"]),
        ("[job]\ncores = 0", ["job.cores", "given 0"]),
        ("[job]\ncores = '2'", ["job.cores", "'2'"]),
        ("[job]\nwalltime = 60", ["job.walltime", "60"]),
        ("[job]\nwalltime = 'soon'", ["job.walltime", "soon"]),
        ("[task]\nmemory = '8 GB'", ["task.memory", "8 GB"]),
        ("[job]\noptions = ['a']", ["job.options", "a table"]),
        ("[job]\noptions = {a = [1]}", ["job.options"]),
        ("[driver]\nwaltime = '1:00'", ["driver.waltime", "'walltime'"]),
        ("[environment]\n'A B' = '1'", ["environment"]),
        ("[environment]\nA = 1", ["environment"]),
        ("a = ", ["not TOML"]),
        ("a = " + "[" * 50_000, ["cluster.toml"]),
        ("#" * 200_000, ["larger than"]),
    ],
)
def test_faults_are_one_line_with_the_file(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "cluster.toml"))
    assert "\n" not in message
    for word in words:
        assert word in message


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="expected a profile"):
        load_profile(tmp_path / "none.toml")
    with pytest.raises(InputError, match="expected a profile"):
        load_profile(tmp_path)
