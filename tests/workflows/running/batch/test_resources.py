"""What tasks ask of the queue: by size and code, by what was finished, within the profile."""

import pytest
from ase.cluster import Octahedron

from heterodot.calculators import Level
from heterodot.structures import crystal, passivate, pyramid
from heterodot.workflows import Hessian, Relax, Runner, SinglePoint, Store
from heterodot.workflows.running.batch.profile import Resources
from heterodot.workflows.running.batch.resources import memory_megabytes, request, walltime_minutes
from heterodot.workflows.store.index import Entry, level_digest, read_index

DAY = Resources("1-00:00:00", memory="64G")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90), ("90:30", 91), ("02:00:00", 120), ("1-12", 2160), ("1-12:30", 2190),
        ("1-12:00:00", 2160), ("00:00:01", 1), ("0", 1),
    ],
)  # fmt: skip
def test_walltimes_as_slurm_reads_them(text, minutes):
    assert walltime_minutes(text) == minutes


@pytest.mark.parametrize(
    ("text", "megabytes"), [("", 0), ("4000", 4000), ("8G", 8192), ("1T", 1048576), ("2048K", 2)]
)
def test_memories_as_slurm_reads_them(text, megabytes):
    assert memory_megabytes(text) == megabytes


def dot(base: int):
    return passivate(pyramid(crystal("CuInS2"), base=base, truncate_corners=True), "H")


def test_larger_dots_and_dearer_codes_ask_for_more():
    small, large = dot(2), dot(4)
    gfn1, gpaw = Level("gfn1-xtb"), Level("gpaw")
    asked = [request(Relax(a, level), DAY) for level in (gfn1, gpaw) for a in (small, large)]
    minutes = [a.minutes for a in asked]
    assert minutes == sorted(minutes)
    assert minutes[0] < minutes[-1]
    assert asked[-1].megabytes > asked[0].megabytes
    one = request(SinglePoint(small, gpaw), DAY)
    assert one.minutes < request(Hessian(small, gpaw), DAY).minutes


def test_ranks_are_cores_and_take_less_time():
    atoms = dot(3)
    serial, parallel = (request(Relax(atoms, Level("gpaw", ranks=n)), DAY) for n in (1, 4))
    assert (serial.cores, parallel.cores) == (1, 4)
    assert parallel.minutes < serial.minutes


def test_the_profile_is_the_most():
    limit = Resources("00:20:00", memory="2G")
    asked = request(Relax(dot(4), Level("gpaw")), limit)
    assert (asked.minutes, asked.megabytes) == (20, 2048)
    assert request(Relax(dot(2), Level("gfn1-xtb")), Resources("02:00:00")).megabytes == 0


def test_a_lost_task_asks_for_all_there_is():
    task = SinglePoint(Octahedron("Cu", 2), Level("emt"))
    assert request(task, DAY).minutes == 10
    assert request(task, DAY, was_lost=True).minutes == 1440


def test_what_was_finished_teaches():
    task = Relax(dot(3), Level("gfn1-xtb"))
    n, level = len(task.atoms), level_digest(task.level.to_dict())
    long = Entry("relax", 9000.0, "gfn1-xtb", n, 9000.0, 4000.0, level)
    other = Entry("relax", 1.0, "gpaw", n, 90000.0, 40000.0)
    taught = request(task, DAY, [long, other])
    assert taught.minutes == 450  # three times as long
    assert taught.megabytes == 6000
    half = Entry("relax", 9000.0, "gfn1-xtb", n // 2, 9000.0, 4000.0, level)
    assert request(task, DAY, [half]).minutes > taught.minutes


def test_another_level_teaches_to_ask_for_more_and_never_for_less():
    task = Relax(dot(3), Level("gpaw", "precise"))
    n, fast = len(task.atoms), level_digest(Level("gpaw", "fast").to_dict())
    quick = Entry("relax", 60.0, "gpaw", n, 60.0, 500.0, fast)
    assert request(task, DAY, [quick]) == request(task, DAY)
    own = quick._replace(level=level_digest(task.level.to_dict()))
    assert request(task, DAY, [quick, own]).minutes == 10
    slow = quick._replace(seconds=20_000.0)
    assert request(task, DAY, [slow]).minutes == 1000


def test_the_index_knows_what_tasks_took(tmp_path):
    atoms = Octahedron("Cu", 3)
    with Runner(tmp_path / "store", "serial") as runner:
        runner.run(Relax(atoms, Level("emt")))
    (entry,) = read_index(Store(tmp_path / "store")).values()
    assert (entry.kind, entry.code, entry.atoms) == ("relax", "emt", len(atoms))
    assert entry.seconds > 0
    assert entry.megabytes > 10


def test_what_ranks_took_is_counted_for_each_of_them(tmp_path):
    store = Store(tmp_path / "store")
    level = Level("gpaw", "fast", ranks=4)
    record = {"task": "relax", "level": level.to_dict(), "ranks": 4, "seconds": 4000.0}
    store.put("a" * 64, {**record, "atoms": 65, "megabytes": 2000, "result": {}}, "{}")
    (entry,) = read_index(store).values()
    assert (entry.seconds, entry.megabytes) == (16_000.0, 8000.0)
    task = Relax(dot(3), level)
    asked = request(task, DAY, [entry._replace(atoms=len(task.atoms))])
    assert asked.minutes == 200  # three times the wall time of the four
    assert asked.megabytes == 12_000  # of all four
