"""COHP, COOP, COBI and bond orders: closed forms, sum rules, tblite's own orders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot.analysis import (
    BondCurves,
    ElectronicStructure,
    LocalOrbitals,
    PairMatrix,
    bond_integrals,
    bond_orders,
    cobi,
    cohp,
    coop,
)
from heterodot.analysis.bonding.table import bond_kinds
from heterodot.bonds import find_bonds
from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError


def solved(atoms, code="gfn1-xtb", **overrides):
    """Orbitals of a molecule by xTB, and the raw result of tblite."""
    level = Level(code, overrides=overrides)
    atoms = atoms.copy()
    atoms.calc = level.calculator(atoms)
    atoms.get_potential_energy()
    return level.local_orbitals(atoms.calc, atoms), atoms.calc.result


def two_level(overlap=0.25, beta=-3.0, alpha=-5.0, electrons=2):
    """H2 with one orbital on each atom: all answers are known in closed form."""
    s = np.array([[1.0, overlap], [overlap, 1.0]])
    energies = np.array([(alpha + beta) / (1 + overlap), (alpha - beta) / (1 - overlap)])
    c = np.array([[1, 1], [1, -1]]) / np.sqrt(2 * np.array([1 + overlap, 1 - overlap]))[:, None]
    occupations = np.clip(electrons - np.array([0.0, 2.0]), 0.0, 2.0)
    states = ElectronicStructure(
        numbers=np.array([1, 1]),
        energies=energies[None, None],
        k_weights=np.ones(1),
        occupations=occupations[None, None],
        fermi_level=float(energies.mean()),
        n_electrons=float(electrons),
        level={"label": "toy"},
    )
    return LocalOrbitals(states, c[None, None], s[None], np.array([0, 1]), np.array([0, 0]))


@given(
    overlap=st.floats(0.0, 0.6),
    beta=st.floats(-8.0, -0.5),
    alpha=st.floats(-10.0, 0.0),
    electrons=st.integers(1, 4),
)
@settings(max_examples=30, deadline=None)
def test_two_orbitals_in_closed_form(overlap, beta, alpha, electrons):
    orbitals = two_level(overlap, beta, alpha, electrons)
    up, down = orbitals.states.energies[0, 0]
    bonding, antibonding = min(2, electrons), max(0, electrons - 2)
    # COOP: 2 c1 c2 S; COHP in Löwdin's orbitals: the off-site element is half the splitting.
    expected = bonding * overlap / (1 + overlap) - antibonding * overlap / (1 - overlap)
    assert bond_integrals(orbitals, "COOP").values[0, 1] == pytest.approx(expected, abs=1e-9)
    half = 0.5 * (up - down)
    assert bond_integrals(orbitals).values[0, 1] == pytest.approx(
        (bonding - antibonding) * half, abs=1e-8
    )
    raw = bond_integrals(orbitals, basis="nonorthogonal", reference=None).values[0, 1]
    expected = beta * (bonding / (1 + overlap) - antibonding / (1 - overlap))
    assert raw == pytest.approx(expected, abs=1e-8)
    population = bonding / (1 + overlap) - antibonding / (1 - overlap)
    ps_off = 0.5 * (bonding - antibonding)
    assert bond_orders(orbitals, "wiberg").values[0, 1] == pytest.approx(ps_off**2, abs=1e-9)
    diagonal = 0.5 * (bonding / (1 + overlap) + antibonding / (1 - overlap))
    mayer = (diagonal * overlap + 0.5 * population) ** 2
    assert bond_orders(orbitals).values[0, 1] == pytest.approx(mayer, abs=1e-9)


@pytest.mark.parametrize("code", ["gfn1-xtb", "gfn2-xtb"])
@pytest.mark.parametrize(
    ("name", "pair", "expected"),
    [
        ("H2", (0, 1), 1.0),
        ("N2", (0, 1), 3.0),
        ("CO2", (0, 1), 2.0),
        ("CO", (0, 1), 2.5),
        ("H2O", (0, 1), 1.0),
        ("C2H4", (0, 1), 2.0),
    ],
)
def test_mayer_orders_are_tblites_and_the_chemists(code, name, pair, expected):
    orbitals, result = solved(molecule(name), code)
    mayer = bond_orders(orbitals)
    theirs = np.asarray(result["bond-orders"]).reshape(mayer.values.shape)
    assert mayer.values == pytest.approx(theirs, abs=1e-8)
    assert mayer.pair(*pair) == pytest.approx(expected, abs=0.17)
    assert bond_orders(orbitals, "wiberg").pair(*pair) == pytest.approx(expected, abs=0.2)


@pytest.mark.parametrize(("name", "multiplicity"), [("NO2", 2), ("O2", 3), ("CH3", 2)])
def test_orders_of_open_shells_are_tblites(name, multiplicity):
    orbitals, result = solved(molecule(name), multiplicity=multiplicity)
    assert orbitals.states.n_spins == 2
    n = len(orbitals.states.numbers)
    total = np.asarray(result["bond-orders"]).reshape(2, n, n)[0]  # the second: up minus down
    assert bond_orders(orbitals).values == pytest.approx(total, abs=1e-8)


@pytest.mark.parametrize(("name", "options"), [("CH3OH", {}), ("NO2", {"multiplicity": 2})])
def test_sum_rules(name, options):
    """All pairs and on-site terms: band energy and electrons; ICOBI is Wiberg's order."""
    orbitals, _ = solved(molecule(name), **options)
    states = orbitals.states
    for reference in ("fermi", None):
        band = (states.occupations * (states.energies - states.zero(reference))).sum()
        for basis in ("Löwdin", "nonorthogonal"):
            found = bond_integrals(orbitals, basis=basis, reference=reference)
            assert found.total == pytest.approx(band, abs=1e-7)
    assert bond_integrals(orbitals, "COOP").total == pytest.approx(states.n_electrons, abs=1e-8)
    index = bond_integrals(orbitals, "COBI").values
    wiberg = bond_orders(orbitals, "wiberg").values
    off = ~np.eye(len(wiberg), dtype=bool)
    assert index[off] == pytest.approx(wiberg[off], abs=1e-10)
    # Mulliken's gross populations from the same overlap populations
    overlap = bond_integrals(orbitals, "COOP").values
    gross = np.diag(overlap) + 0.5 * (overlap.sum(axis=1) - np.diag(overlap))
    p = states.projections["Mulliken"]
    mulliken = np.bincount(p.atom, np.einsum("skbp,skb->p", p.weights, states.occupations))
    assert gross == pytest.approx(mulliken, abs=1e-8)


