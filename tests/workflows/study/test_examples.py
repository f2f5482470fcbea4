"""Example studies: small nanocrystals, run for real; the flagship's dots."""

import re
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

import heterodot
from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.workflows.study import Study

EXAMPLES = Path(__file__).parents[3] / "examples"
CHARGES = {"Cs": 1, "Pb": 2, "Br": -1, "Cd": 2, "S": -2}
NANOCRYSTALS = EXAMPLES / "nanocrystals.yaml"
TOPICS = Path(heterodot.__file__).parent / "cli" / "topics"
INTERFACES = [
    EXAMPLES / "interface.yaml", EXAMPLES / "interface_gpaw.yaml",
    EXAMPLES / "cspbbr3_cds_electrons.yaml",
    TOPICS / "interface.yaml", TOPICS / "band-alignment.yaml",
]  # fmt: skip


@pytest.mark.slow
def test_nanocrystals_relax_with_gfn1(tmp_path):
    """The clusters keep their bonds: one that falls apart would be flagged as reconstructed."""
    result = Study.load(NANOCRYSTALS).run(output=tmp_path, workers=1)
    assert not result.errors
    assert len(result.results) == 3
    for answer in result.results.values():
        assert answer.fmax <= 0.05
        assert "reconstructed" not in {flag.name for flag in answer.flags}


def test_the_flagship_computes_the_defect_it_names():
    """The active copper and its vacancy or antisite pair have a sulphur in common, unexchanged."""
    systems = Study.load(EXAMPLES / "zcis_co2.yaml").systems.values()
    assert len(systems) == 3
    for system in systems:
        record = provenance.details(system.atoms)
        assert system.site == record["defect_type"]["active_site"]
        assert system.atoms.symbols[system.site] == "Cu"
        assert not provenance.flags(system.atoms)
        away = [
            np.linalg.norm(
                provenance.defect_position(system.atoms, record["defects"][n])
                - system.atoms.positions[system.site]
            )
            for n in record["defect_type"]["members"]
        ]
        assert min(d for d in away if d > 0.1) == pytest.approx(3.9, abs=0.1)  # Cu–S–Cu
        assert not any(step["step"] == "exchange_cations" for step in record["history"])


@pytest.mark.parametrize("path", INTERFACES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_interfaces_that_are_shown_are_neutral_bonded_and_not_polar(path):
    for system in Study.load(path).systems.values():
        said = "\n".join(provenance.notes(system.atoms))
        assert ", polar (" not in said
        assert "left over" not in said
        assert re.search(r"[1-9]\d* bonds across", said)


@pytest.mark.parametrize("name", ["cspbbr3_cds_cluster.xyz", "cspbbr3_cds_dot.xyz"])
def test_complexes_that_are_shown_are_neutral_and_bonded(name):
    """Every ion has its charge, pieces and whole are neutral, bonds go across, in one piece."""
    atoms = read(EXAMPLES / name)
    charges = np.array([CHARGES[s] for s in atoms.symbols])
    domains = atoms.arrays["domain"]
    assert set(domains) == {"CsPbBr3", "CdS"}
    for domain in set(domains):
        assert charges[domains == domain].sum() == 0
    assert not atoms.pbc.any()
    i, j = find_bonds(atoms).pairs.T
    across = domains[i] != domains[j]
    opposite = charges[i] * charges[j] < 0
    assert (across & opposite).sum() >= 3
    assert not (across & ~opposite & (charges[i] < 0)).any()  # no Br–S bond
