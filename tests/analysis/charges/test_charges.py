"""Fragment charges and charge transfer."""

from dataclasses import replace

import numpy as np
import pytest

from heterodot.analysis import charge_transfer, charges_by_element, fragment_charge
from heterodot.errors import InputError


@pytest.fixture
def charged(molecule_like):
    charges = {"Mulliken": np.array([0.3, -0.4, 0.1]), "Hirshfeld": np.array([0.1, -0.2, 0.1])}
    return replace(molecule_like, charges=charges)


def test_fragments_sum_to_the_total(charged):
    parts = [fragment_charge(charged, i, partition="Mulliken") for i in range(3)]
    assert sum(parts) == pytest.approx(fragment_charge(charged, partition="Mulliken"))
    assert fragment_charge(charged, element="C") == pytest.approx(-0.2)  # Hirshfeld preferred


def test_transfer(charged):
    fragment = replace(
        charged,
        numbers=np.array([6, 1]),
        projections={},
        charges={"Mulliken": np.array([-0.1, 0.1])},
    )
    result = charge_transfer(charged, [1, 2], fragment, partition="Mulliken")
    assert result.electrons_gained == pytest.approx(0.3)
    assert charge_transfer(charged, [1, 2], -1.0).transfer == pytest.approx(0.9)
    assert "Mulliken" in result.summary()
    assert result.to_dict()["electrons_gained"] == pytest.approx(0.3)
    with pytest.raises(InputError, match="Hirshfeld"):
        charge_transfer(charged, [1, 2], fragment)
    with pytest.raises(InputError, match="elements of the fragment"):
        charge_transfer(charged, [0, 1], fragment, partition="Mulliken")


def test_by_element_and_missing(charged, molecule_like):
    assert charges_by_element(charged, "Mulliken")["Cu"] == pytest.approx((0.3, 0.3, 0.3))
    with pytest.raises(InputError, match="none"):
        fragment_charge(molecule_like)
