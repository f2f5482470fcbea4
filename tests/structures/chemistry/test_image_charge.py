"""Images of a charge, against published constants."""

from __future__ import annotations

import numpy as np
import pytest

from heterodot.errors import InputError
from heterodot.structures.chemistry.image_charge import (
    image_charge_correction,
    madelung_constant,
    screening_share,
)
from heterodot.structures.crystals.dielectric import static_dielectric

CELLS = {
    "sc": np.eye(3),
    "fcc": np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2,
    "bcc": np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]) / 2,
}


@pytest.mark.parametrize(
    ("lattice", "wigner", "share"),
    [("sc", 0.880059, -0.369), ("fcc", 0.895874, -0.343), ("bcc", 0.895929, -0.342)],
)
def test_constants_of_the_cubic_lattices(lattice, wigner, share):
    """Energies of Wigner's crystals, −e²/rs (e.g. R. A. Coldwell-Horsfall and A. A. Maradudin, J.
    Math. Phys. 1, 395 (1960)); shares as S. Lany and A. Zunger print them.
    """
    cell = 10.0 * CELLS[lattice]
    radius = (3 / (4 * np.pi)) ** (1 / 3)  # rs of unit volume
    assert madelung_constant(cell) / 2 * radius == pytest.approx(wigner, abs=2e-6)
    assert screening_share(cell) == pytest.approx(share, abs=1e-3)


def test_correction_by_hand():
    """q²α/2εL: 14.39964 × 2.837297 × 4 / (2 × 10 × 12) = 0.68094 eV of q = 2 in a cube."""
    cell = 12.0 * np.eye(3)
    assert image_charge_correction(cell, 2, 10.0, "makov-payne") == pytest.approx(0.68094, abs=1e-4)
    found = image_charge_correction(cell, -2, 10.0)
    assert found == pytest.approx(0.68094 * (1 - 0.369 * 0.9), abs=1e-3)
    assert image_charge_correction(cell, 2, 10.0, "none") == 0.0
    # nothing screens in vacuum
    assert image_charge_correction(cell, 1, 1.0) == pytest.approx(
        image_charge_correction(cell, 1, 1.0, "makov-payne")
    )


def test_nonsense_is_one_line():
    with pytest.raises(InputError, match="expected one of lany-zunger"):
        image_charge_correction(np.eye(3), 1, 5.0, "FNV")
    with pytest.raises(InputError, match="expected a static constant of 1 or more"):
        image_charge_correction(np.eye(3), 1, 0.5)
    with pytest.raises(InputError, match="not in the table"):
        static_dielectric("CdTe")
    assert static_dielectric("ZnS") > 5.1  # that of its electrons alone
