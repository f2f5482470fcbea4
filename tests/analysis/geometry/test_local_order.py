"""Coordination shells and surface atoms against what the lattice says."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from heterodot.analysis import PUBLISHED_CU_S, coordination_shells, surface_statistics
from heterodot.errors import InputError, StructureError
from heterodot.structures import crystal, cut, fill_cations, pyramid, vacancy


def test_shells_of_a_crystal():
    """Zinc blende: 4 at √3a/4, 12 at a/√2, 12 at √11a/4."""
    shells = coordination_shells(crystal("ZnS"), "Zn", cutoff=5.0).shells
    a = crystal("ZnS").cell[0, 0]
    assert [(s.partner, s.coordination) for s in shells] == [("S", 4), ("Zn", 12), ("S", 12)]
    distances = [s.distance for s in shells]
    assert distances == pytest.approx(a * np.array([3**0.5 / 4, 0.5**0.5, 11**0.5 / 4]))
    assert all(s.sigma2 < 1e-12 and s.spread == 0 for s in shells)


def test_inner_copper_has_four_sulphur_neighbours():
    dot = pyramid("CuInS2", base=6)
    first = coordination_shells(dot, "Cu").first("S")
    assert first.coordination == 4  # anion-terminated: every cation keeps its anions
    assert first.count == 4 * dot.symbols.count("Cu")
    assert 2.3 < first.distance < 2.5
    bare = coordination_shells(pyramid("CuInS2", base=6, termination="cation"), "Cu").first("S")
    assert bare.coordination < 4
    assert bare.spread > 0


def test_variance_is_that_of_the_displacements():
    cell = bulk("ZnS", "zincblende", 5.41, cubic=True).repeat(6)
    cell.rattle(0.05, seed=0)
    shell = coordination_shells(cell, "Zn", ["S"], cutoff=3.0).first("S")
    assert shell.coordination == 4
    assert shell.sigma2 == pytest.approx(2 * 0.05**2, rel=0.1)


def test_an_element_in_a_small_cell_meets_its_own_images():
    shells = coordination_shells(bulk("Cu"), "Cu", cutoff=3.0).shells
    assert [s.coordination for s in shells] == [12]


@pytest.mark.parametrize("feed", [None, "8/12", "2/12"])
def test_surface_is_that_of_the_cut(feed):
    """The array ``role`` comes from the planes of the cut, the statistics from neighbours."""
    dot = pyramid("CuInS2", base=9, layers=6)
    if feed:
        dot = fill_cations(dot, feed)
    symbols = np.array(dot.get_chemical_symbols())
    for share in surface_statistics(dot):
        ours = (symbols == share.symbol) & (dot.arrays["role"] == "surface")
        assert share.n_surface == ours.sum()
        assert share.n_atoms == (symbols == share.symbol).sum()


def test_a_vacancy_is_no_surface():
    dot = cut(crystal("ZnS"), sphere=12.0)
    before = {s.symbol: s for s in surface_statistics(dot)}
    inner = int(np.flatnonzero((dot.numbers == 30) & (dot.arrays["role"] == "inner"))[0])
    after = {s.symbol: s for s in surface_statistics(vacancy(dot, inner))}
    assert after["Zn"].n_surface == before["Zn"].n_surface
    assert after["S"].n_surface == before["S"].n_surface


def test_figure_sets_published_numbers_beside():
    result = coordination_shells(pyramid("CuInS2", base=4), "Cu")
    figure = result.plot(published=PUBLISHED_CU_S, source="Cai 2023")
    caption = " ".join(text.get_text() for text in figure.texts)
    assert "3.8 ± 0.2" in caption
    assert "Cai 2023" in caption
    assert "Cu–S 1: N = 4.00" in result.summary()
    assert result.to_dict()["shells"][0]["count"] == len(result.shells[0].lengths)


def test_bad_questions_are_refused():
    dot = pyramid("ZnS", base=3)
    with pytest.raises(StructureError, match="'Cu'"):
        coordination_shells(dot, "Cu")
    with pytest.raises(InputError, match="cutoff"):
        coordination_shells(dot, "Zn", cutoff=float("nan"))
    with pytest.raises(StructureError, match="cations"):
        surface_statistics(Atoms("H2", [(0, 0, 0), (0, 0, 0.74)]))
    with pytest.raises(StructureError, match="no such neighbours"):
        coordination_shells(dot, "Zn", cutoff=3.0).first("Zn")
