"""The figure of an interface."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from matplotlib import pyplot as plt
from matplotlib.image import imread

from heterodot.analysis import plot_interface, save_figure
from heterodot.errors import InputError
from heterodot.structures import interface


@pytest.fixture(scope="module")
def silver():
    return interface("MoS2", "Ag", film_miller=(0, 0, 1), substrate_miller=(1, 1, 1),
                     film_layers=1, substrate_layers=2, grid=(2, 2))  # fmt: skip


def test_figure_names_both_sides_and_the_gap(silver, tmp_path):
    figure = plot_interface(silver, width=3.0, caption="MoS2 on Ag")
    png, svg = save_figure(figure, tmp_path / "i")
    texts = " ".join(t.get_text() for axes in figure.axes for t in axes.texts)
    gap = silver.info["heterodot"]["interface"]["gap"]
    assert f"{gap:.2f} Å" in texts
    assert "Ag(111)" in texts
    assert "film" in texts
    labels = [t.get_text() for t in figure.axes[1].get_legend().get_texts()]
    assert labels == ["Ag", "Mo", "S", "common cell"]
    assert [t.get_text() for t in figure.texts] == ["MoS₂ on Ag"]
    assert figure.axes[0].get_title() == "a to the right"
    image = imread(png)
    assert (image[..., :3].min(axis=2) < 0.9).mean() > 0.05  # something is drawn
    assert "MoS₂ on Ag" in svg.read_text()
    plt.close(figure)


def test_side_views_are_slices_of_the_periodic_structure(silver):
    from heterodot.analysis.geometry.plot_interface import DEPTH, WINDOW, _side_view

    shown, seen = _side_view(silver, np.array([1.0, 0.0]), np.array([0.0, -1.0]))
    area = abs(np.linalg.det(silver.cell.array[:2, :2]))
    assert len(shown) == pytest.approx(len(silver) * WINDOW * DEPTH / area, rel=0.2)
    assert np.ptp(seen[:, 0]) < WINDOW
    assert np.ptp(seen[:, 2]) < DEPTH


def test_other_structures_are_refused():
    with pytest.raises(InputError, match="no interface record"):
        plot_interface(Atoms("Cu"))
