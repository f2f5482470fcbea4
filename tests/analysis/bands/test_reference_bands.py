"""d bands by a real code beside the literature."""

import pytest
from ase.build import bulk

from heterodot.analysis import band_moments
from heterodot.calculators import Level


@pytest.mark.gpaw
@pytest.mark.slow
def test_copper_d_band():
    """B. Hammer, J. K. Nørskov, Adv. Catal. 2000, 45, 71: -2.67 eV for the Cu(111) surface.

    The bulk band is wider and lies a little lower than that of the surface.
    """
    kpts = {"size": [6, 6, 6], "gamma": True}
    level = Level("gpaw", overrides={"mode": "pw", "ecut": 300.0, "kpts": kpts})
    atoms = level.prepare(bulk("Cu", "fcc", a=3.615))
    atoms.calc = level.calculator(atoms)
    atoms.get_potential_energy()
    states = level.electronic_structure(atoms.calc, atoms)
    moments = band_moments(states, element="Cu", window=(-10.0, 1.0))
    assert states.metallic
    assert -3.1 < moments.centre < -2.5
    assert moments.centre_occupied == pytest.approx(moments.centre_all, abs=0.1)
    assert 0.8 < moments.width < 1.3
    assert moments.filling > 0.95
    assert moments.kind == "PAW"
    assert not moments.flags
