"""Every builder can be a step of a study, and an interface can be asked how well it holds."""

from pathlib import Path

import pytest
from ase.build import bulk
from ase.io import write

from heterodot.errors import StudyError
from heterodot.workflows.study import Study

HEAD = """\
heterodot: 1
systems:
  it:
    build:
{steps}
levels:
  emt: {{code: emt}}
questions:
  - {question}
workers: 1
"""


def study(folder: Path, *steps: str, question: str = "relaxation: {}") -> Study:
    listed = "\n".join(f"      - {step}" for step in steps)
    (folder / "study.yaml").write_text(HEAD.format(steps=listed, question=question))
    return Study.load(folder / "study.yaml")


@pytest.mark.parametrize(
    ("steps", "formula"),
    [
        (["magic_size_cluster: {compound: CdSe, n: 12}"], "Cd12Se12"),
        (["metal_cluster: {metal: Cu, n: 6, charge: -1}", "co2_on_cluster: {}"], "CCu6O2"),
        (["tetrahedral_cluster: {crystal: CdSe, layers: 2}"], "Cd4Se"),
        (
            [
                "core_shell: {core: InP, radius: 5.0, shells: ['ZnSe:1ml']}",
                "oxidize_interface: {count: 1, relax: false}",
                "substitute_halide: {halogen: Cl, count: 1, relax: false}",
            ],
            None,
        ),
        (["slab: {crystal: CdS, miller: [1, 1, 0], layers: 4}"], "Cd4S4"),
        (
            ["interface: {film: Ag, substrate: Cu, film_miller: [1, 1, 1], "
             "substrate_miller: [1, 1, 1], max_area: 60, film_layers: 1, substrate_layers: 1}"],
            "Ag7Cu9",
        ),
        (["pyramid: {crystal: ZnS, base: 3}", "fill_cations: {target: {Zn: 5, Cd: 5}, seed: 0}",
          "anneal_short_range_order: {targets: {Zn-Cd: 0.2}, swaps: 500}"], "Cd5S20Zn5"),
    ],
    ids=lambda value: value[0].split(":")[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_builders_are_steps(tmp_path, steps, formula):
    atoms = study(tmp_path, *steps).system("it").atoms
    assert formula is None or atoms.get_chemical_formula() == formula
    if formula is None:
        assert "Cl" in atoms.symbols


def test_files_are_found_beside_the_study(tmp_path):
    write(tmp_path / "metal.cif", bulk("Ag", cubic=True))
    step = "slab: {crystal: metal.cif, miller: [1, 1, 1], layers: 2}"
    assert study(tmp_path, step).system("it").atoms.get_chemical_formula() == "Ag2"


def test_a_builders_refusal_names_the_step(tmp_path):
    with pytest.raises(StudyError, match=r"build\[0\].magic_size_cluster|magic_size_cluster"):
        study(tmp_path, "magic_size_cluster: {compound: CdSe, n: 5}").system("it")


def test_an_interface_is_asked_how_well_it_holds(tmp_path):
    step = (
        "interface: {film: Ag, substrate: Cu, film_miller: [1, 1, 1], substrate_miller: [1, 1, 1],"
        " max_area: 60, film_layers: 2, substrate_layers: 2, vacuum: 8.0}"
    )
    question = "interface_adhesion: {grid: [2, 2], relax: false}"
    result = study(tmp_path, step, question=question).run(executor="serial")
    assert not result.errors
    answer = result.results["it/interface_adhesion"]
    assert -3.0 < answer.energy_j_m2 < -0.3  # metals hold by about a joule on a square metre
    assert f"{answer.energy_j_m2:.3f}" in (result.folder / "table.txt").read_text()