def test_off_site_cohp_of_orthogonal_orbitals_knows_no_zero():
    orbitals, _ = solved(molecule("CO"))
    shifted = [bond_integrals(orbitals, reference=r).values[0, 1] for r in ("fermi", None)]
    assert shifted[0] == pytest.approx(shifted[1], abs=1e-9)
    raw = [
        bond_integrals(orbitals, basis="nonorthogonal", reference=r).values[0, 1]
        for r in ("fermi", None)
    ]
    assert abs(raw[0] - raw[1]) > 1.0
    assert any("zero of energy" in text for text in cohp(
        orbitals, [(0, 1)], basis="nonorthogonal").caveats)  # fmt: skip


def test_rotation_and_order_of_atoms_change_nothing():
    atoms = molecule("CH3OH")
    turned = atoms.copy()
    turned.rotate(37.0, (1, 2, -0.5))
    order = np.array([3, 0, 5, 1, 4, 2])
    first, second = solved(atoms)[0], solved(turned[order])[0]
    kinds = [bond_integrals, bond_orders, lambda o: bond_orders(o, "wiberg")]
    for quantity in kinds:
        a, b = quantity(first).values, quantity(second).values
        assert a[np.ix_(order, order)] == pytest.approx(b, abs=2e-4)


def test_curves_integrate_to_the_integrals_and_shells_add_up():
    orbitals, _ = solved(molecule("NO2"), multiplicity=2)
    for function, kind in ((cohp, "COHP"), (coop, "COOP"), (cobi, "COBI")):
        whole = function(orbitals, [(0, 1), ("N", "O"), ("0", "2")], width=0.05)
        matrix = bond_integrals(orbitals, kind)
        assert whole.integrals["N0–O1"] == pytest.approx(matrix.pair(0, 1), abs=1e-9)
        assert whole.integrals["N–O"] == pytest.approx(matrix.elements("N", "O"), abs=1e-9)
        parts = function(orbitals, [(f"0 {a}", f"1 {b}") for a in "sp" for b in "sp"])
        assert sum(parts.integrals.values()) == pytest.approx(matrix.pair(0, 1), abs=1e-9)
        step = np.diff(whole.energies)
        area = np.cumsum(0.5 * (whole.values[..., 1:] + whole.values[..., :-1]) * step, axis=-1)
        largest = np.abs(whole.running).max()
        assert largest > 0.5
        assert whole.running[..., 1:] == pytest.approx(area, abs=2e-3 * largest)


