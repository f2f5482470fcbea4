from __future__ import annotations

import numpy as np
import pytest
from tests.analysis.densities import gaussians

from heterodot.analysis import GridDensity
from heterodot.analysis.charges.plot import plot_profile
from heterodot.analysis.charges.transfer import facing
from heterodot.analysis.figures.isosurface import choose_isovalue, plot_isosurface, trace_surfaces
from heterodot.errors import InputError

CELL = np.array([[6.0, 0.0, 0.0], [1.5, 6.0, 0.0], [0.0, -1.0, 7.0]])
NONE = (False, False, False)


def dipole():
    """A positive and a negative Gaussian."""
    shape = (36, 36, 42)
    plus = gaussians(shape, CELL, [[0.4, 0.5, 0.35]], [1], [0.7], NONE)
    minus = gaussians(shape, CELL, [[0.5, 0.5, 0.7]], [1], [0.7], NONE)
    return GridDensity(
        plus.values - minus.values,
        CELL,
        [6, 8],
        np.concatenate([plus.positions, minus.positions]),
        NONE,
        kind="difference",
    )


def test_the_surface_of_a_gaussian_is_its_sphere():
    density = gaussians((40, 40, 46), CELL, [[0.5, 0.5, 0.5]], [1], [0.7], NONE)
    radius = 1.0
    value = np.exp(-(radius**2) / (2 * 0.7**2)) / (2 * np.pi * 0.7**2) ** 1.5
    turn = np.linalg.qr(np.array([[1.0, 0.2, 0.3], [-0.4, 1.0, 0.1], [0.2, 0.3, 1.0]]))[0]
    turn *= np.sign(np.linalg.det(turn))
    x = y = np.linspace(-1.5, 1.5, 41)
    seen = trace_surfaces(density, value, turn, turn @ density.positions[0], x, y)
    square = radius**2 - x[None, :] ** 2 - y[:, None] ** 2
    inside, outside = square > 0.05, square < -0.05
    assert np.isfinite(seen.depth[inside]).all()
    assert not np.isfinite(seen.depth[outside]).any()
    assert seen.depth[inside] == pytest.approx(np.sqrt(square[inside]), abs=0.03)
    outward = np.stack(np.broadcast_arrays(x[None, :], y[:, None], np.sqrt(np.abs(square))), -1)
    assert (np.sum(seen.normal * outward, axis=-1)[inside] > 0.97).all()
    assert (seen.sign[inside] == 1).all()


def test_both_signs_are_drawn_and_the_value_is_said():
    figure = plot_isosurface(dipole(), title="dipole", width=1.6)
    assert {"C", "O"} == {t.get_text() for t in figure.axes[0].get_legend().get_texts()}
    words = " ".join(t.get_text() for t in figure.texts)
    assert "dipole" in words
    assert f"±{choose_isovalue(dipole()):g}" in words
    image = np.asarray(figure.axes[0].images[0].get_array())
    red, blue, there = image[..., 0], image[..., 2], image[..., 3] > 0.9
    assert (there & (blue - red > 0.2)).sum() > 100
    assert (there & (red - blue > 0.2)).sum() > 100


def test_a_slab_is_seen_from_the_side():
    from heterodot.analysis.figures.isosurface import _view

    slab = GridDensity(dipole().values, CELL, [6, 8], dipole().positions, (True, True, False))
    turn = _view(slab, [0], np.array([0.5, 0.5]))
    normal = np.cross(CELL[0], CELL[1])
    assert turn[1] @ normal / np.linalg.norm(normal) > 0.9
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-9)


def test_a_chosen_value_does_not_follow_the_noise_at_nuclei():
    density = dipole()
    noisy = density.values.copy()
    index = np.rint(density.positions[0] @ np.linalg.inv(density.steps)).astype(int)
    noisy[tuple(index)] += 500.0
    spiked = GridDensity(noisy, CELL, density.numbers, density.positions, NONE)
    assert choose_isovalue(spiked) == pytest.approx(choose_isovalue(density))


