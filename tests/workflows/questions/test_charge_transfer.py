from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.io import write

from heterodot import provenance
from heterodot.analysis import bader
from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError
from heterodot.provenance import with_charge
from heterodot.structures import crystal, pyramid
from heterodot.workflows import Runner
from heterodot.workflows.parts.fragments import fragment_indices, fragment_structure
from heterodot.workflows.questions.charge_transfer import ChargeTransfer
from heterodot.workflows.study import Study

XTB = Level("gfn1-xtb")
LIH_PAIR = ((0,), (1,))


def dimer() -> Atoms:
    """Water held 1.9 Å from the hydrogen of hydrogen fluoride: HF···OH2."""
    water = molecule("H2O")
    water.positions -= water.positions[0]
    water.positions[:, 2] *= -1  # hydrogens up, the lone pairs towards HF
    water.positions[:, 2] += 1.75
    return Atoms("FH", [[0, 0, -0.93], [0, 0, 0]]) + water


def test_xtb_gives_charges_and_says_that_it_gives_no_density(tmp_path):
    with Runner(tmp_path / "store", executor="serial") as runner:
        found = ChargeTransfer(dimer(), XTB, ((0, 1), (2, 3, 4))).run(runner)
        computed = runner.counts.computed
        ChargeTransfer(dimer(), XTB, ((0, 1), (2, 3, -1))).run(runner)
        assert runner.counts.computed == computed == 3
    assert list(found.transfers) == ["1 HF", "2 H2O"]
    for kind in ("Mulliken", "Löwdin"):
        acid, base = (t[kind] for t in found.transfers.values())
        assert acid.electrons_gained > 0.01  # the donor of electrons is water
        assert acid.transfer + base.transfer == pytest.approx(0, abs=1e-6)
    assert found.difference is None
    assert "gpaw" in found.summary()
    assert found.interaction_energy < 0
    assert found.to_dict()["kind"] == "ChargeTransfer"
    for draw in (found.plot, found.picture):
        with pytest.raises(InputError, match="gpaw"):
            draw()


def test_fragments_by_record_domain_and_index():
    covered = pyramid(crystal("ZnS"), 2) + molecule("CO")
    n = len(covered)
    provenance.update(covered, adsorbate={"name": "CO", "indices": [n - 2, n - 1], "site": 0})
    parts = fragment_indices(covered, "adsorbate")
    assert sorted(parts) == sorted(["CO", "rest"])
    assert sorted(covered.symbols[parts["CO"]]) == ["C", "O"]
    covered.set_array("domain", np.array(["core"] * 5 + ["shell"] * (len(covered) - 5)))
    domains = fragment_indices(covered, "domain")
    assert [len(own) for own in domains.values()] == [5, len(covered) - 5]
    indices = [[0, 1], list(range(2, len(covered) - 1)), [-1]]
    assert [own[-1] for own in fragment_indices(covered, indices).values()][-1] == len(covered) - 1


@pytest.mark.parametrize(
    ("fragments", "message"),
    [
        ([[0, 1], [1, 2, 3, 4]], "exactly one"),
        ([[0, 1], [2, 3]], "exactly one"),
        ([[0, 1, 2, 3, 4]], "two at least"),
        ([[0, 1, 2, 3, 4], []], "two at least"),
        ([[0, 1], [2, 3, 5]], "0…4"),
        ([[0, True], [2, 3, 4]], "atom indices"),
        ([0, 1], "list of atom indices"),
        ("adsorbate", "no adsorbate record"),
        ("domain", "no array 'domain'"),
        ("halves", "expected 'adsorbate'"),
    ],
)
def test_wrong_fragments_are_refused_in_one_line(fragments, message):
    with pytest.raises(InputError, match=message) as refused:
        ChargeTransfer(dimer(), XTB, fragments)
    assert "\n" not in str(refused.value)


