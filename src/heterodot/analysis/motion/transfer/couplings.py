"""States followed along a trajectory, and their non-adiabatic couplings.

d_jk(t + Δt/2) = [⟨φ_j(t)|φ_k(t+Δt)⟩ − ⟨φ_j(t+Δt)|φ_k(t)⟩]/(2Δt) (S. Hammes-Schiffer, J. C. Tully,
J. Chem. Phys. 101, 4657 (1994), doi:10.1063/1.467455). The sign of an orbital is arbitrary at each
geometry and orbitals change places as their energies cross: both are put right first (crossings by
the assignment of largest overlap; E. Fabiano, T. W. Keal,
W. Thiel, Chem. Phys. 349, 334 (2008), doi:10.1016/j.chemphys.2008.01.044).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.errors import InputError
from heterodot.records import Record

LOST = 0.5
"""Squared overlap with all states kept, below which a state has left the window."""


@dataclass(frozen=True)
class FollowedStates(Record):
    """States along a trajectory that keep their identity.

    Attributes
    ----------
    energies : (f, s) float array
        eV.
    couplings : (f - 1, s, s) float array
        d_jk half-way between two frames, 1/fs; antisymmetric.
    weights : (f, s, d) float array
        Share of each state on each domain.
    order : (f, s) int array
        Which state by energy each of them is in each frame.
    crossings : int
        Times that two neighbours changed places.
    kept : (f - 1, s) float array
        Σ_k |⟨φ_j(t)|φ_k(t+Δt)⟩|²: 1 where the state is still in the window.
    """

    energies: np.ndarray
    couplings: np.ndarray
    weights: np.ndarray
    order: np.ndarray
    crossings: int
    kept: np.ndarray

    @property
    def lost(self) -> int:
        """Times that a state left the window of states kept."""
        return int((self.kept < LOST).sum())


def follow_states(
    energies: np.ndarray,
    overlaps: np.ndarray,
    interval: float,
    weights: np.ndarray | None = None,
) -> FollowedStates:
    """Return states that keep sign and identity, with their couplings.

    Parameters
    ----------
    energies : (f, s) array
        eV, ascending in each frame.
    overlaps : (f - 1, s, s) array
        ⟨φ_j(t)|φ_k(t+Δt)⟩ of real orbitals, as they were calculated.
    interval : float
        fs.
    weights : (f, s, d) array, optional
        Share of each state on each domain.

    Raises
    ------
    InputError
        Shapes that do not fit, or complex overlaps.
    """
    from scipy.optimize import linear_sum_assignment

    n_frames, n_states = energies.shape
    if overlaps.shape != (n_frames - 1, n_states, n_states) or np.iscomplexobj(overlaps):
        raise InputError(
            f"overlaps of shape {overlaps.shape}, {overlaps.dtype}: expected real numbers of shape "
            f"{(n_frames - 1, n_states, n_states)}"
        )
    if not interval > 0:
        raise InputError(f"interval {interval}: expected a positive time, fs")
    order = np.empty((n_frames, n_states), int)
    order[0] = np.arange(n_states)
    signs = np.ones(n_states)
    couplings = np.empty((n_frames - 1, n_states, n_states))
    kept = np.empty((n_frames - 1, n_states))
    for t, raw in enumerate(overlaps):
        here = raw[order[t]] * signs[:, None]
        kept[t] = (here**2).sum(axis=1)
        _, column = linear_sum_assignment(-np.abs(here))
        order[t + 1] = column
        placed = here[:, column]
        signs = np.where(np.diagonal(placed) < 0, -1.0, 1.0)
        placed = placed * signs[None, :]
        couplings[t] = (placed - placed.T) / (2 * interval)
    rows = np.arange(n_frames)[:, None]
    shares = np.ones((n_frames, n_states, 1)) if weights is None else weights
    return FollowedStates(
        energies=energies[rows, order],
        couplings=couplings,
        weights=shares[rows, order],
        order=order,
        crossings=_exchanges(order),
        kept=kept,
    )


def _exchanges(order: np.ndarray) -> int:
    """Return how many pairs of states changed their order between frames, summed over frames."""
    later = order[1:, :, None] < order[1:, None, :]
    before = order[:-1, :, None] < order[:-1, None, :]
    return int((later != before).sum()) // 2
