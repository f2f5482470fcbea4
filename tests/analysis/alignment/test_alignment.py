"""Scales, corrections, types and averages: published values, closed forms, wrong input."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from heterodot.analysis.alignment.band_edges import (
    PUBLISHED_EDGES,
    BandEdges,
    band_edges,
    scissor,
    vacuum_level,
    with_gap,
    with_hybrid,
    work_functions,
)
from heterodot.analysis.alignment.lineup import (
    Alignment,
    align,
    align_by_layers,
    align_by_potential,
)
from heterodot.analysis.alignment.macroscopic import Plateau, macroscopic_average, plateau
from heterodot.analysis.alignment.plot import plot_staircase
from heterodot.analysis.alignment.plot_potential import plot_potential
from heterodot.analysis.alignment.redox import REDOX_LEVELS, from_nhe, from_vacuum, to_nhe
from heterodot.analysis.bands.layered_pdos import layered_pdos
from heterodot.analysis.figures.style import captions_of
from heterodot.data.electronic_structure import PlanarPotential
from heterodot.errors import InputError

PEROVSKITE = {name: PUBLISHED_EDGES[name] for name in ("CsPbBr3", "CdS")}


def flags_of(figure):
    return captions_of(figure)[1]


def test_scales():
    assert from_vacuum(-4.44, "NHE") == pytest.approx(0)
    assert from_vacuum(-4.44, "RHE", 7) == pytest.approx(0.4144)
    assert from_vacuum(-5.44, "vacuum") == -5.44
    hydrogen = next(level for level in REDOX_LEVELS if level.name == "H+/H2")
    assert hydrogen.potential("RHE", 3) == pytest.approx(0, abs=0.01)  # by definition of RHE
    water = REDOX_LEVELS[0]
    assert (water.printed, round(water.potential("NHE", 7), 2)) == (1.23, 0.82)
    assert water.potential("NHE", 0) == pytest.approx(1.23)
    radical = REDOX_LEVELS[-1]
    assert radical.potential("NHE", 0) == radical.potential("NHE", 7) == pytest.approx(-1.9)


@given(st.floats(-10, 5), st.sampled_from(["vacuum", "NHE", "RHE"]), st.floats(0, 14))
@settings(max_examples=30, deadline=None)
def test_scales_go_there_and_back(value, scale, ph):
    assert to_nhe(from_nhe(value, scale, ph), scale, ph) == pytest.approx(value)


def test_published_edges_are_kept_on_their_scale_and_are_type_two():
    for ph in (0, 7, 13):
        assert PEROVSKITE["CsPbBr3"].on("RHE", ph) == pytest.approx((1.4, -1.0))
    found = align(PEROVSKITE, uncertainty=0.05)
    assert found.type == "II"
    assert found.valence_offset == pytest.approx(-0.2)
    assert found.conduction_offset == pytest.approx(-0.1)
    doubtful = align(PEROVSKITE, uncertainty=0.15)
    assert doubtful.type == "not decided"
    assert doubtful.candidates == ("I", "II")
    assert "nominally II" in doubtful.statement()
    assert Alignment.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert found.with_uncertainty(0.15).candidates == doubtful.candidates


@pytest.mark.parametrize(
    ("b", "kind"),
    [((-5.5, -4.5), "I"), ((-6.5, -3.5), "I"), ((-5.5, -3.5), "II"), ((-6.5, -4.5), "II"),
     ((-3.5, -2.0), "III"), ((-8.0, -6.5), "III")],
)  # fmt: skip
def test_types(b, kind):
    edges = {"a": BandEdges(-6.0, -4.0), "b": BandEdges(*b)}
    assert align(edges, 0.1).type == kind
    back = align(dict(reversed(edges.items())), 0.1)
    assert back.type == kind
    assert back.valence_offset == pytest.approx(-6.0 - b[0], abs=1e-9)


@given(*[st.floats(-0.5, 0.5)] * 2, st.floats(0.01, 0.4))
@settings(max_examples=30, deadline=None)
def test_a_decided_type_holds_everywhere_within_the_uncertainty(valence, conduction, uncertainty):
    assume(abs(min(abs(valence), abs(conduction)) - uncertainty) > 1e-6)
    a = BandEdges(-6.0, -4.0)
    b = BandEdges(-6.0 + valence, -4.0 + conduction)
    found = align({"a": a, "b": b}, uncertainty)
    shifts = np.linspace(-uncertainty, uncertainty, 9)
    seen = {
        align({"a": a, "b": BandEdges(b.vbm + v, b.cbm + c)}, 0.0).nominal
        for v, c in product(shifts, shifts)
    }
    assert seen <= set(found.candidates)
    assert found.decided == (min(abs(valence), abs(conduction)) > uncertainty)


def test_corrections_are_said():
    raw = BandEdges(-6.0, -4.5, "PBE")
    opened = with_gap(raw, 2.4, "Smith 1990", valence_share=0.5)
    assert opened.gap == pytest.approx(2.4)
    assert opened.vbm == pytest.approx(-6.45)
    assert "Smith 1990" in opened.corrections[0]
    assert scissor(raw, 0.5).cbm == pytest.approx(-4.0)
    assert with_hybrid(raw, -0.5, 0.3, "HSE06").gap == pytest.approx(2.3)
    text = flags_of(plot_staircase({"CdS": opened}))
    assert "Smith 1990" in text
    assert "1.23 V" in text  # what the table prints for O2/H2O is said
    for wrong in (-1.0, 0.0, float("nan"), True):
        with pytest.raises(InputError, match="gap"):
            with_gap(raw, wrong)
    with pytest.raises(InputError, match="0 to 1"):
        scissor(raw, 0.1, 2.0)
    with pytest.raises(InputError, match="above CBM"):
        scissor(raw, -3.0)
    with pytest.raises(InputError, match="one edge"):
        with_gap(PUBLISHED_EDGES["ZCIS 2/12"], 2.0)


def test_wrong_input_is_refused_in_one_line():
    edges = {"a": BandEdges(-6.0, -4.0), "b": BandEdges(-5.0, -4.0)}
    for call, match in (
        (lambda: from_vacuum(-5, "SHE"), "scale"),
        (lambda: from_vacuum(-5, "RHE", float("nan")), "pH"),
        (lambda: from_vacuum(-5, "RHE", True), "pH"),
        (lambda: align(edges, -0.1), "uncertainty"),
        (lambda: align(edges, float("inf")), "uncertainty"),
        (lambda: align({"a": edges["a"]}), "two"),
        (lambda: align({"a": edges["a"], "b": PUBLISHED_EDGES["ZCIS 2/12"]}), "one edge"),
        (lambda: BandEdges(float("nan"), 1.0), "finite"),
        (lambda: plot_staircase({}), "no band edges"),
    ):
        with pytest.raises(InputError, match=match) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_both_faces_of_a_slab(molecule_like):
    z = np.linspace(0.2, 20, 100)
    two = PlanarPotential(2, z, np.where(z < 10, 3.0, 3.5), periodic=False)
    slab = replace(molecule_like, vacuum_level=None, potential=two)
    assert work_functions(slab) == pytest.approx({"low": 5.5, "high": 6.0})
    assert band_edges(slab, "high").vbm - band_edges(slab, "low").vbm == pytest.approx(-0.5)
    assert two.slope() == 0
    with pytest.raises(InputError, match="'low' or 'high'"):
        vacuum_level(slab)
    with pytest.raises(InputError, match="no vacuum level"):
        vacuum_level(replace(molecule_like, vacuum_level=None))
    with pytest.raises(InputError, match="slab"):
        vacuum_level(molecule_like, "low")
    with pytest.raises(InputError, match="face"):
        vacuum_level(molecule_like, "top")
    assert band_edges(molecule_like).vbm == pytest.approx(-3.8 - 4.0)


def two_sided(periodic=True):
    """Two cosine potentials of spacings 3 and 2.5 Å about means 0 and 1 eV."""
    z = np.arange(0, 60, 0.07)
    left = np.cos(2 * np.pi * z / 3)
    return PlanarPotential(
        2, z, np.where(z < 30, left, 1 + 2 * np.cos(2 * np.pi * z / 2.5)), periodic
    )


def test_two_periods_flatten_both_sides():
    potential = two_sided()
    for region, mean in (((8, 22), 0.0), ((38, 52), 1.0)):
        assert plateau(potential, region, 3.0, 2.5).value == pytest.approx(mean, abs=2e-3)
        assert plateau(potential, region, 3.0, 2.5).ripple < 2e-3
    assert plateau(potential, (38, 52), 3.0).ripple > 0.2  # one period leaves the other's ripple


def test_averages_keep_the_mean_and_lines():
    potential = two_sided()
    for periods in ((3.0,), (3.0, 2.5), (7.77,)):
        average = macroscopic_average(potential, *periods)
        assert average.mean() == pytest.approx(potential.mean, abs=1e-9)
    line = PlanarPotential(2, np.arange(50.0), 0.3 * np.arange(50.0), periodic=False)
    assert macroscopic_average(line, 4.3)[5:-5] == pytest.approx(line.values[5:-5])
    for wrong in (0.0, -1.0, float("nan"), 99.0, True):
        with pytest.raises(InputError, match="period"):
            macroscopic_average(line, wrong)
    with pytest.raises(InputError, match="region"):
        plateau(line, (200, 300), 2.0)


def test_potential_alignment_puts_bulks_on_the_interface_scale(molecule_like):
    """Each bulk moves by the plateau minus its own mean, whatever its own zero is."""
    z = np.arange(10.0)
    bulk = {"periodic": True, "vacuum_level": None, "projections": {}}
    a = replace(molecule_like, potential=PlanarPotential(2, z, np.full(10, -2.0), True), **bulk)
    b = replace(
        a, energies=a.energies + 5.0, fermi_level=2.5,
        potential=PlanarPotential(2, z, np.full(10, 3.0), True),
    )  # fmt: skip
    flat = {"a": Plateau(0.0, 0.02, (1, 2)), "b": Plateau(0.7, 0.03, (8, 9))}
    found = align_by_potential({"a": a, "b": b}, flat)
    assert found.valence_offset == found.conduction_offset == pytest.approx(0.7)
    assert found.type == "II"
    assert found.uncertainty == 0.1
    assert found.a[0] == pytest.approx(a.homo + 2.0)
    with pytest.raises(InputError, match="the same two"):
        align_by_potential({"a": a}, flat)
    with pytest.raises(InputError, match="its potential"):
        align_by_potential({"a": a, "b": molecule_like}, flat)
    with pytest.raises(InputError, match="levels"):
        align_by_potential({"a": a, "b": replace(b, level={"label": "x"})}, flat)


def test_layers_align_two_sides():
    from tests.analysis.ramps import ramp

    es, atoms = ramp(10)
    found = align_by_layers(layered_pdos(es, atoms), ["A", "B"], margin=1)
    assert found.valence_offset == pytest.approx(0.5)
    assert found.uncertainty == pytest.approx(0.1)  # half the range of three layers is 0.1
    assert found.type == "II"
    thin = align_by_layers(layered_pdos(es, atoms), margin=9)
    assert any("none away" in text for text in thin.caveats)
    with pytest.raises(InputError, match="expected two"):
        align_by_layers(layered_pdos(es, atoms), ["A", "C"])


def test_figures_say_level_and_reference():
    ours = BandEdges(-5.9, -4.2, "PBE/dzp LCAO (GPAW)")
    figure = plot_staircase({**PEROVSKITE, "here": ours}, alignment=align(PEROVSKITE, 0.05))
    text = flags_of(figure)
    for part in ("PBE/dzp LCAO (GPAW)", "as published, Qiu et al. 2023", "type II", "pH 7"):
        assert part in text
    assert "V vs RHE" in figure.axes[0].get_ylabel()
    low, high = figure.axes[0].get_ylim()
    assert low > high  # potentials grow downwards
    names = {text.get_text() for text in figure.axes[0].texts}
    assert any("HCOOH" in name for name in names)
    lines = {y for line in figure.axes[0].lines for y in line.get_ydata()}
    for edge in (*PEROVSKITE.values(), ours):  # each edge is a line where it belongs
        for value in edge.on("RHE", 7):
            assert min(abs(value - y) for y in lines) < 1e-9
    drawn = plot_potential(two_sided(), (3.0, 2.5), {"A": Plateau(0.0, 0.1, (8, 22))}, level="PBE")
    assert "3.00 and 2.50 Å" in flags_of(drawn)
