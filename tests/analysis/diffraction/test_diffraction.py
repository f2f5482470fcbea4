"""Powder patterns against plain sums, pymatgen and Scherrer's equation."""

import itertools

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.spacegroup import crystal as spacegroup_crystal
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot.analysis import debye_pattern, plot_powder, xrd_pattern
from heterodot.analysis.diffraction.pair_sums import pair_sums
from heterodot.analysis.diffraction.scattering import (
    form_factor,
    scattering_angle,
    scattering_vector,
)
from heterodot.errors import InputError, StructureError
from heterodot.structures import crystal, cut, fill_cations, pyramid, vegard_scaled

Q = np.linspace(0.3, 6.0, 150)


def plain_debye(atoms, q):
    """(1/N) Σ_ij f_i f_j sin(q r)/(q r), every term."""
    f = np.array([form_factor(s, q) for s in atoms.get_chemical_symbols()])
    r = np.linalg.norm(atoms.positions[:, None] - atoms.positions, axis=2)
    return np.array([a @ np.sinc(x * r / np.pi) @ a for x, a in zip(q, f.T, strict=True)]) / len(
        atoms
    )


def ball(radius, seed=None):
    dot = cut(crystal("CuInS2"), sphere=radius)
    if seed is not None:
        dot.rattle(0.08, seed=seed)
    return dot


@pytest.mark.parametrize("method", ["distances", "transform"])
@pytest.mark.parametrize("seed", [None, 3])
def test_debye_is_the_plain_sum(method, seed):
    dot = ball(10.0, seed)
    pattern = debye_pattern(dot, q=Q, method=method, polarization=False)
    expected = plain_debye(dot, Q)
    assert len(dot) > 150
    assert np.abs(pattern.intensity / expected - 1).max() < 3e-4


def test_both_ways_agree_on_a_long_and_a_flat_dot():
    block = bulk("ZnS", "zincblende", 5.41, cubic=True).repeat((14, 3, 2))
    groups = [block.positions[block.numbers == z] for z in (30, 16)]
    exact, other = (pair_sums(groups, Q, m) for m in ("distances", "transform"))
    n = len(block) / 2
    assert np.abs(exact - other).max() < 1e-3 * n


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 12), st.integers(0, 10_000), st.floats(1.0, 30.0))
def test_debye_of_random_atoms(n, seed, size):
    rng = np.random.default_rng(seed)
    atoms = Atoms("Zn" * n + "S", rng.uniform(0, size, (n + 1, 3)) - 50.0)
    expected = plain_debye(atoms, Q)
    got = debye_pattern(atoms, q=Q, polarization=False).intensity
    assert got == pytest.approx(expected, rel=1e-3, abs=1e-3 * expected.max())


def test_debye_does_not_feel_rotation_and_translation():
    dot = ball(9.0)
    moved = dot.copy()
    moved.rotate(37, (1, 2, 3))
    moved.translate((100, -3, 7))
    first, second = (debye_pattern(d, q=Q, method="transform").intensity for d in (dot, moved))
    assert second == pytest.approx(first, rel=3e-4)


def test_forward_scattering_is_the_square_of_the_electrons():
    dot = ball(8.0)
    pattern = debye_pattern(dot, q=np.array([1e-3]))
    electrons = dot.numbers.sum()
    assert pattern.intensity[0] == pytest.approx(electrons**2 / len(dot), rel=1e-3)


def test_vibrations_damp_the_pairs_but_not_the_atoms():
    dot = ball(8.0)
    damped = debye_pattern(dot, q=Q, debye_waller_factors={"Cu": 80, "In": 80, "S": 80})
    atomic = sum(form_factor(s, Q) ** 2 for s in dot.get_chemical_symbols()) / len(dot)
    polarisation = (1 + np.cos(np.radians(damped.two_theta)) ** 2) / 2
    assert damped.intensity[-1] == pytest.approx((atomic * polarisation)[-1], rel=1e-6)


