"""Radial profiles of core/shell dots, and the figure that shows them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms

from heterodot.analysis import plot_core_shell, radial_profile
from heterodot.analysis.figures.cut import domain_colours
from heterodot.errors import InputError
from heterodot.structures import add_z_ligands, core_shell, oxidize_interface


@pytest.fixture(scope="module")
def dot() -> Atoms:
    return core_shell("CdSe", ["ZnS:2ml"], radius=8, lattice="relaxed")


def test_shares_add_up_and_change_at_the_interface(dot):
    profile = radial_profile(dot)
    for kind in ("cation", "anion"):
        mine = [f for e, f in profile.fractions.items() if profile.sublattice[e] == kind]
        assert sum(mine) == pytest.approx(1)
    assert list(profile.fractions) == ["Cd", "Zn", "Se", "S"]
    zinc = profile.fractions["Zn"]
    assert zinc[0] == pytest.approx(0, abs=1e-6)
    assert zinc[-1] == pytest.approx(1, abs=1e-6)
    assert profile.radius[np.argmin(abs(zinc - 0.5))] == pytest.approx(8, abs=1.2)
    assert profile.strain[0] < 0 < profile.strain[-1]
    json.dumps(profile.to_dict())


def test_a_profile_is_the_weighted_mean_over_atoms(dot):
    profile = radial_profile(dot, smoothing=1.5, step=2.0)
    r = np.linalg.norm(dot.positions - dot.positions[dot.arrays["layer"] == 0].mean(axis=0), axis=1)
    cation = dot.arrays["sublattice"] == "cation"
    for at, share in zip(profile.radius, profile.fractions["Zn"], strict=True):
        w = np.exp(-0.5 * ((at - r[cation]) / 1.5) ** 2)
        assert share == pytest.approx((w @ (dot.symbols[cation] == "Zn")) / w.sum(), abs=0.03)


def test_a_profile_does_not_mind_where_the_dot_is(dot):
    moved = dot.copy()
    moved.translate((30, -4, 7))
    moved.rotate(33, (1, 2, 3))
    one, other = radial_profile(dot), radial_profile(moved)
    assert one.fractions["Zn"] == pytest.approx(other.fractions["Zn"], abs=0.02)


def test_the_figure_shows_every_material(dot):
    capped = add_z_ligands(oxidize_interface(dot, 0.2), "ZnCl2", count=4)
    assert list(domain_colours(capped)) == ["CdSe", "ZnS", "oxide", "ligand"]
    figure = plot_core_shell(capped, normal=(0, 0, 1), width=3.0)
    legend = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert legend == ["CdSe", "ZnS", "oxide", "ligand"]
    assert len(figure.axes) == 4
    assert len(figure.axes[1].lines) == 2
    image = np.asarray(figure.axes[0].images[0].get_array())
    shades = {tuple(pixel) for pixel in np.round(image[image[..., 3] > 0.9][:, :3], 1)}
    assert len(shades) > 20  # shaded spheres of four colours, not a flat area


def test_what_cannot_be_drawn_is_refused(dot):
    with pytest.raises(InputError, match="normal"):
        plot_core_shell(dot, normal=(0, 0, 0))
    with pytest.raises(InputError, match="core_shell"):
        plot_core_shell(Atoms("InP", [(0, 0, 0), (2.5, 0, 0)]))
    with pytest.raises(InputError, match="sublattice"):
        radial_profile(Atoms("InP", [(0, 0, 0), (2.5, 0, 0)]))
    with pytest.raises(InputError, match="smoothing"):
        radial_profile(dot, smoothing=0)
