"""Electronic structures whose answers are known in closed form."""

import numpy as np
import pytest

from heterodot.analysis import ElectronicStructure, Projections


def semi_elliptic(centre=-2.0, half_width=3.0, fermi=0.0, n=4000, n_spins=1, **kwargs):
    """Five d states times a semi-elliptic band on atom 0 (Cu), a flat s band on atom 1 (Zn)."""
    x = np.linspace(-1, 1, 20001)
    cumulative = np.cumsum(np.sqrt(1 - x**2))
    quantiles = (np.arange(n) + 0.5) / n
    d = centre + half_width * np.interp(quantiles, cumulative / cumulative[-1], x)
    s = np.linspace(-8, 8, n)
    energies = np.tile(np.concatenate([d, s]), (n_spins, 1))[:, None, :]
    weights = np.zeros((n_spins, 1, 2 * n, 2))
    weights[..., :n, 0] = 5.0 / n
    weights[..., n:, 1] = 1.0 / n
    occupations = np.where(energies < fermi, 2.0 / n_spins, 0.0)
    projections = Projections("Löwdin", weights, np.array([0, 1]), np.array([2, 0]))
    return ElectronicStructure(
        numbers=np.array([29, 30]),
        energies=energies,
        k_weights=np.ones(1),
        occupations=occupations,
        fermi_level=fermi,
        n_electrons=float(occupations.sum()),
        projections={"Löwdin": projections},
        **kwargs,
    )


@pytest.fixture
def band():
    return semi_elliptic


@pytest.fixture
def molecule_like():
    """Eight levels, two spins, random weights that sum to one, the Fermi level in a gap."""
    rng = np.random.default_rng(3)
    levels = np.array([-9.0, -6.0, -5.5, -4.0, -1.0, 0.5, 2.0, 3.0])
    energies = np.stack([levels, levels + 0.2])[:, None, :]
    weights = rng.random((2, 1, 8, 6))
    weights /= weights.sum(axis=-1, keepdims=True)
    occupations = np.where(energies < -3, 1.0, 0.0)
    projections = {
        "Mulliken": Projections(
            "Mulliken", weights, np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 0, 1, 0])
        ),
        "PAW": Projections("PAW", weights[..., :3] * 0.8, np.zeros(3, int), np.array([0, 1, 2])),
    }
    return ElectronicStructure(
        numbers=np.array([29, 6, 1]),
        energies=energies,
        k_weights=np.ones(1),
        occupations=occupations,
        fermi_level=-2.5,
        n_electrons=8.0,
        vacuum_level=4.0,
        projections=projections,
        caveats=("toy",),
    )