def test_reflections_are_those_of_pymatgen():
    from pymatgen.analysis.diffraction.xrd import XRDCalculator
    from pymatgen.io.ase import AseAtomsAdaptor

    cell = crystal("CuInS2")
    structure = AseAtomsAdaptor.get_structure(Atoms(cell))
    expected = XRDCalculator("CuKa").get_pattern(structure, two_theta_range=(10, 90))
    pattern = xrd_pattern(cell)
    assert pattern.two_theta == pytest.approx(expected.x)
    assert pattern.intensity == pytest.approx(expected.y)
    assert pattern.label == "CuInS2"
    assert xrd_pattern(structure).two_theta == pytest.approx(expected.x)
    # P1 measures d(112) = 0.315 nm and d(220) = 0.201 nm (ACS Catal. 13, 15546 (2023)); the
    # crystal's own are 0.320 and 0.196
    spacing = 1.54184 / (2 * np.sin(np.radians(pattern.angle((1, 1, 2)) / 2)))
    assert spacing == pytest.approx(3.15, abs=0.06)


CORUNDUM = spacegroup_crystal(
    ("Al", "O"),
    [(0, 0, 0.35216), (0.30624, 0, 0.25)],  # E. N. Maslen et al., Acta Cryst. B 49, 973 (1993)
    spacegroup=167,
    cellpar=[4.757, 4.757, 12.9877, 90, 90, 120],
)
MONOCLINIC = spacegroup_crystal(  # ZrO2 baddeleyite: C. J. Howard et al., Acta Cryst. B 44, 116
    ("Zr", "O", "O"),
    [(0.2754, 0.0395, 0.2083), (0.0700, 0.3317, 0.3447), (0.4496, 0.7569, 0.4792)],
    spacegroup=14,
    cellpar=[5.1505, 5.2116, 5.3173, 90, 99.23, 90],
)
TABLE = ("ZnS", "Cu", "CuInS2", "TiO2-rutile", "TiO2-anatase", "CdS-wurtzite", "CsPbBr3", "MoS2")


@pytest.mark.parametrize("name", [*TABLE, "corundum", "baddeleyite"])
def test_every_plane_has_its_own_bragg_angle_or_is_refused(name):
    """Angles from the metric tensor alone; absences from pymatgen's peaks at these angles."""
    from pymatgen.analysis.diffraction.xrd import XRDCalculator
    from pymatgen.io.ase import AseAtomsAdaptor

    made = {"corundum": CORUNDUM, "baddeleyite": MONOCLINIC}
    cell = made[name] if name in made else crystal(name)
    pattern = xrd_pattern(cell)
    peaks = XRDCalculator("CuKa").get_pattern(
        AseAtomsAdaptor.get_structure(Atoms(cell)), two_theta_range=(10, 90)
    )
    metric = np.linalg.inv(cell.cell.array @ cell.cell.array.T)
    seen = 0
    for plane in itertools.product(range(-4, 5), repeat=3):
        sine = 1.54184 / 2 * np.sqrt(plane @ metric @ plane)
        if not any(plane) or not np.sin(np.radians(5)) < sine < np.sin(np.radians(45)):
            continue
        bragg = 2 * np.degrees(np.arcsin(sine))
        if np.abs(peaks.x - bragg).min() > 1e-3:
            with pytest.raises(InputError, match="absent by symmetry"):
                pattern.angle(plane)
        elif _scatters(cell, plane):
            assert pattern.angle(plane) == pytest.approx(bragg, abs=1e-3)
            seen += 1
    assert seen > 50 or name == "Cu"


def _scatters(cell, plane):
    """Whether the space group lets a plane scatter: hR = h must leave its phase unchanged."""
    import spglib

    data = spglib.get_symmetry_dataset(
        (cell.cell.array, cell.get_scaled_positions(), cell.numbers), 1e-3
    )
    kept = (np.array(plane) @ data.rotations == plane).all(axis=1)
    phase = data.translations[kept] @ plane
    return bool(np.allclose(phase, np.rint(phase), atol=1e-3))


def test_planes_of_one_name_in_another_order_are_other_planes():
    """Rutile's (011) was given (110)'s angle; (002) of CuInS2 is extinguished by I-42d."""
    rutile = xrd_pattern(crystal("TiO2-rutile"))
    assert rutile.angle((1, 1, 0)) == pytest.approx(27.46, abs=0.01)
    assert rutile.angle((0, 1, 1)) == rutile.angle((-1, 0, 1)) == pytest.approx(36.11, abs=0.01)
    copper = xrd_pattern(bulk("Cu", cubic=True), "MoKa", (10, 90))
    assert copper.angle((3, 3, 3)) == copper.angle((1, -5, 1))  # two families at one angle
    with pytest.raises(InputError, match="absent by symmetry"):
        xrd_pattern(crystal("CuInS2")).angle((0, 0, 2))


