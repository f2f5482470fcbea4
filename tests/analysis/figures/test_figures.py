"""Figures: nothing overlaps, nothing is cut, and what must be printed is printed."""

import itertools
import sys
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111, molecule
from ase.cluster import Octahedron
from matplotlib.figure import Figure
from matplotlib.image import imread

from heterodot import provenance
from heterodot.analysis import (
    Flag,
    FreeEnergyDiagram,
    Step,
    band_moments,
    picture,
    picture_caption,
    plot_free_energy,
    plot_pdos,
    projected_dos,
    save_figure,
)
from heterodot.analysis.figures.cells import whole_cell
from heterodot.analysis.figures.marks import defect_marks, vacancies
from heterodot.analysis.figures.rendering import Canvas, draw_sphere, draw_stick, finish
from heterodot.analysis.figures.style import (
    COLUMN,
    captioned_figure,
    captions_of,
    chemical_label,
    details,
    join_caption,
    number,
    rich,
    typeset,
    wrap,
)
from heterodot.analysis.figures.view import camera, outward, site_view
from heterodot.analysis.thermo.labels import stack_labels
from heterodot.errors import InputError
from heterodot.structures import crystal

LABELS = ("CO2(g)", "CO2*", "COOH*", "CO*", "CO(g)")
CAVEAT = "GFN1-xTB: not quantitative for the chemistry of these systems"


def diagram(*gibbs, flags=()):
    steps = [Step(s, g, n) for s, g, n in zip(LABELS, gibbs, (0, 0, 1, 2, 2), strict=True)]
    steps[2] = replace(steps[2], flags=flags)
    return FreeEnergyDiagram(
        tuple(steps), references=("CO2(g)",), level="GFN1-xTB, 300 K", caveats=(CAVEAT,)
    )


DIAGRAMS = {
    "Type A": diagram(0, 0.15, 1.45, 0.62, 1.1),
    "Type B": diagram(0, 0.22, 1.38, 0.35, 1.2, flags=(Flag("imaginary-mode", "80i"),)),
    "Type C": diagram(0, 0.05, 1.11, 0.58, 0.95),
}


def texts(figure):
    from matplotlib.text import Text

    figure.draw_without_rendering()
    hidden = set()  # labels of ticks beyond the limits exist but are not drawn
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            outside = [t for t in axis.get_major_ticks() if not low <= t.get_loc() <= high]
            hidden.update(t.label1 for t in outside)
            hidden.update(t.label1 for t in axis.get_major_ticks() if not axes.axison)
    found = [t for t in figure.findobj(Text) if t not in hidden]
    return [t for t in found if t.get_visible() and t.get_text().strip()]


def overlapping(figure):
    """Pairs of texts whose boxes share more than a pixel, and texts cut by the figure's edge."""
    found = [(t.get_text(), t.get_window_extent().padded(-1)) for t in texts(figure)]
    edge = figure.bbox.padded(1)
    cut = [s for s, box in found if not (edge.contains(*box.min) and edge.contains(*box.max))]
    pairs = [(a, b) for (a, x), (b, y) in itertools.combinations(found, 2) if x.overlaps(y)]
    return pairs, cut


@pytest.mark.parametrize(
    "shifted",
    [
        DIAGRAMS,
        {name: d.at(U=-1.0) for name, d in DIAGRAMS.items()},
        {name: d.at(U=0.3, pH=7, scale="SHE") for name, d in DIAGRAMS.items()},
        {"one": DIAGRAMS["Type A"]},
        {f"{name}: V_Cu' + Cu_Cu• (charge -1)": d for name, d in DIAGRAMS.items()},
        {"same": DIAGRAMS["Type A"], "twin": DIAGRAMS["Type A"]},
    ],
)
def test_free_energy_figure_is_readable(shifted):
    figure = plot_free_energy(shifted)
    assert figure.get_figwidth() == COLUMN
    assert overlapping(figure) == ([], [])


def test_free_energy_figure_says_everything():
    figure = plot_free_energy(DIAGRAMS)
    joined = " ".join(t.get_text() for t in texts(figure)).replace("\n", " ")
    for expected in ("GFN1-xTB, 300 K", "Type B: COOH* imaginary-mode", "1.38†"):
        assert expected in joined
    for expected in ("−1.30 V", "0.00 V vs RHE", "298.15 K"):
        assert expected in joined
    assert "0.00†" not in joined
    caption, long_caption = captions_of(figure)
    assert CAVEAT not in caption
    for expected in (CAVEAT, "References: CO₂(g)", "Type B: COOH* imaginary-mode"):
        assert expected in long_caption


