"""A halide's diffusion: what is asked, and formation energies by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from ase.data import atomic_numbers

from heterodot.analysis.motion.rates.diffusion import Diffusivity
from heterodot.calculators import Level
from heterodot.errors import InputError, OneMinimumError, StructureError
from heterodot.structures import crystal
from heterodot.structures.paths.halides import ZincBlende, halide_jump, source_molecules
from heterodot.workflows import HalideDiffusion, Runner
from heterodot.workflows.questions.paths.diffusion import channels, site_flags
from heterodot.workflows.questions.paths.reservoirs import Reservoirs
from heterodot.workflows.questions.paths.shell_profile import ShellProgramme

LEVEL = Level("lj")


def test_nonsense_is_one_line():
    with pytest.raises(InputError, match="expected one of F, Cl, Br, I"):
        HalideDiffusion(crystal("ZnS"), LEVEL, "At")
    with pytest.raises(StructureError, match="expected one of interstitial"):
        HalideDiffusion(crystal("ZnS"), LEVEL, mechanisms=("ring",))
    with pytest.raises(StructureError, match="expected a zinc-blende crystal"):
        HalideDiffusion(crystal("Cu"), LEVEL)
    with pytest.raises(InputError, match="expected 1 or more each way"):
        HalideDiffusion(crystal("ZnS"), LEVEL, supercell=(0, 1, 1))


@pytest.mark.parametrize(
    ("host", "salt", "bond"),
    [("ZnS", "ZnCl2", 2.05), ("ZnSe", "ZnCl2", 2.34), ("InP", "InCl3", 2.21)],
)
def test_molecules_of_the_chemical_potentials(host, salt, bond):
    found = source_molecules(crystal(host), "Cl")
    assert found.formula == salt
    assert sorted(found.salt.numbers) == sorted(
        [atomic_numbers[found.cation]] + [17] * found.valence
    )
    apart = found.anions.get_all_distances()
    nearest = np.sort(apart, axis=1)[:, 1]
    assert nearest == pytest.approx(bond, abs=1e-6)
    if len(found.anions) == 8:
        assert found.anions.get_angle(0, 1, 2) == pytest.approx(108, abs=1e-6)


class Energies:
    """A runner that gives each asked structure the sum of what its atoms are worth."""

    worth = {"Zn": -2.0, "S": -3.0, "Cl": -5.0}  # noqa: RUF012

    def of(self, atoms) -> float:
        metal = list(atoms.symbols).count("Zn")
        bound = -float(min(metal, len(atoms) - metal))
        return float(sum(self.worth[s] for s in atoms.symbols) + bound)

    def run(self, task):
        return SimpleNamespace(energy=self.of(task.atoms))

    def gather(self, tasks):
        from heterodot.workflows.tasks.results import RelaxResult

        tasks = list(tasks)
        return [
            RelaxResult(t.atoms, self.of(t.atoms), 0.0, True, "BFGS", [0.0], [0.0]) for t in tasks
        ]


def test_formation_energies_are_counted_against_what_is_said():
    """V_S costs less where the metal is rich, by the heat of formation of ZnS (here −1 eV)."""
    question = HalideDiffusion(crystal("ZnS"), LEVEL)
    host = crystal("ZnS").repeat((2, 2, 2))
    references, flags = question._formation(Energies(), host, {})
    assert flags == ()
    found = {one.name: one.value for one in references}
    # a bond less, 1 eV, over S8: −3 eV each; zinc-rich S is worth −6 + 2 = −4 eV
    assert found["E_f(V_S), S-rich"] == pytest.approx(1.0)
    assert found["E_f(V_S), Zn-rich"] == pytest.approx(0.0)


def test_formation_energies_against_zinc_chloride_by_hand():
    """E(ZnS) −100, Zn −1, S −4 (so ΔH_f −0.5 with −5.5 a unit), ZnCl2 −9 eV."""
    atoms = crystal("ZnS").repeat((2, 2, 2))
    sources = source_molecules(atoms, "Cl")
    known = Reservoirs(sources, 32 * -5.5, 32, -1.0, -4.0, -9.0)
    # μ(Cl) = (−9 − μ(Zn))/2: −4 in zinc; where S is −4, Zn is −1.5 and Cl −3.75
    inside = -176.0 - 3.0
    for rich, chlorine, sulfur in (("Zn", -4.0, -4.5), ("S", -3.75, -4.0)):
        found = known.formation("Cl_i", inside, 0, 1, rich)
        assert found.value == pytest.approx(inside + 176 - chlorine)
        found = known.formation("Cl_S", inside, 1, 1, rich)
        assert found.value == pytest.approx(inside + 176 - chlorine + sulfur)


def three_wells(middle):
    """A path of two steps; the halide, last, in the middle at a place to be said."""
    step = SimpleNamespace(band=SimpleNamespace(images=[None, middle]))
    return SimpleNamespace(steps=[step, step])


def test_jumps_through_a_shared_minimum_are_counted_once():
    """Four ways out of a site, a quarter of which leads back: g = 3/6, D = k a²/4 (a the lattice).

    Random walk on the zinc-blende net of both tetrahedral sites: 4 k × ¾ × (a/√2)²/6.
    """
    atoms = crystal("ZnS").repeat((2, 2, 2))
    jump = halide_jump(atoms, "Cl", "interstitial")
    middle = jump.start.copy()
    middle.positions[-1] = ZincBlende.of(atoms).site("tetrahedral-anion")
    assert channels(atoms, three_wells(middle), jump) == 3
    middle.positions[-1] = (jump.start.positions[-1] + jump.end.positions[-1]) / 2
    assert channels(atoms, three_wells(middle), jump) == 6
    one = SimpleNamespace(steps=[None])
    assert channels(atoms, one, jump) == 12


def test_a_halide_that_left_its_site_is_named():
    atoms = crystal("ZnS").repeat((2, 2, 2))
    jump = halide_jump(atoms, "Cl", "dissociative")
    ends = [jump.start, jump.end]
    path = SimpleNamespace(steps=[SimpleNamespace(band=SimpleNamespace(images=ends))])
    assert site_flags(atoms, path, jump) == ()
    ends[0] = jump.end
    (flag,) = site_flags(atoms, path, jump)
    assert flag.name == "halide-moved"
    assert "put on the tetrahedral-anion site, the halide is nearest the anion one" in flag.message


def test_both_ends_in_one_minimum_is_a_flag_and_the_others_are_answered(monkeypatch, tmp_path):
    def search(self, runner):
        raise OneMinimumError("x: both ends relax into one minimum (0.01 Å apart): no path")

    monkeypatch.setattr("heterodot.workflows.questions.paths.search.ReactionPathSearch.run", search)
    question = HalideDiffusion(
        crystal("ZnS"), LEVEL, mechanisms=("interstitial",), supercell=(1, 1, 1), lattice="given",
        formation=False,
    )  # fmt: skip
    with Runner(tmp_path, executor="serial") as runner:
        answer = question.run(runner)
    assert [flag.name for flag in answer.flags] == ["ends-collapsed"]
    assert "no path between two minima" in answer.headline()
    assert answer.figures("x") == {}


def test_a_dot_fills_as_cranks_sphere_does():
    """Half full at Dt/R² = 0.0305 (J. Crank, The Mathematics of Diffusion, fig. 6.4)."""
    one = {"ZnS": {"interstitial": Diffusivity(0.0, 6e16 / 16, 4.0, 1)}}  # D 1 cm²/s
    dot = ShellProgramme.of("ZnS", {"ZnS": 3.0}, (), (), "", 600.0)
    assert dot.half_filled(one) == pytest.approx(0.0305 * (3e-7) ** 2, rel=0.02)
    assert dot.profile(one).taken_up == pytest.approx([0.05, 0.2, 0.5, 0.8, 0.95], abs=0.03)
    cold = ShellProgramme.of("ZnS", {"ZnS": 3.0}, ((0, 300), (1e-20, 600)), (), "", 600.0)
    assert cold.half_filled(one) is None


def test_what_a_dot_cannot_be_is_one_line():
    def dot(**given):
        return HalideDiffusion(crystal("ZnS"), LEVEL, formation=False, **given)

    with pytest.raises(InputError, match="ZnS is not among it"):
        dot(dot={"ZnSe": 2.0})
    with pytest.raises(InputError, match="radii in nm that rise outwards"):
        dot(dot={"InP": 2.0, "ZnS": 1.0})
    with pytest.raises(InputError, match="give dot, such as"):
        dot(times=(1.0,))
    with pytest.raises(InputError, match="line 2: 'a b': expected two numbers"):
        dot(dot={"ZnS": 2.0}, measured="r, share\na b\n")
    shells = dot(dot={"ZnS": 2.0}, measured="r, share\n1.0, 0.5\n# end\n2.0 1.0").shells
    assert shells.measured == ((1.0, 0.5), (2.0, 1.0))