def test_symmetric_ends_count_each_pair_of_atoms_once():
    orbitals, _ = solved(molecule("C2H4"))
    matrix = bond_integrals(orbitals)
    assert cohp(orbitals, [("C", "C")]).integrals["C–C"] == pytest.approx(matrix.pair(0, 1))
    h = range(2, 6)
    expected = sum(matrix.pair(i, j) for i in h for j in h if i < j)
    assert cohp(orbitals, [("H", "H")]).integrals["H–H"] == pytest.approx(expected)
    some = cohp(orbitals, [([0, 2], [1, 3])])
    expected = sum(matrix.pair(i, j) for i in (0, 2) for j in (1, 3))
    assert list(some.integrals.values()) == pytest.approx([expected])


def test_labels_name_each_pair():
    orbitals, _ = solved(molecule("C2H4"))
    mask = [False, False, True, True, True, True]
    curves = cohp(orbitals, [(0, 1), (0, 1), (np.int64(-6), "1"), (0, [2, 3]), ("C", mask)])
    labels = ("C0–C1", "C0–C1 (2)", "C0–C1 (3)", "C0–H2,H3", "C–4 atoms")
    assert curves.labels == labels
    assert len(curves.integrals) == 5
    assert curves.integrals["C–4 atoms"] == pytest.approx(
        bond_integrals(orbitals).elements("C", "H")
    )
    with pytest.raises(InputError, match="mask"):
        cohp(orbitals, [("C", mask[:3])])


def test_filled_antibonding_states_are_seen():
    orbitals = two_level(electrons=4)
    curves = cohp(orbitals, [(0, 1)])
    full = replace(curves, fermi=100.0)
    assert full.antibonding_filled("H0–H1") == pytest.approx(-curves.running[0, 0].min(), rel=0.01)
    assert cohp(two_level(), [(0, 1)]).antibonding_filled("H0–H1") == pytest.approx(0, abs=1e-6)


def test_round_trips_and_words():
    orbitals, _ = solved(molecule("CO"))
    curves, orders = cohp(orbitals, [("C", "O")]), bond_orders(orbitals)
    again = BondCurves.from_dict(curves.to_dict())
    assert again.integrals == curves.integrals
    assert again.labels == ("O–C",) or again.labels == ("C–O",)
    assert PairMatrix.from_dict(orders.to_dict()).summary() == orders.summary()
    assert "O0–C1: 2.412" in orders.summary()
    assert "GFN1-xTB" in curves.summary()
    assert LocalOrbitals.from_dict(orbitals.to_dict()).states.gap == orbitals.states.gap
    assert orders.valences == pytest.approx([2.412, 2.412], abs=1e-3)


