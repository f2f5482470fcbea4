"""Quantum ESPRESSO's files, against what pw.x and projwfc.x printed of the same runs."""

import shutil

import numpy as np
import pytest
from tests.data.foreign.layouts import FILES

from heterodot.analysis import band_moments, density_of_states, projected_dos, read_calculation
from heterodot.errors import InputError

ESPRESSO = FILES / "espresso"


def test_silicon_has_the_gap_and_the_structure_pw_printed():
    found = read_calculation(ESPRESSO / "si.save" / "data-file-schema.xml")
    states = found.states
    # "highest occupied, lowest unoccupied level (ev):     6.5926    7.0460"
    assert (states.homo, states.lumo) == pytest.approx((6.5926, 7.0460), abs=6e-5)
    assert states.fermi_level == pytest.approx(6.5926, abs=6e-5)
    assert states.k_weights == pytest.approx([1 / 8, 4 / 8, 3 / 8])
    assert states.n_electrons == 8
    assert found.program == "Quantum ESPRESSO 6.7MaX"
    assert found.atoms.get_distance(0, 1, mic=True) == pytest.approx(10.20 * 0.529177 * 3**0.5 / 4)


def _populations(states):
    """Electrons on each (atom, l)."""
    found = states.projection("Löwdin")
    held = states.k_weights[None, :, None] * states.occupations
    each = np.einsum("skb,skbp->p", held, found.weights)
    keys = zip(found.atom.tolist(), found.l.tolist(), strict=True)
    totals = {}
    for key, value in zip(keys, each, strict=True):
        totals[key] = totals.get(key, 0.0) + value
    return totals


def test_copper_has_the_charges_and_the_spilling_projwfc_printed():
    states = read_calculation(ESPRESSO / "cu.save").states
    assert states.fermi_level == pytest.approx(13.6413, abs=6e-5)
    # "Atom #   1: total charge =  10.8599, s =  1.0702", "d =  9.7897"
    assert _populations(states) == pytest.approx({(0, 0): 1.0702, (0, 2): 9.7897}, abs=1e-4)
    # "Spilling Parameter:   0.0127"
    assert any("leave out 1.3 %" in text for text in states.caveats)
    assert states.metallic
    assert states.gap == 0


def test_each_d_function_is_its_own():
    """dz2 and dx2-y2 hold 1.9702, dxz, dyz and dxy 1.9497 electrons, projwfc.x says."""
    states = read_calculation(ESPRESSO / "cu.save").states
    found = states.projection()
    held = states.k_weights[None, :, None] * states.occupations
    each = np.einsum("skb,skbp->p", held, found.weights)
    d = {int(m): value for m, value, l in zip(found.m, each, found.l, strict=True) if l == 2}  # noqa: E741
    assert d == pytest.approx({0: 1.9702, 2: 1.9702, 1: 1.9497, -1: 1.9497, -2: 1.9497}, abs=1e-4)


def test_the_d_band_of_copper_lies_where_copper_has_it():
    """−2.67 eV by LMTO (Hammer, Nørskov, Ruban): trends, not digits."""
    states = read_calculation(ESPRESSO / "cu.save").states
    found = band_moments(states, element="Cu", l="d", window=(-8.0, 1.0))
    assert found.centre == pytest.approx(-2.9, abs=0.3)
    curve = projected_dos(states, element="Cu", l="d")
    total = density_of_states(states)
    assert curve.integral() < total.integral()
    assert total.integral() == pytest.approx(16, abs=0.01)  # two for each of eight bands


def test_a_fixed_moment_has_two_fermi_levels():
    states = read_calculation(ESPRESSO / "o2.save").states
    # "the spin up/dw Fermi energies are    -3.8605   -7.8993 ev"
    assert states.fermi_levels == pytest.approx([-3.8605, -7.8993], abs=6e-5)
    held = (states.k_weights[None, :, None] * states.occupations).sum(axis=(1, 2))
    assert held == pytest.approx([7, 5])  # "total magnetization = 2.00"
    assert states.gap == pytest.approx(-3.1630 + 5.5764, abs=1e-4)


def test_without_filproj_the_amplitudes_give_the_same_shells():
    full = read_calculation(ESPRESSO / "si.save").states
    raw = read_calculation(ESPRESSO / "raw" / "si.save").states
    assert raw.projection().m is None
    assert _populations(raw) == pytest.approx(_populations(full), abs=1e-6)
    with pytest.raises(InputError, match="not resolved by m"):
        projected_dos(raw, element="Si", l="p", m=0)


def test_without_projections_it_says_who_writes_them(tmp_path):
    (tmp_path / "si.save").mkdir()
    shutil.copy(ESPRESSO / "si.save" / "data-file-schema.xml", tmp_path / "si.save")
    states = read_calculation(tmp_path / "si.save").states
    assert states.gap == pytest.approx(0.4534, abs=1e-4)
    with pytest.raises(InputError, match=r"no projections.*projwfc\.x writes them with filproj"):
        projected_dos(states, element="Si")


def test_projections_of_another_run_and_files_cut_short_are_refused(tmp_path):
    (tmp_path / "si.save").mkdir()
    xml = (ESPRESSO / "si.save" / "data-file-schema.xml").read_text()
    there = tmp_path / "si.save" / "data-file-schema.xml"
    there.write_text(xml)
    shutil.copy(ESPRESSO / "cu.projwfc_up", tmp_path / "si.projwfc_up")
    with pytest.raises(InputError, match=r"si\.projwfc_up: .* of this run"):
        read_calculation(there)
    (tmp_path / "si.projwfc_up").unlink()
    there.write_text(xml[:20000])
    with pytest.raises(InputError, match=r"data-file-schema\.xml: is no whole XML"):
        read_calculation(there)
    there.write_text(xml.replace("<nelec>8.0", "<nelec>9.0"))
    with pytest.raises(InputError, match=r"hold 8\.0000 electrons, the code says 9\.0000"):
        read_calculation(there)
    there.write_text(xml.replace("<noncolin>false", "<noncolin>true"))
    with pytest.raises(InputError, match="non-collinear"):
        read_calculation(there)


def test_bands_along_lines_say_that_they_make_no_density(tmp_path):
    text = (ESPRESSO / "si.save" / "data-file-schema.xml").read_text()
    path = tmp_path / "data-file-schema.xml"
    path.write_text(text.replace("<calculation>scf<", "<calculation>bands<"))
    assert any("along lines" in text for text in read_calculation(path).states.caveats)