def test_charges_of_fragments_must_add_up():
    ion = with_charge(dimer(), -1)
    parts = ((0, 1), (2, 3, 4))
    with pytest.raises(InputError, match="charge of each fragment"):
        ChargeTransfer(ion, XTB, parts)
    assert ChargeTransfer(ion, XTB, parts, charges=(-1, 0)).charges == (-1, 0)
    for charges in ((0, 0), (-1,)):
        with pytest.raises(InputError, match="sum to -1"):
            ChargeTransfer(ion, XTB, parts, charges=charges)
    with pytest.raises(InputError, match="each a whole number"):
        ChargeTransfer(ion, XTB, parts, charges=(-0.5, -0.5))
    with pytest.raises(InputError, match="axis"):
        ChargeTransfer(dimer(), XTB, parts, axis=3)
    with pytest.raises(CapabilityError, match="gpaw"):
        ChargeTransfer(dimer(), Level("emt"), parts)


def test_a_fragment_keeps_the_box_and_nothing_of_the_whole():
    whole = dimer()
    whole.set_cell([5, 6, 7])
    whole.set_initial_magnetic_moments([1, 0, 0, 0, 0])
    part = fragment_structure(whole, [0, 1], 1)
    assert (part.cell.array == whole.cell.array).all()
    assert not part.get_initial_magnetic_moments().any()
    assert part.get_chemical_formula() == "HF"


@pytest.mark.gpaw
def test_gpaw_density_difference_integrates_to_zero(tmp_path):
    level = Level("gpaw", "fast", {"vacuum": 2.5, "basis": "sz(dzp)"})
    question = ChargeTransfer(dimer(), level, ((0, 1), (2, 3, 4)), refinement=2)
    with Runner(tmp_path / "store", executor="serial") as runner:
        found = question.run(runner)
        again = question.run(runner)
        assert runner.counts.computed == 3
    assert (again.difference.values == found.difference.values).all()
    assert abs(found.difference.integral) < 1e-6
    assert found.profile.cumulative[-1] == pytest.approx(0, abs=1e-6)
    assert 0.02 < found.moved < 1.0
    assert set(found.transfers["1 HF"]) == {"Mulliken", "Löwdin", "Hirshfeld", "Bader"}
    for kind in ("Hirshfeld", "Bader"):
        acid, base = (t[kind] for t in found.transfers.values())
        assert acid.electrons_gained > 0.005, kind
        assert acid.transfer + base.transfer == pytest.approx(0, abs=5e-3), kind
    # Bader volumes of the complex, integrated over Δρ, give the same transfer to first order
    divided = bader(found.difference, reference=_complex_density(runner, question))
    assert divided.electrons.sum() == pytest.approx(0, abs=5e-3)
    assert [f.name for f in found.flags] == ["not-relaxed"]  # the dimer is as built


def _complex_density(runner, question):
    return runner.run(question._tasks(question.atoms)[0]).density


STUDY = """\
heterodot: 1
title: Hydrogen fluoride and water
systems:
  pair: {file: pair.xyz}
levels:
  level: {code: %s}
questions:
  - charge_transfer: {fragments: [[0, 1], [2, 3, 4]], refinement: 1}
output: out
"""


def _study(folder, level):
    write(folder / "pair.xyz", dimer(), format="extxyz")
    (folder / "study.yaml").write_text(STUDY % level)
    return Study.load(folder / "study.yaml")


def test_in_a_study(tmp_path):
    result = _study(tmp_path, "gfn1-xtb").run(workers=1)
    assert not result.errors
    text = (next(tmp_path.rglob("table.txt"))).read_text()
    assert "electrons gained by 1 HF, Mulliken" in text
    assert "interaction energy (eV)" in text


@pytest.mark.gpaw
@pytest.mark.slow
def test_in_a_study_with_a_density(tmp_path):
    level = 'gpaw, protocol: fast, overrides: {vacuum: 2.5, basis: "sz(dzp)"}'
    result = _study(tmp_path, level).run(workers=1)
    assert not result.errors
    names = {path.name for path in tmp_path.rglob("figures/*.png")}
    for kind in ("profile", "surfaces"):
        assert any(name.startswith(f"transfer-{kind}-pair") for name in names), names
    assert "integral of Δρ (e)" in next(tmp_path.rglob("table.txt")).read_text()