def test_bond_kinds_average_the_bonds():
    atoms = molecule("CH3OH")
    orbitals, _ = solved(atoms)
    kinds = bond_kinds(
        find_bonds(atoms), atoms.numbers, bond_integrals(orbitals), bond_orders(orbitals)
    )
    assert {k.label: k.count for k in kinds} == {"C–H": 3, "O–C": 1, "O–H": 1}
    orders = bond_orders(orbitals)
    c, h = 0, [i for i in range(6) if atoms.symbols[i] == "H" and atoms.get_distance(0, i) < 1.2]
    expected = np.mean([orders.pair(c, i) for i in h])
    assert kinds[0].order == pytest.approx(expected)
    with pytest.raises(InputError, match="one structure"):
        bond_kinds(find_bonds(atoms[:2]), atoms.numbers, orders, orders)


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        "Cu S",
        ["CO"],
        [(0,)],
        [(0, 0)],
        [(0, 7)],
        [(0, "Cu")],
        [("C d", "O")],
        [("C 2p", "O")],
        [("C g", "O")],
        [(True, 1)],
        [("C", "O", "C")],
        [(0.5, 1)],
        [("", "O")],
    ],
)
def test_bad_pairs(pairs):
    orbitals, _ = solved(molecule("CO"))
    with pytest.raises(InputError) as error:
        cohp(orbitals, pairs)
    assert "\n" not in str(error.value)


def test_bad_settings():
    orbitals = two_level()
    for settings_ in ({"width": 0.0}, {"broadening": "box"}, {"basis": "atomic"}):
        with pytest.raises(InputError):
            cohp(orbitals, [(0, 1)], **settings_)
    for kind in ("COXP", "cohp"):
        with pytest.raises(InputError):
            bond_integrals(orbitals, kind)
    with pytest.raises(InputError, match="needs overlap"):
        bond_integrals(orbitals, "COOP", basis="Löwdin")
    with pytest.raises(InputError):
        bond_orders(orbitals, "pauling")
    for i, j in ((0, 0), (0, -2), (0, 2)):
        with pytest.raises(InputError):
            bond_orders(orbitals).pair(i, j)
    with pytest.raises(InputError, match="orthonormal"):
        replace(orbitals, coefficients=1.1 * orbitals.coefficients)
    with pytest.raises(InputError, match="orthonormal"):
        replace(orbitals, coefficients=np.nan * orbitals.coefficients)
    with pytest.raises(InputError, match="expected"):
        replace(orbitals, l=np.zeros(3, int))


def test_missing_states_are_refused_for_cohp_only():
    orbitals = two_level()
    states = orbitals.states
    fewer = LocalOrbitals(
        replace(states, energies=states.energies[..., :1], occupations=states.occupations[..., :1]),
        orbitals.coefficients[:, :, :1],
        orbitals.overlap,
        orbitals.atom,
        orbitals.l,
    )
    with pytest.raises(InputError, match="kept 1 of 2"):
        cohp(fewer, [(0, 1)])
    assert bond_orders(fewer).pair(0, 1) == pytest.approx(1.0)
    assert coop(fewer, [(0, 1)]).integrals["H0–H1"] == pytest.approx(0.4)


def test_codes_without_orbitals_say_so():
    level = Level("emt")
    with pytest.raises(CapabilityError, match=r"local orbitals.*gfn1-xtb"):
        level.local_orbitals(None, Atoms("Cu"))
    assert not level.has_local_orbitals
    assert not Level("gpaw", overrides={"mode": "pw", "ecut": 300.0}).has_local_orbitals
    assert Level("gpaw").has_local_orbitals == (Level("gpaw").settings["mode"] == "lcao")


def test_figures_put_bonding_to_the_right():
    orbitals, _ = solved(molecule("NO2"), multiplicity=2)
    figure = cohp(orbitals, [("N", "O"), ("N p", "O p")]).plot()
    (axes,) = figure.axes
    line = axes.lines[0]
    assert axes.get_xlabel().startswith("−COHP")
    deep = line.get_ydata() < -8
    assert line.get_xdata()[deep].sum() > 0  # the σ states bind
    low, high = axes.get_ylim()
    assert low >= -14
    assert high <= 5
    texts = " ".join(t.get_text() for t in figure.legends[0].get_texts())
    assert "−ICOHP" in texts
    assert "spin down" in texts
    assert "GFN1-xTB" in figure.texts[-1].get_text() or "GFN1-xTB" in figure.texts[0].get_text()
    with pytest.raises(InputError):
        cohp(orbitals, [("N", "O")]).plot(labels=["C–O"])
    with pytest.raises(InputError):
        cohp(orbitals, [("N", "O")]).plot(window=(3, -3))


