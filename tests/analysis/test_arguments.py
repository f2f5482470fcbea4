"""No number that is none gets into an analysis, and each is refused in one line of ours."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analysis.conftest import semi_elliptic
from tests.analysis.densities import gaussians

from heterodot.analysis import (
    BandEdges,
    FreeEnergyDiagram,
    Step,
    anchor_gas,
    bader,
    band_moments,
    correct_gas,
    density_of_states,
    energy_grid,
    plot_free_energy,
    plot_pdos,
    projected_dos,
    scissor,
    with_gap,
    with_hybrid,
)
from heterodot.analysis.alignment.macroscopic import macroscopic_average
from heterodot.analysis.alignment.redox import REDOX_LEVELS, from_nhe, from_vacuum, to_nhe
from heterodot.checks import finite, finite_array, positive, window_of
from heterodot.data.electronic_structure import PlanarPotential
from heterodot.errors import InputError

STATES = semi_elliptic(n=40)
EDGES = BandEdges(-6.0, -4.0)
DENSITY = gaussians((8, 8, 8), np.eye(3) * 4, [[0.5, 0.5, 0.5]], [8], [0.5])
PATHWAY = FreeEnergyDiagram((Step("A", 0.0), Step("B", 1.0, 1)))
FLAT = PlanarPotential(2, np.arange(9.0), np.zeros(9), periodic=True)
GASES = {"CO2": -1.0, "H2": -1.0, "CO": -1.0, "H2O": -1.0}

CALLS = {
    "potential": lambda x: from_vacuum(x, "RHE"),
    "pH": lambda x: from_nhe(1.0, "RHE", x),
    "value": lambda x: to_nhe(x, "NHE"),
    "pH of a level": lambda x: REDOX_LEVELS[0].potential("NHE", x),
    "pH of edges": lambda x: EDGES.on("RHE", x),
    "edge": lambda x: BandEdges(x, -4.0) if x is not None else finite(x, "edge"),
    "shift": lambda x: scissor(EDGES, x),
    "share": lambda x: scissor(EDGES, 0.1, x if x is not True else 2),
    "gap": lambda x: with_gap(EDGES, x),
    "share of a gap": lambda x: with_gap(EDGES, 3.0, "measured", x if x is not True else 2),
    "hybrid shift": lambda x: with_hybrid(EDGES, x, 0.1),
    "width": lambda x: density_of_states(STATES, np.linspace(-1, 1, 9), width=x),
    "width of all": lambda x: projected_dos(STATES, element="Cu", width=x),
    "energy": lambda x: density_of_states(STATES, [0.0, x, 1.0]),
    "spacing": lambda x: energy_grid(STATES, spacing=x if x is not None else "x"),
    "window": lambda x: energy_grid(STATES, window=(x, 1.0)),
    "band window": lambda x: band_moments(STATES, element="Cu", window=(x, 1.0)),
    "edge width": lambda x: band_moments(STATES, element="Cu", edge_width=x),
    "vacuum": lambda x: bader(DENSITY, vacuum=x),
    "valence": lambda x: DENSITY.with_valence({"O": x}),
    "period": lambda x: macroscopic_average(FLAT, x),
    "gas": lambda x: anchor_gas({**GASES, "CO": x}),
    "corrected gas": lambda x: correct_gas({"CO2": x}, "RPBE-OCO"),
    "figure height": lambda x: plot_free_energy({"a": PATHWAY}, height=x),
    "panel height": lambda x: plot_pdos({"": projected_dos(STATES, element="Cu")}, panel_height=x),
    "drawn window": lambda x: plot_pdos(
        {"": projected_dos(STATES, element="Cu")}, window=(-2.0, x)
    ),
}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "1", None, True, [1.0], 1j])
@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_number_is_refused(call, bad):
    with pytest.raises(InputError) as refused:
        CALLS[call](bad)
    assert "\n" not in str(refused.value)


def test_numbers_of_every_kind_pass():
    for value in (2, 2.0, np.float32(2), np.int64(2)):
        assert finite(value, "x") == positive(value, "x") == 2.0
    assert finite_array((1, 2.5), "x").tolist() == [1.0, 2.5]
    assert window_of(np.array([-1, 2])) == (-1.0, 2.0)
    with pytest.raises(InputError, match="x: 1 'a': expected a finite number, eV"):
        finite_array([0.0, "a"], "x", "eV")