def test_limiting_connector_is_bold():
    (axes,) = plot_free_energy({"A": DIAGRAMS["Type A"]}).axes
    bold = [line for line in axes.lines if line.get_linewidth() == 1.5]
    assert len(bold) == 1
    assert bold[0].get_ydata() == pytest.approx([0.15, 1.45])


def test_own_axes_and_method():
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_subplot()
    assert DIAGRAMS["Type A"].plot(axes, "A") is figure
    assert len(axes.lines) > 5
    assert DIAGRAMS["Type A"].plot().axes


def test_incomparable_diagrams_are_refused():
    with pytest.raises(InputError, match="no diagram"):
        plot_free_energy({})
    with pytest.raises(InputError, match="conditions"):
        plot_free_energy({"a": DIAGRAMS["Type A"], "b": DIAGRAMS["Type B"].at(U=-1)})
    short = FreeEnergyDiagram(DIAGRAMS["Type A"].steps[:3])
    with pytest.raises(InputError, match="numbers of states"):
        plot_free_energy({"a": DIAGRAMS["Type A"], "b": short})


@pytest.mark.parametrize("n_spins", [1, 2])
def test_pdos_figure(band, n_spins):
    systems = {
        name: band(centre, 1.5, n=40, n_spins=n_spins, caveats=(CAVEAT,), level={"label": "GFN1"})
        for name, centre in (("Type A", -2.1), ("Type B", -2.0), ("Type C", -1.7))
    }
    densities = {name: projected_dos(es, element="Cu", l=2) for name, es in systems.items()}
    moments = {name: band_moments(es, element="Cu") for name, es in systems.items()}
    figure = plot_pdos(densities, moments)
    assert overlapping(figure) == ([], [])
    joined = " ".join(t.get_text() for t in texts(figure)).replace("\n", " ")
    for expected in ("−2.10", "−1.70", "vs VBM", "Löwdin", "GFN1", "all states"):
        assert expected in joined
    assert CAVEAT in captions_of(figure)[1]
    assert ("spin up" in joined, "spin down" in joined) == (n_spins == 2,) * 2
    assert len({tuple(np.round(panel.get_ylim(), 9)) for panel in figure.axes}) == 1
    boxes = [panel.get_position() for panel in figure.axes]
    middle = 0.5 * (boxes[0].y1 + boxes[-1].y0)
    assert figure.get_supylabel() == "Projected DOS (states/eV)"
    (label,) = [t for t in figure.texts if "Projected" in t.get_text()]
    assert label.get_position()[1] == pytest.approx(middle)


def test_pdos_figure_has_one_scale_and_no_empty_projection(band):
    paired, polarised = (band(-2.0, 1.5, n=40, n_spins=n) for n in (1, 2))
    found = {
        "one": projected_dos(paired, element="Cu"),
        "two": projected_dos(polarised, element="Cu"),
    }
    tiny = {
        name: replace(dos, values=0.01 * dos.values, label="In d") for name, dos in found.items()
    }
    figure = plot_pdos({name: [found[name], tiny[name]] for name in found})
    (_, top), (_, same) = (panel.get_ylim() for panel in figure.axes)
    assert top == same
    per_inch = [np.ptp(p.get_ylim()) / p.get_position().height for p in figure.axes]
    assert per_inch[0] == pytest.approx(per_inch[1], rel=0.02)
    assert [t.get_text() for t in figure.legends[0].get_texts()][:-2] == ["Cu"]
    assert "Left out: In d (1.0 % of the projected states)" in captions_of(figure)[0]
    assert plot_pdos({"": tiny["one"]}).axes[0].lines  # alone it is what was asked for


def test_pdos_window_and_captions_follow_the_gap(band):
    dos = projected_dos(band(-2.0, 1.5, n=40), element="Cu")
    wide = replace(dos, fermi=0.0, vbm=-0.2, cbm=6.6)
    assert plot_pdos({"": wide}).axes[0].get_xlim() == (-5.5, 9.0)
    narrow = replace(dos, fermi=0.0, vbm=-0.1, cbm=0.08)
    caption = captions_of(plot_pdos({"Type C: a": narrow}))[0]
    assert "Broadening (full width 0.24 eV) wider than the gap: 0.18 eV Type C" in caption
    on = plot_pdos({"": replace(dos, fermi=0.0, vbm=0.0, cbm=2.0)})
    assert "$E_\\mathrm{F}$ on the VBM" in [t.get_text() for t in on.axes[0].texts]
    assert "wider than the gap" not in captions_of(on)[1]