@pytest.mark.gpaw
def test_gpaw_lcao_gives_its_own_hamiltonian_and_sane_orders():
    """S C ε C* S against GPAW's own matrix; sum rules; CO between double and triple."""
    level = Level("gpaw", "fast", {"vacuum": 3.0})
    atoms = level.prepare(molecule("CO"))
    atoms.calc = level.calculator(atoms)
    atoms.get_potential_energy()
    orbitals = level.local_orbitals(atoms.calc, atoms)
    dft = atoms.calc.dft
    matrix = dft.scf_loop.hamiltonian.create_hamiltonian_matrix_calculator(dft.potential)
    (wfs,) = dft.ibzwfs
    own = matrix.calculate_matrix(wfs).data * 27.211386245988
    assert orbitals.hamiltonian(0, 0) == pytest.approx(own, abs=1e-5)
    states = orbitals.states
    band = (states.occupations * (states.energies - states.zero("fermi"))).sum()
    assert bond_integrals(orbitals).total == pytest.approx(band, abs=1e-6)
    assert bond_integrals(orbitals, "COOP").total == pytest.approx(10.0, abs=1e-6)
    assert 2.0 < bond_orders(orbitals).pair(0, 1) < 3.2
    assert 2.0 < bond_orders(orbitals, "wiberg").pair(0, 1) < 3.6
    assert cohp(orbitals, [("C", "O")]).integrals["C–O"] < -5
    plane = Level("gpaw", overrides={"mode": "pw", "ecut": 200.0})
    boxed = plane.prepare(molecule("H2"))
    boxed.calc = plane.calculator(boxed)
    boxed.get_potential_energy()
    with pytest.raises(CapabilityError, match="no atom-centred orbitals; for GPAW use mode 'lcao'"):
        plane.local_orbitals(boxed.calc, boxed)


@pytest.mark.gpaw
@pytest.mark.slow
def test_gpaw_silicon_with_k_points():
    """Each Si: four bonds; a supercell's pair is the primitive one's share of its images."""
    from ase.build import bulk

    level = Level("gpaw", "fast", {"kpts": [2, 2, 2], "symmetry": "off", "basis": "sz(dzp)"})
    atoms = level.prepare(bulk("Si", "diamond", 5.43))
    atoms.calc = level.calculator(atoms)
    atoms.get_potential_energy()
    orbitals = level.local_orbitals(atoms.calc, atoms)
    states = orbitals.states
    weights = states.k_weights[None, :, None] * states.occupations
    band = (weights * (states.energies - states.zero("fermi"))).sum()
    assert bond_integrals(orbitals).total == pytest.approx(band, abs=1e-6)
    assert bond_integrals(orbitals, "COOP").total == pytest.approx(8.0, abs=1e-6)
    # four equal bonds to images of the other atom, each close to a single bond
    assert bond_orders(orbitals, "wiberg").pair(0, 1) == pytest.approx(3.9, abs=0.3)
    kinds = bond_kinds(
        find_bonds(atoms), atoms.numbers, bond_integrals(orbitals), bond_orders(orbitals)
    )
    assert kinds[0].count == 4
    reduced = Level("gpaw", "fast", {"kpts": [2, 2, 2], "symmetry": "on", "basis": "sz(dzp)"})
    atoms = reduced.prepare(bulk("Si", "diamond", 5.43))
    atoms.calc = reduced.calculator(atoms)
    atoms.get_potential_energy()
    with pytest.raises(CapabilityError, match="symmetry 'off'"):
        reduced.local_orbitals(atoms.calc, atoms)
