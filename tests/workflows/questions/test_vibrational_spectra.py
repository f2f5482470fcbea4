"""Assigned modes and infrared intensities of molecules by GFN1-xTB."""

import json

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from heterodot.analysis import (
    DRIFTS_SOURCE,
    PUBLISHED_DRIFTS,
    Mode,
    VibrationalSpectrum,
    plot_spectra,
    vibrational_spectrum,
)
from heterodot.analysis.figures.style import captions_of
from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.workflows import Runner, Vibrations
from heterodot.workflows.tasks.computing.recording import RecordedCalculator
from heterodot.workflows.tasks.tasks import Hessian

GFN1 = Level("gfn1-xtb")


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    return Runner(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def results(runner):
    names = ("H2O", "CO2", "HCOOH")
    return {n: Vibrations(molecule(n), GFN1, fmax=0.005).run(runner) for n in names}


def assigned(result):
    return [m for m in result.spectrum().modes[::-1] if not m.external]


def test_water(results):
    modes = assigned(results["H2O"])
    assert [m.assignment for m in modes] == [
        "O–H asymmetric stretch", "O–H symmetric stretch", "H–O–H bend",
    ]  # fmt: skip
    assert all(m.intensity > 10 for m in modes)


def test_carbon_dioxide(results):
    modes = assigned(results["CO2"])
    assert [m.assignment for m in modes] == [
        "C–O asymmetric stretch", "C–O symmetric stretch", "O–C–O bend", "O–C–O bend",
    ]  # fmt: skip
    asymmetric, symmetric, *bends = (m.intensity for m in modes)
    assert symmetric < 1e-3  # no dipole by symmetry
    assert asymmetric > 500
    assert bends[0] == pytest.approx(bends[1], rel=0.01)


def test_formic_acid(results):
    modes = assigned(results["HCOOH"])
    assert [m.assignment.split(" (")[0] for m in modes] == [
        "O–H stretch", "C–H stretch", "C–O stretch", "O–C–H bend", "C–O stretch",
        "C–O–H bend", "C out-of-plane bend", "O–C–O–H torsion", "O–C–H bend",
    ]  # fmt: skip
    assert modes[2].intensity == max(m.intensity for m in modes)  # C=O


def test_frequencies_are_those_of_the_hessian(results):
    for result in results.values():
        ours = [m.frequency for m in result.spectrum().modes]
        assert ours == pytest.approx(result.frequencies, abs=0.05)


def test_intensities_are_those_of_ase(results):
    """ase.vibrations.Infrared: 1 (D/Å)²/amu is 42.255 km/mol."""
    from ase.units import Debye

    result = results["H2O"]
    masses = np.sqrt(np.repeat(result.structure.get_masses(), 3))
    _, vectors = np.linalg.eigh(result.hessian / np.outer(masses, masses))
    along = (vectors / masses[:, None]).T @ result.dipole_derivatives / Debye
    ours = [m.intensity for m in result.spectrum().modes]
    theirs = 42.255 * (along**2).sum(axis=1)
    # translations and rotations are all of frequency zero: which is which is nobody's to say
    assert ours[6:] == pytest.approx(theirs[6:], rel=1e-3, abs=1e-3)


def test_charges_of_the_dipole_derivatives_sum_to_the_total(results):
    """Moving the whole molecule changes the dipole by its charge: none."""
    slopes = results["HCOOH"].dipole_derivatives.reshape(-1, 3, 3)
    assert slopes.sum(axis=0) == pytest.approx(np.zeros((3, 3)), abs=5e-3)


def test_a_held_neighbour_makes_motions_frustrated(runner):
    """CO end on at a Zn atom that does not move."""
    atoms = Atoms("ZnCO", [(0, 0, 0), (0, 0, 2.0), (0, 0, 3.14)])
    hessian = np.diag([1.0, 1.0, 40.0] * 2)
    hessian[2, 5] = hessian[5, 2] = -38.0
    modes = vibrational_spectrum(atoms, hessian, (1, 2)).modes
    assert modes[-1].assignment == "C–O stretch"
    assert modes[-1].intensity is None
    labels = {label for m in modes for label, _ in m.motions}
    assert {"frustrated translation", "Zn–C stretch", "Zn–C–O bend"} <= labels


def test_record_of_before_has_no_intensities(results, runner):
    result = results["H2O"]
    task = Hessian(result.structure, GFN1)
    record = {
        "hessian": result.hessian, "indices": [0, 1, 2], "energy": 0.0, "fmax": 0.0,
        "asymmetry": 0.0, "recovery": "",
    }  # fmt: skip
    assert task.result(record).dipole_derivatives is None
    spectrum = vibrational_spectrum(result.structure, result.hessian)
    assert not spectrum.infrared
    assert spectrum.visible()[-1].intensity is None


def test_dipoles_are_recorded_and_read_back(tmp_path):
    water = molecule("H2O")
    path = tmp_path / "record.jsonl"
    first = RecordedCalculator(GFN1.calculator(water), path)
    water.calc = first
    water.get_forces()
    first.sync()
    dipole = first.results["dipole"]
    again = RecordedCalculator(None, path)
    water.calc = again
    water.get_forces()
    assert again.results["dipole"] == pytest.approx(dipole)
    line = json.loads(path.read_text())
    del line["dipole"]  # as an older run wrote it
    path.write_text(json.dumps(line) + "\n")
    water.calc = RecordedCalculator(None, path)
    water.get_forces()
    assert "dipole" not in water.calc.results


def test_broadened_spectrum_keeps_the_intensities(results):
    spectrum = results["H2O"].spectrum("water")
    grid = np.arange(0.0, 6000.0, 0.5)
    expected = sum(m.intensity for m in spectrum.visible())
    for shape in ("lorentzian", "gaussian"):
        assert spectrum.curve(grid, 20, shape).sum() * 0.5 == pytest.approx(expected, rel=0.01)
    with pytest.raises(InputError, match="shape"):
        spectrum.curve(grid, shape="box")
    with pytest.raises(InputError, match="width"):
        spectrum.curve(grid, width=0)


def test_figure_shows_published_bands_and_their_source(results):
    spectra = [results[n].spectrum(n) for n in ("CO2", "HCOOH")]
    figure = plot_spectra(spectra, PUBLISHED_DRIFTS, DRIFTS_SOURCE)
    caption = " ".join(text.get_text() for text in figure.texts)
    assert "15546" in caption
    assert "GFN1" in caption
    assert len(figure.axes) == 3
    json.dumps([s.to_dict() for s in spectra])
    assert "modes" in results["CO2"].to_dict()
    with pytest.raises(InputError, match="0 spectra"):
        plot_spectra([])


def heights(figure) -> list[float]:
    """Highest point of the curve of each panel."""
    return [float(axes.lines[0].get_ydata().max()) for axes in figure.axes]


def test_spectra_of_one_figure_share_one_scale():
    """Bands of 600, 300 and 60 km/mol: heights of 1, ½ and ⅒, whatever the window."""
    spectra = [
        VibrationalSpectrum((Mode(nu, "C–O stretch", (), strength),), name)
        for nu, strength, name in ((2350.0, 600.0, "CO2*"), (1750.0, 300.0, "COOH*"),
                                   (2000.0, 60.0, "CO*"))
    ]  # fmt: skip
    for window in (None, (1000.0, 2500.0)):
        assert heights(plot_spectra(spectra, window=window)) == pytest.approx(
            [1.0, 0.5, 0.1], rel=5e-3
        )
    unknown = VibrationalSpectrum((Mode(900.0, "C–O stretch", (), None),), "no dipole")
    assert heights(plot_spectra([*spectra, unknown])) == pytest.approx([1.0] * 4, rel=5e-3)


def test_the_window_holds_every_band_or_says_what_it_cuts(results):
    """CO2's asymmetric stretch by GFN1, above 2500 cm⁻¹, and the O–H stretch of HCOOH."""
    spectra = [results[n].spectrum(n) for n in ("CO2", "HCOOH")]
    figure = plot_spectra(spectra, PUBLISHED_DRIFTS)
    high, low = figure.axes[-1].get_xlim()
    shown = [m.frequency for s in spectra for m in s.visible()]
    assert low < min(shown)
    assert max(shown) < high
    cut = plot_spectra(spectra, window=(1000.0, 2400.0))
    caption = captions_of(cut)[1]
    strongest = max(spectra[0].visible(), key=lambda m: m.intensity)
    assert strongest.frequency > 2400
    assert f"Outside the window: CO₂ {strongest.frequency:.0f}" in caption.replace("\n", " ")
    for bad in ((2500, 1000), ("a", 3), (0, float("inf")), 1000, (-5, 100)):
        with pytest.raises(InputError, match="window"):
            plot_spectra(spectra, window=bad)
    for options in ({"broadening": "x"}, {"width": float("nan")}, {"panel_height": -1}):
        with pytest.raises(InputError, match=next(iter(options))):
            plot_spectra(spectra, **options)


def test_wrong_shapes_are_refused():
    water = molecule("H2O")
    with pytest.raises(InputError, match="hessian of shape"):
        vibrational_spectrum(water, np.eye(6))
    with pytest.raises(InputError, match="dipole_derivatives"):
        vibrational_spectrum(water, np.eye(9), dipole_derivatives=np.zeros((9, 2)))
    with pytest.raises(InputError, match="indices"):
        vibrational_spectrum(water, np.eye(3), indices=[-1])
    with pytest.raises(InputError, match="finite"):
        vibrational_spectrum(water, np.full((9, 9), np.nan))
    assert VibrationalSpectrum(()).summary() == ""