def test_hexagonal_planes_by_three_or_four_indices():
    wurtzite = xrd_pattern(crystal("CdS-wurtzite"))
    assert wurtzite.angle((0, 0, 2)) == wurtzite.angle((0, 0, 0, 2))
    assert wurtzite.angle((1, 0, 1)) == wurtzite.angle((0, 1, -1, 1))
    sine = 1.54184 / 6.714
    assert wurtzite.angle((0, 0, 2)) == pytest.approx(2 * np.degrees(np.arcsin(sine)), abs=1e-3)
    for wrong in ((1, 0, 0, 1), (0, 0, 0), (1.5, 0, 0), (1, 1), "111"):
        with pytest.raises(InputError, match="expected three whole numbers"):
            wurtzite.angle(wrong)
    with pytest.raises(InputError, match="expected three whole numbers"):
        xrd_pattern(crystal("ZnS")).angle((1, 1, -2, 1))


def test_form_factors_are_those_of_the_reflections():
    """The same intensities from the structure factor of a simple crystal."""
    pattern = xrd_pattern(bulk("Cu", cubic=True), two_theta=(40, 80))
    planes = {(1, 1, 1): 8, (2, 0, 0): 6, (2, 2, 0): 12}
    theta = np.radians(pattern.two_theta / 2)
    q = scattering_vector(pattern.two_theta, pattern.wavelength)
    lorentz = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    expected = np.array(list(planes.values())) * form_factor("Cu", q) ** 2 * lorentz
    assert pattern.intensity == pytest.approx(100 * expected / expected.max(), rel=1e-6)


@pytest.mark.parametrize("radius", [20.0, 35.0])
def test_width_of_spheres_follows_scherrer(radius):
    """K = 0.89 for the cube root of the volume (Langford and Wilson 1978); (220) of copper."""
    block = bulk("Cu", cubic=True).repeat(2 * int(radius / 3.61) + 3)
    block.positions -= block.cell.array.sum(axis=0) / 2
    inside = np.linalg.norm(block.positions, axis=1) <= radius
    dot = Atoms(block.numbers[inside], block.positions[inside])
    size = (len(dot) * 3.61**3 / 4) ** (1 / 3)
    angles = np.arange(68.0, 80.0, 0.05)
    pattern = debye_pattern(dot, angles)
    low, high = pattern.intensity.min(), pattern.intensity.max()
    above = angles[pattern.intensity > (low + high) / 2]
    width = np.radians(above[-1] - above[0] + 0.05)
    constant = width * size * np.cos(np.radians(74.1 / 2)) / pattern.wavelength
    assert constant == pytest.approx(0.89, abs=0.03)


def test_profile_has_the_scherrer_width_and_keeps_the_areas():
    pattern = xrd_pattern(crystal("ZnS"), two_theta=(20, 40))
    angles = np.arange(20, 45, 0.01)
    curve = pattern.profile(angles, size=80.0, mixing=0.0)
    above = angles[curve.intensity > 50]
    expected = np.degrees(0.9 * 1.54184 / (80 * np.cos(np.radians(28.6 / 2))))
    assert above[-1] - above[0] == pytest.approx(expected, abs=0.03)
    assert curve.peak(27, 30)[0] == pytest.approx(pattern.angle((1, 1, 1)), abs=0.01)
    wide = pattern.profile(angles, size=80.0, instrument=1.0)
    assert (wide.intensity > 50).sum() > (curve.intensity > 50).sum()


