from __future__ import annotations

import numpy as np
import pytest

from heterodot.analysis import GridDensity, LocalisationFunction, plot_slice
from heterodot.analysis.figures.isosurface import plot_isosurface
from heterodot.analysis.figures.slice import plane_through
from heterodot.errors import InputError

CELL = np.array([[6.0, 0.0, 0.0], [1.5, 6.0, 0.0], [0.0, -1.0, 7.0]])
ATOMS = np.array([[3.0, 2.0, 3.0], [3.0, 3.2, 3.0], [3.0, 4.4, 3.0], [4.5, 2.5, 1.0]])
NUMBERS = [8, 6, 8, 29]


def bonds(pbc=(False, False, False), cls=LocalisationFunction):
    """Two Gaussians of height 0.95 half-way between the first three atoms."""
    shape = np.array((30, 31, 36))
    mesh = np.stack(np.meshgrid(*[np.arange(n) / n for n in shape], indexing="ij"), -1) @ CELL
    values = np.zeros(shape)
    for middle in (ATOMS[:2].mean(axis=0), ATOMS[1:3].mean(axis=0)):
        values = np.maximum(
            values, 0.95 * np.exp(-((mesh - middle) ** 2).sum(axis=-1) / (2 * 0.5**2))
        )
    return cls(values, CELL, NUMBERS, ATOMS, pbc, kind="test")


def test_values_are_read_at_places_and_between_atoms():
    field = bonds()
    assert field.at(ATOMS[:2].mean(axis=0)) == pytest.approx(0.95, abs=0.05)
    line = field.between(0, 1)
    assert line.shape == (101,)
    assert line.argmax() == pytest.approx(50, abs=6)
    assert field.at([100, 0, 0]) == 0
    assert bonds((True, False, False)).at(ATOMS[1] + CELL[0]) == pytest.approx(field.at(ATOMS[1]))
    again = LocalisationFunction.from_dict(field.to_dict())
    assert (again.values == field.values).all()
    assert "test" in field.summary()


def test_near_atoms_the_values_stay_and_elsewhere_there_is_nothing():
    field = bonds()
    near = field.near([0], 0.7)
    mesh = np.stack(np.meshgrid(*[np.arange(n) / n for n in field.values.shape], indexing="ij"), -1)
    inside = np.linalg.norm(mesh @ CELL - ATOMS[0], axis=-1) < 0.7
    assert (near.values[inside] == field.values[inside]).all()
    assert not near.values[~inside].any()
    edge = LocalisationFunction(np.full((12, 12, 14), 0.5), CELL, [1], [[0, 0, 0]], (True,) * 3)
    alone = LocalisationFunction(np.full((12, 12, 14), 0.5), CELL, [1], [[0, 0, 0]], (False,) * 3)
    assert edge.near([0], 1.2).values.sum() > 3 * alone.near([0], 1.2).values.sum()


def test_the_plane_goes_through_the_atoms_and_the_rest_is_below():
    field = bonds()
    plane = plane_through(field, [0, 1, 2])  # on a line: turned to the copper atom
    seen = plane.seen(ATOMS)
    assert seen[:, 2] == pytest.approx(0, abs=1e-9)
    assert seen[3, 1] < seen[:3, 1].min() or seen[3, 1] < -1
    assert np.cross(plane.right, plane.up) @ plane.right == pytest.approx(0, abs=1e-12)
    triangle = plane_through(field, [0, 1, 3])
    assert triangle.seen(ATOMS[[0, 1, 3]])[:, 2] == pytest.approx(0, abs=1e-9)


def test_the_slice_shows_what_is_there():
    figure = plot_slice(bonds(), [0, 1, 2], title="CO2 on Cu", caption="caption")
    assert figure.axes[0].get_title() == "CO₂ on Cu"
    assert [t.get_text() for t in figure.texts] == ["caption"]
    assert figure.axes[0].get_xlabel() == "in the plane (Å)"
    image = figure.axes[0].images[0]
    assert image.get_clim() == (0, 1)
    assert float(image.get_array().max()) == pytest.approx(0.95, abs=0.05)
    assert {t.get_text() for t in figure.axes[0].texts} >= {"C", "O"}
    assert figure.axes[1].get_ylabel() == "ELF"
    difference = GridDensity(bonds().values - 0.3, CELL, NUMBERS, ATOMS, (False,) * 3)
    low, high = plot_slice(difference, [0, 1, 2]).axes[0].images[0].get_clim()
    assert low == -high
    words = " ".join(t.get_text() for t in plot_isosurface(bonds(), 0.8).texts)
    assert "Surface at ELF = 0.8" in words


@pytest.mark.parametrize("indices", [[], [0], [0, 0], [0, 9], [-1, 0], [True, 2]])
def test_atoms_that_span_no_plane_are_refused(indices):
    with pytest.raises(InputError, match="expected two or more"):
        plot_slice(bonds(), indices)


def test_a_molecule_that_is_a_line_is_drawn_in_a_plane_through_it():
    line = LocalisationFunction(np.zeros((4, 4, 4)), CELL, [8, 6, 8], ATOMS[:3])
    plane = plane_through(line, [0, 1, 2])
    assert plane.seen(line.positions)[:, 2] == pytest.approx(0, abs=1e-9)
    assert plane.right @ plane.up == pytest.approx(0, abs=1e-9)
    assert {text.get_text() for text in plot_slice(line, [0, 1, 2]).axes[0].texts} == {"C", "O"}


def test_bad_input_is_refused_in_one_line():
    for indices in (0, "01", [0, 1.5]):
        with pytest.raises(InputError, match="expected two or more"):
            plot_slice(bonds(), indices)
    same = LocalisationFunction(np.zeros((4, 4, 4)), CELL, [8, 6], [[1.0, 1, 1], [1.0, 1, 1]])
    with pytest.raises(InputError, match="at one place"):
        plot_slice(same, [0, 1])
    with pytest.raises(InputError, match="margin"):
        plot_slice(bonds(), [0, 1, 2], margin=0)
    with pytest.raises(InputError, match="from 0 to 1"):
        LocalisationFunction(np.full((4, 4, 4), 1.2), CELL, [1], [[0, 0, 0]])
    with pytest.raises(InputError, match="x, y, z"):
        bonds().at([1, 2])
    for pair in ((0, 4), (-1, 0), (True, 0)):
        with pytest.raises(InputError, match="atom"):
            bonds().between(*pair)
    with pytest.raises(InputError, match="the ELF reaches"):
        plot_isosurface(bonds(), 0.99)