def test_a_caption_has_three_lines_and_the_rest_is_kept(tmp_path):
    from PIL import Image

    flags = "† Type A: imaginary-mode, " + "hole-elsewhere, " * 20 + "physisorbed"
    more = details("V_Cu' is named here", "Nothing of this is drawn")
    whole = join_caption(["GFN1-xTB", flags, "T = 298.15 K. " + "Word " * 90, more, "GFN1-xTB"])
    figure = captioned_figure(COLUMN, 1.0, whole)
    (drawn,) = figure.texts
    assert drawn.get_text().count("\n") <= 2
    caption, long_caption = captions_of(figure)
    assert caption == "GFN1-xTB. † rests on a flagged state."
    assert long_caption.startswith("GFN1-xTB. † Type A: imaginary-mode")
    assert long_caption.endswith("Nothing of this is drawn.")
    assert long_caption.count("GFN1-xTB") == 1
    assert join_caption([whole, "More"]).sentences[-1] == ("More.", "More.")
    png, svg = save_figure(figure, tmp_path / "figure")
    assert Image.open(png).text["Description"] == long_caption
    assert "Nothing of this is drawn." in svg.read_text()
    own = captioned_figure(COLUMN, 1.0, "Words of mine " * 60)
    assert captions_of(own)[0].endswith("…")
    assert captions_of(Figure()) == ("", "")


def test_defects_in_a_caption_are_typeset():
    figure = captioned_figure(COLUMN, 1.0, "Type C: V_Cu' + Cu_Cu•")
    assert "V$_{\\mathrm{Cu}}^{\\prime}$" in figure.texts[0].get_text()


def test_pdos_figure_names_the_centres_beyond_its_axis(band):
    states = band(-2.1, 1.5, n=40)
    moments = {"Type A: a dot": band_moments(states, element="Cu")}
    densities = {"Type A: a dot": projected_dos(states, element="Cu", l=2)}
    figure = plot_pdos(densities, moments, window=(-1.0, 1.0))
    joined = " ".join(t.get_text() for t in texts(figure)).replace("\n", " ")
    assert "not drawn: Cu d −2.10† (Type A) eV" in joined


def test_pdos_figure_refuses_mixed_references(band):
    a = projected_dos(band(n=20), element="Cu")
    b = projected_dos(band(n=20), element="Cu", reference="vbm")
    with pytest.raises(InputError, match="reference"):
        plot_pdos({"a": a, "b": b})
    with pytest.raises(InputError):
        plot_pdos({})
    with pytest.raises(InputError, match="window"):
        plot_pdos({"a": a}, window=(1, 0))


def test_stacked_labels_keep_their_distance():
    rng = np.random.default_rng(0)
    for _ in range(200):
        levels = rng.random(4).tolist()
        bottoms = stack_labels(levels, 0.05, 0.01)
        boxes = sorted((b, b + 0.05) for b in bottoms)
        assert all(a[1] <= b[0] + 1e-9 for a, b in itertools.pairwise(boxes))
        assert all(not (a < level < b) for a, b in boxes for level in levels)
        assert np.argsort(bottoms).tolist() == np.argsort(levels).tolist()


def test_text_helpers():
    assert chemical_label("CO2(g)") == "CO$_{2}$(g)"
    assert chemical_label("COOH*") == "COOH*"
    assert number(-0.001) == "0.00"
    assert number(-1.234) == "−1.23"
    assert (
        typeset("CO2 -> CO at -0.5 V, GFN1-xTB, 0.3-0.5") == "CO₂ → CO at −0.5 V, GFN1-xTB, 0.3-0.5"
    )
    assert rich("V_Cu' in CuInS2") == r"V$_{\mathrm{Cu}}^{\prime}$ in CuInS₂"
    assert rich("In_Cu••") == r"In$_{\mathrm{Cu}}^{\bullet \bullet}$"
    assert wrap("one two three four", 0.5) == ["one two", "three four"]


def adsorbed():
    cluster = Octahedron("Cu", 4, 1)
    site = int(np.argmax(cluster.positions @ [1.0, 0.3, 0.1]))
    start = cluster.positions[site] + 1.95 * outward(cluster, site)
    atoms = cluster + Atoms("CO", [start, start + 1.15 * outward(cluster, site)])
    n = len(cluster)
    provenance.update(atoms, adsorbate={"name": "CO", "indices": [n, n + 1], "site": site})
    return atoms, site