def test_the_profile_is_drawn_with_its_units():
    density = dipole()
    profile = density.plane_average(2)
    figure = plot_profile(profile, density, {"C": [0], "O": [1]})
    upper, lower = figure.axes
    assert "e/Å" in upper.get_ylabel()
    assert "(e)" in lower.get_ylabel()
    assert "Å" in lower.get_xlabel()
    assert [t.get_text() for t in upper.get_legend().get_texts()] == ["C", "O"]
    drawn = {tuple(line.get_ydata()) for line in upper.lines}
    assert tuple(profile.values) in drawn
    assert tuple(profile.cumulative) in {tuple(line.get_ydata()) for line in lower.lines}
    assert lower.get_xlim() == pytest.approx((profile.positions[0], profile.positions[-1]))


def test_bad_input_is_refused():
    density = dipole()
    for value in (0, -0.1, float("nan"), True, 1e6):
        with pytest.raises(InputError, match="isovalue"):
            plot_isosurface(density, value)
    empty = GridDensity(np.zeros((5, 5, 5)), CELL, [6], [[1, 1, 1]])
    with pytest.raises(InputError, match="no surface"):
        plot_isosurface(empty)
    with pytest.raises(InputError, match="without atoms"):
        plot_isosurface(GridDensity(density.values, CELL, [], np.zeros((0, 3))))


def test_a_surface_over_an_atom_leaves_its_colour():
    from heterodot.analysis.figures.isosurface import Surface, blend
    from heterodot.analysis.figures.rendering import Canvas

    canvas = Canvas.blank((0.0, 2.0, 0.0, 2.0), 40.0)
    copper = np.array([0.78, 0.44, 0.16])
    canvas.colour[:], canvas.depth[:] = copper, 0.0
    there = np.zeros((40, 40), bool)
    there[10:30, 10:30] = True
    normal = np.zeros((40, 40, 3))
    normal[..., 2] = 1.0
    blend(canvas, Surface(np.where(there, 1.0, -np.inf), there * 1.0, normal))
    red, green, blue = canvas.colour[40, 40]
    assert red > green > blue  # still orange-brown below blue
    assert canvas.colour[40, 40] != pytest.approx(copper, abs=0.02)
    assert canvas.colour[2, 2] == pytest.approx(copper)
    rim = canvas.colour[40, 14:28, 2]
    assert (np.diff(rim) > -1e-6).all()  # falls off without a step
    assert np.diff(rim).max() < 0.6 * np.ptp(rim)


def test_the_average_between_fragments_keeps_the_electrons():
    density = dipole()
    zero, way = facing(density.positions, [0])
    middle = density.positions.mean(axis=0)
    assert zero == pytest.approx(middle)
    assert way == pytest.approx(density.positions[0] - density.positions[1])
    profile = density.average_along(way, zero)
    assert profile.cumulative[-1] == pytest.approx(density.integral, abs=1e-9)
    # the first moment of the two Gaussians, half their distance from zero each
    moment = float((profile.values * profile.positions).sum() * np.diff(profile.positions)[0])
    assert moment == pytest.approx(np.linalg.norm(way), rel=0.02)
    periodic = GridDensity(
        density.values, CELL, density.numbers, density.positions, (True,) * 3, kind="difference"
    )
    wrapped = periodic.average_along(way, zero)
    assert wrapped.cumulative[-1] == pytest.approx(density.integral, abs=1e-9)
    assert GridDensity.average_along(density, way, zero).axis is None
    with pytest.raises(InputError, match="direction"):
        density.average_along(np.zeros(3), zero)
    figure = plot_profile(profile, density, {"C": [0], "O": [1]})
    assert figure.axes[1].get_xlabel() == "from O to C, 0 between them (Å)"
    fills = [c for c in figure.axes[0].collections if len(c.get_paths())]
    curve = np.interp(0.0, profile.positions, profile.values)
    assert len(fills) == 2
    for fill in fills:  # no corner of a fill lies off the curve
        corners = np.concatenate([p.vertices for p in fill.get_paths()])
        on = np.interp(corners[:, 0], profile.positions, profile.values)
        off = np.minimum(np.abs(corners[:, 1] - on), np.abs(corners[:, 1]))
        assert off.max() < 1e-6 + 0.001 * abs(curve)