def test_less_copper_moves_the_scaled_dots_peak_up_between_dots_of_the_same_size():
    """Zinc's share rises as copper falls and ZnS is the smaller lattice: up, not down as published.

    The references are dots of the same shape and size, whose peaks lie below the Bragg angles.
    """
    frustum = pyramid("CuInS2", base=9, layers=6)
    angles = np.arange(24.0, 33.0, 0.1)
    edge = (crystal("CuInS2").get_volume() / 8) ** (1 / 3)
    ratio = (crystal("ZnS").get_volume() / 4) ** (1 / 3) / edge

    def peak(dot):
        return debye_pattern(dot, angles, debye_waller_factors=1.0).peak(25, 32)[0]

    peaks = []
    for x in (8, 4, 2, 1):
        single = []
        for seed in range(6):
            dot = fill_cations(frustum, f"{x}/12", seed=seed)
            scaled = vegard_scaled(dot, "CuInS2", {"Zn": "ZnS"})
            zinc = dot.symbols.count("Zn") / (dot.arrays["sublattice"] == "cation").sum()
            assert zinc == pytest.approx(4 / (x + 12), abs=0.01)  # Cu:In:Zn = x:8:4
            shrunk = np.ptp(scaled.positions, axis=0) / np.ptp(dot.positions, axis=0)
            assert shrunk == pytest.approx(1 + zinc * (ratio - 1))
            single.append((peak(dot), peak(scaled)))
        peaks.append(np.mean(single, axis=0))
    rigid, scaled = np.transpose(peaks)
    low, high = peak(frustum), peak(pyramid("ZnS", base=9, layers=6))
    assert (np.diff(scaled) > 0).all()
    assert scaled[-1] - scaled[0] == pytest.approx(0.11, abs=0.05)
    assert ((scaled > low + 0.05) & (scaled < high - 0.05)).all()
    assert np.abs(rigid - low).max() < 0.06  # what a rigid dot's filling alone does
    assert 0.05 < xrd_pattern(crystal("CuInS2")).angle((1, 1, 2)) - low < 0.2
    assert 0.05 < xrd_pattern(crystal("ZnS")).angle((1, 1, 1)) - high < 0.2


def test_angles_and_vectors_are_inverse():
    assert scattering_angle(scattering_vector(np.array([30.0]), 1.5), 1.5) == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"wavelength": "CuXa"}, "wavelength 'CuXa'"),
        ({"wavelength": -1.0}, "positive"),
        ({"wavelength": True}, "positive"),
        ({"two_theta": [0.0]}, "angles"),
        ({"two_theta": [np.nan]}, "angles"),
        ({"q": [100.0]}, "4π/λ"),
        ({"q": [1.0], "two_theta": [1.0]}, "one of them"),
        ({"method": "magic"}, "method"),
        ({"debye_waller_factors": -1.0}, "B ≥ 0"),
        ({"q": [40.0], "wavelength": 0.1}, "form factors end"),
    ],
)
def test_bad_input_is_refused_in_one_line(keywords, words):
    with pytest.raises(InputError, match=words) as caught:
        debye_pattern(Atoms("Cu2", [(0, 0, 0), (2, 0, 0)]), **keywords)
    assert "\n" not in str(caught.value)


def test_wrong_kinds_of_structure_are_refused():
    with pytest.raises(StructureError, match="dot"):
        debye_pattern(bulk("Cu"))
    with pytest.raises(StructureError, match="debye_pattern"):
        xrd_pattern(Atoms("Cu"))
    with pytest.raises(StructureError, match="crystal"):
        xrd_pattern("CuInS2")
    with pytest.raises(InputError, match="two_theta"):
        xrd_pattern(bulk("Cu"), two_theta=(50, 10))
    with pytest.raises(StructureError, match="no cation Cu"):
        vegard_scaled(pyramid("CuInS2", 3), "CuInS2", {"Cu": "ZnS"})


def test_one_atom_scatters_like_its_form_factor():
    pattern = debye_pattern(Atoms("S"), q=Q, polarization=False)
    assert pattern.intensity == pytest.approx(form_factor("S", Q) ** 2)


def test_figure_holds_patterns_and_marks():
    dot = debye_pattern(ball(8.0), np.arange(20, 60, 0.5), label="dot")
    sticks = xrd_pattern(crystal("ZnS"))
    figure = plot_powder([dot], {"ZnS": sticks}, {"ZnS (111)": sticks.angle((1, 1, 1))})
    axes = figure.axes[0]
    assert axes.get_xlabel() == "2θ (degrees)"
    assert "Debye" in " ".join(text.get_text() for text in figure.texts)
    assert sticks.plot().axes
    assert set(dot.to_dict()) >= {"two_theta", "intensity", "wavelength"}
    with pytest.raises(InputError, match="wavelengths"):
        plot_powder([dot], {"ZnS": xrd_pattern(crystal("ZnS"), "MoKa")})