def test_picture_is_complete(tmp_path):
    atoms, _ = adsorbed()
    before = atoms.copy()
    figure = picture(atoms, title="Cu, CO*", caption=CAVEAT)
    _, svg = save_figure(figure, tmp_path / "dot")
    assert overlapping(figure) == ([], [])
    assert svg.read_text().startswith("<?xml")
    assert imread(svg.with_suffix(".png")).min() < 0.2  # black letters, at least
    labels = {t.get_text() for t in texts(figure)}
    assert {"Cu", "C", "O", "site (Cu)", "2 Å"} <= labels
    assert atoms == before


@pytest.mark.parametrize("atoms", [molecule("H2O"), fcc111("Cu", (2, 2, 2), vacuum=5), Atoms("Cu")])
def test_picture_of_other_things(atoms):
    assert overlapping(picture(atoms, width=2.0)) == ([], [])


def test_picture_refuses():
    with pytest.raises(InputError, match="no atoms"):
        picture(Atoms())
    with pytest.raises(InputError, match="site 9"):
        picture(molecule("H2O"), site=9)


def test_view_shows_the_site():
    atoms, site = adsorbed()
    focus = np.array([site, len(atoms) - 2, len(atoms) - 1])
    rotation = site_view(atoms, site, focus, np.full(len(atoms), 0.6))
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)
    seen = atoms.positions @ rotation.T
    assert seen[-1, 1] > seen[site, 1]  # the adsorbate stands up
    for i in focus:
        nearer = seen[:, 2] > seen[i, 2] + 1e-6
        nearer[focus] = False
        flat = np.linalg.norm(seen[:, :2] - seen[i, :2], axis=1)
        assert not (nearer & (flat < 0.6)).any()


def test_camera_when_up_is_the_line_of_sight():
    rotation = camera(np.array([0.0, 0.0, 2.0]), np.array([0.0, 0.0, 1.0]))
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-9)


def test_renderer_depth():
    canvas = Canvas.blank((-2, 2, -2, 2), 20)
    red, blue = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    draw_sphere(canvas, np.array([0.0, 0, 0]), 1.0, red)
    draw_sphere(canvas, np.array([0.0, 0, 1.0]), 0.4, blue)
    draw_sphere(canvas, np.array([0.0, 0, -5.0]), 1.9, blue)
    assert canvas.depth[40, 40] == pytest.approx(1.4, abs=0.01)
    assert canvas.colour[40, 40, 2] > canvas.colour[40, 40, 0]
    assert canvas.colour[40, 54, 0] > canvas.colour[40, 54, 2]
    image = finish(canvas, 2)
    assert image.shape == (40, 40, 4)
    assert image[0, 0, 3] == 0
    assert image[20, 20, 3] == 1


def test_renderer_stick():
    canvas = Canvas.blank((-2, 2, -2, 2), 20)
    draw_stick(canvas, np.array([-1.0, 0, 0]), np.array([1.0, 0, 1.0]), 0.2, np.ones(3))
    slope = 0.2 * np.hypot(1, 0.5)  # the surface lies this far above a leaning axis
    assert canvas.depth[40, 40] == pytest.approx(0.5 + slope, abs=0.03)
    assert np.isneginf(canvas.depth[50, 40])
    assert np.isneginf(canvas.depth[40, 15])


def test_caption_of_a_structure():
    atoms = molecule("CO2")
    provenance.update(atoms, charge=-1)
    assert picture_caption(atoms, "GFN1-xTB", (CAVEAT,)) == (
        f"CO₂, 3 atoms, charge −1. Geometry: GFN1-xTB. {CAVEAT}."
    )


def test_save_figure(tmp_path):
    figure = plot_free_energy({"a": DIAGRAMS["Type A"]})
    png, svg = save_figure(figure, tmp_path / "v1.2")
    assert (png.name, svg.name) == ("v1.2.png", "v1.2.svg")
    first = svg.read_bytes()
    assert save_figure(figure, tmp_path / "v1.2.png")[0] == png
    assert svg.read_bytes() == first
    with pytest.raises(InputError, match="folder"):
        save_figure(figure, tmp_path / "missing" / "x")


def test_style_leaves_no_trace():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    plot_free_energy({"a": DIAGRAMS["Type A"]})
    assert dict(mpl.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        import matplotlib.pyplot as plt

        assert not plt.get_fignums()


def test_vacancies_are_marked_where_they_are():
    atoms, _ = adsorbed()
    place = atoms.positions[0].tolist()
    hollow = atoms.copy()
    del hollow[0]
    far = {"symbol": "V_Cu'", "position": [90.0, 0.0, 0.0]}
    pair = {"symbol": "Cu_In''", "position": place}
    record = {"name": "CO", "indices": [len(hollow) - 2, len(hollow) - 1]}
    gone = [{"symbol": "V_Cu'", "position": place}, far, pair]
    provenance.update(hollow, adsorbate=record, defects=gone)
    assert vacancies(hollow) == pytest.approx(np.array([place]))
    provenance.update(atoms, defects=gone)
    assert len(vacancies(atoms)) == 0
    figure = picture(hollow)
    assert "vacancy" in {t.get_text() for t in texts(figure)}
    assert overlapping(figure) == ([], [])


def test_many_vacancies_do_not_cover_the_picture():
    cluster = Octahedron("Cu", 5, 1)
    gone = sorted(range(0, len(cluster), 12), reverse=True)
    places = [{"symbol": "V_Cu'", "position": cluster.positions[i].tolist()} for i in gone]
    for i in gone:
        del cluster[i]
    provenance.update(cluster, defects=places)
    assert len(vacancies(cluster)) > 4
    assert not {"vacancy", "vacancies"} & {t.get_text() for t in texts(picture(cluster))}
    near = int(np.argmin(np.linalg.norm(cluster.positions - places[0]["position"], axis=1)))
    named = {t.get_text() for t in texts(picture(cluster, site=near))}
    assert {"vacancy", "vacancies"} & named


def with_defects():
    """Return a cluster with a vacancy beside atom 5, an antisite and a hole."""
    atoms = Octahedron("Cu", 3)
    atoms.symbols[3] = "In"
    place = atoms.positions[0] + [0.0, 0.0, 2.5]
    gone = {"symbol": "V_Cu'", "position": place.tolist()}
    pair = {"symbol": "In_Cu••", "position": atoms.positions[3].tolist(), "index": 3}
    stale = {"symbol": "Zn_Cu•", "position": atoms.positions[1].tolist(), "index": 1}
    provenance.update(atoms, defects=[gone, pair, stale])
    return provenance.with_charge(atoms, -1)


def test_defects_are_named_and_the_composition_said():
    atoms = with_defects()
    marks = defect_marks(atoms)
    assert [(mark.name, mark.index) for mark in marks] == [("V_Cu'", None), ("In_Cu••", 3)]
    figure = picture(atoms, site=0, title="Cu")
    named = [t.get_text() for t in figure.axes[0].texts]
    assert rich("V_Cu'") in named
    assert rich("In_Cu••") in named
    assert "Cu₁₈In, charge −1" in [t.get_text() for t in figure.texts]
    assert overlapping(figure) == ([], [])
    left, right = figure.axes[0].get_xlim()
    for text in figure.axes[0].texts:
        assert left <= text.get_position()[0] <= right


def test_a_vacancy_is_seen_beside_every_atom():
    from heterodot.analysis.figures.pictures import view_rotation

    atoms = with_defects()
    turn = view_rotation(atoms, site=0)
    (hole,) = vacancies(atoms) @ turn.T
    apart = np.linalg.norm((atoms.positions @ turn.T - hole)[:, :2], axis=1)
    assert apart.min() > 1.0


def test_crystals_and_slabs_have_their_cell():
    salt = crystal("ZnS")
    whole, edges = whole_cell(salt)
    assert len(edges) == 12
    assert not whole.pbc.any()
    scaled = salt.cell.scaled_positions(whole.positions)
    corners = (np.abs(scaled - np.rint(scaled)).max(axis=1) < 1e-6).sum()
    assert corners == 8  # the atom of the corner is drawn on every corner
    assert np.linalg.norm(np.ptp(edges.reshape(-1, 3), axis=0)) == pytest.approx(
        np.linalg.norm(salt.cell.array.sum(axis=0))
    )
    slab = fcc111("Cu", (2, 2, 3), vacuum=8.0)
    height = np.ptp(whole_cell(slab)[1][..., 2])
    assert height == pytest.approx(np.ptp(slab.positions[:, 2]) + 0.8)
    assert len(whole_cell(molecule("H2O"))[1]) == 0
    assert overlapping(picture(slab, title="Cu(111)")) == ([], [])


def test_large_cations_have_no_sticks():
    from heterodot.analysis.figures.drawing import drawing_extent, drawn_radii, render_atoms

    def ink(symbols):
        pair = Atoms(symbols, [[0, 0, 0], [3.3, 0, 0]])
        radii = np.full(2, 0.3)
        extent = drawing_extent(pair.positions, radii)
        return (render_atoms(pair, pair.positions, radii, extent, 60)[..., 3] > 0.5).sum()

    assert ink("CsBr") < ink("CsCs")
    assert len(drawn_radii(Atoms("CsBr"), np.zeros(0, int))) == 2
