"""Surface hopping along a classical path: many electrons hop, the nuclei never know.

iħ ċ_j = Σ_k (E_j δ_jk − iħ d_jk) c_k. FSSH: J. C. Tully, J. Chem. Phys. 93, 1061 (1990),
doi:10.1063/1.459170, on a classical path with upward hops times exp(−ΔE/kT) (A. V. Akimov, O. V.
Prezhdo, J. Chem. Theory Comput. 9, 4959 (2013), doi:10.1021/ct400641n). DISH: H. M. Jaeger,
S. Fischer, O. V. Prezhdo, J. Chem. Phys. 137, 22A545 (2012), doi:10.1063/1.4757100.

The Hamiltonian is constant between two frames, so that the propagator is exact and unitary; the
amplitudes of FSSH do not depend on the hops and are shared by all trajectories of one start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase.units import kB

from heterodot.analysis.motion.transfer.dephasing import HBAR
from heterodot.errors import InputError
from heterodot.records import Record

SCHEMES = ("fssh", "dish")
"""Fewest switches; decoherence-induced."""


@dataclass(frozen=True)
class Path(Record):
    """Energies and couplings along a classical path.

    Attributes
    ----------
    energies : (f, s) float array
        eV, of each frame.
    couplings : (f - 1, s, s) float array
        1/fs, half-way between frames, antisymmetric.
    interval : float
        fs from frame to frame.
    shares : (f, s) float array or None
        Of each state that is on the donor; all of it unless given.
    """

    energies: np.ndarray
    couplings: np.ndarray
    interval: float
    shares: np.ndarray | None = None

    def __post_init__(self) -> None:
        n_frames, n_states = self.energies.shape
        if n_frames < 2 or self.couplings.shape != (n_frames - 1, n_states, n_states):
            raise InputError(
                f"energies {self.energies.shape}, couplings {self.couplings.shape}: expected "
                "(f, s) and (f - 1, s, s), two frames or more"
            )
        if not self.interval > 0:
            raise InputError(f"interval {self.interval}: expected a positive time, fs")
        if self.shares is not None and self.shares.shape != self.energies.shape:
            raise InputError(f"shares {self.shares.shape}: expected those of {self.energies.shape}")
        off = float(np.abs(self.couplings + np.swapaxes(self.couplings, 1, 2)).max())
        if not off < 1e-8:
            raise InputError(f"couplings: not antisymmetric (off by {off:.1e}/fs)")

    def steps(self, starts: np.ndarray, n_steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield, for each step, the interval each start is in and the direction it is run in.

        Where the path ends it is run back: energies go on without a jump, couplings change sign.
        """
        n = len(self.couplings)
        for step in range(n_steps):
            unfolded = (starts + step) % (2 * n)
            back = unfolded >= n
            yield np.where(back, 2 * n - 1 - unfolded, unfolded), back


@dataclass(frozen=True)
class Hopping(Record):
    """What many hopping trajectories did.

    Attributes
    ----------
    times : (t,) float array
        fs.
    populations : (b, t, s) float array
        Share of trajectories on each state, for each start.
    energies : (b, t) float array
        Mean height of the occupied state above the lowest, eV, for each start.
    shares : (b, t) float array
        Mean share of the occupied state that is on the donor, for each start.
    amplitudes : (t, s) float array
        Mean |c|², for a comparison with the populations.
    hops : int
        Hops of all trajectories.
    refused : int
        Upward hops that Boltzmann's factor refused.
    n_trajectories : int
    scheme : str
    """

    times: np.ndarray
    populations: np.ndarray
    energies: np.ndarray
    shares: np.ndarray
    amplitudes: np.ndarray
    hops: int
    refused: int
    n_trajectories: int
    scheme: str


def surface_hopping(
    path: Path,
    initial: int | np.ndarray,
    n_steps: int,
    *,
    starts: np.ndarray | None = None,
    n_seeds: int = 1000,
    temperature: float = 300.0,
    scheme: Literal["fssh", "dish"] = "fssh",
    decoherence_times: np.ndarray | None = None,
    boltzmann: bool = True,
    substeps: int = 1,
    seed: int = 0,
) -> Hopping:
    """Let electrons hop between the states of a path.

    Parameters
    ----------
    path : Path
    initial : int or (b,) int array
        State each start begins in.
    n_steps : int
        Frames to run; beyond the path's end it is run back and forth.
    starts : (b,) int array, optional
        Frames to begin at; the first by default.
    n_seeds : int
        Trajectories for each start.
    temperature : float
        K, of the upward hops.
    scheme : {"fssh", "dish"}
    decoherence_times : (s, s) array, optional
        fs, of each pair of states; DISH needs them.
    boltzmann : bool
        Whether upward hops are refused by exp(−ΔE/kT).
    substeps : int
        Of a frame's interval, in each of which one may hop.
    seed : int

    Raises
    ------
    InputError
        A start or state that is not there, or DISH without decoherence times.
    """
    n_states = path.energies.shape[1]
    begin = np.atleast_1d(np.array([0]) if starts is None else np.asarray(starts, int))
    first = np.broadcast_to(np.asarray(initial, int), begin.shape)
    if len(begin) == 0 or begin.min() < 0 or begin.max() >= len(path.couplings):
        raise InputError(f"starts: expected frames 0 to {len(path.couplings) - 1}")
    if first.min() < 0 or first.max() >= n_states:
        raise InputError(f"initial state {initial}: expected 0 to {n_states - 1}")
    if n_steps < 1 or n_seeds < 1 or substeps < 1:
        raise InputError(
            f"n_steps {n_steps}, n_seeds {n_seeds}, substeps {substeps}: expected 1 or more"
        )
    if scheme not in SCHEMES:
        raise InputError(f"scheme {scheme!r}: expected {' or '.join(map(repr, SCHEMES))}")
    if boltzmann and not temperature > 0:
        raise InputError(f"temperature {temperature}: expected a positive one, K")
    run = _Run(path, begin, first, n_seeds, substeps, np.random.default_rng(seed))
    run.kt = kB * temperature if boltzmann else np.inf
    if scheme == "dish":
        if decoherence_times is None or np.shape(decoherence_times) != (n_states, n_states):
            raise InputError(
                f"scheme 'dish': expected decoherence times of shape {(n_states, n_states)}, fs"
            )
        times = np.asarray(decoherence_times, float)
        if not (times > 0).all():
            raise InputError("decoherence times: expected positive ones, fs")
        return run.dish(n_steps, 1 / times)
    return run.fssh(n_steps)


class _Run:
    """The trajectories of one call: (b, n) states, amplitudes of each start or trajectory."""

    def __init__(
        self,
        path: Path,
        starts: np.ndarray,
        initial: np.ndarray,
        n_seeds: int,
        substeps: int,
        rng: np.random.Generator,
    ) -> None:
        self.path, self.starts, self.rng, self.substeps = path, starts, rng, substeps
        self.dt = path.interval / substeps
        self.kt = np.inf
        self.active = np.repeat(initial[:, None], n_seeds, axis=1)
        n_states = path.energies.shape[1]
        self.vectors = np.eye(n_states, dtype=complex)[initial]
        middle = 0.5 * (path.energies[1:] + path.energies[:-1])
        self.middle = middle
        hamiltonian = -1j * HBAR * path.couplings
        diagonal = np.arange(n_states)
        hamiltonian[:, diagonal, diagonal] += middle
        self.forward = _propagators(hamiltonian, self.dt)
        hamiltonian = 1j * HBAR * path.couplings
        hamiltonian[:, diagonal, diagonal] += middle
        self.backward = _propagators(hamiltonian, self.dt)
        self.hops = self.refused = 0

    def fssh(self, n_steps: int) -> Hopping:
        """Fewest switches, amplitudes shared by the trajectories of a start."""
        record = _Record(self, n_steps)
        rows = np.arange(len(self.starts))[:, None]
        for step, (where, back) in enumerate(self.path.steps(self.starts, n_steps)):
            propagator = np.where(back[:, None, None], self.backward[where], self.forward[where])
            sign = np.where(back, -1.0, 1.0)[:, None, None]
            coupling = sign * self.path.couplings[where]
            factor = self._boltzmann(where)
            for _ in range(self.substeps):
                before = self.vectors
                self.vectors = np.einsum("bjk,bk->bj", propagator, before)
                jumps = _switches(0.5 * (before + self.vectors), before, coupling, self.dt)
                self._hop(jumps, factor, rows)
            record.add(step + 1, np.abs(self.vectors) ** 2)
        return record.result("fssh")

    def _boltzmann(self, where: np.ndarray) -> np.ndarray:
        """(b, from, to) probability that a hop is not refused."""
        if not np.isfinite(self.kt):
            n = self.middle.shape[1]
            return np.ones((len(where), n, n))
        rise = self.middle[where][:, None, :] - self.middle[where][:, :, None]
        return np.exp(-np.clip(rise, 0, None) / self.kt)

    def _hop(self, jumps: np.ndarray, factor: np.ndarray, rows: np.ndarray) -> None:
        """Draw the hops of all trajectories: ``jumps`` are the probabilities (b, from, to)."""
        if not (jumps > 0).any():
            return
        limits = np.cumsum(jumps, axis=2)[rows, self.active]  # (b, n, s)
        drawn = self.rng.random(self.active.shape)
        going = np.nonzero(drawn < limits[..., -1])
        if not len(going[0]):
            return
        target = (drawn[going][:, None] >= limits[going]).sum(axis=1)
        kept = factor[going[0], self.active[going], target]
        taken = self.rng.random(len(target)) < kept
        self.active[going[0][taken], going[1][taken]] = target[taken]
        self.hops += int(taken.sum())
        self.refused += int((~taken).sum())

    def dish(self, n_steps: int, rates: np.ndarray) -> Hopping:
        """Decoherence-induced: each trajectory has amplitudes and events of its own."""
        self.vectors = np.repeat(self.vectors[:, None, :], self.active.shape[1], axis=1)
        record = _Record(self, n_steps)
        for step, (where, back) in enumerate(self.path.steps(self.starts, n_steps)):
            propagator = np.where(back[:, None, None], self.backward[where], self.forward[where])
            factor = self._boltzmann(where)
            for _ in range(self.substeps):
                self.vectors = self.vectors @ np.swapaxes(propagator, 1, 2)
                self._decohere(rates, factor)
            record.add(step + 1, (np.abs(self.vectors) ** 2).mean(axis=1))
        return record.result("dish")

    def _decohere(self, rates: np.ndarray, factor: np.ndarray) -> None:
        """One state at most loses its phase in each trajectory: it is taken, or taken out."""
        weights = np.abs(self.vectors) ** 2
        chance = -np.expm1(-self.dt * (weights @ rates))  # 1/τ_α = Σ_β |c_β|² r_αβ
        chance = np.where(weights > 1e-12, chance, 0.0)
        events = self.rng.random(chance.shape) < chance
        happening = events.any(axis=2)
        if not happening.any():
            return
        b, n = np.nonzero(happening)
        ties = self.rng.random((len(b), chance.shape[2])) * events[b, n]
        state = ties.argmax(axis=1)  # of several at once, one by lot
        vectors, active = self.vectors[b, n], self.active[b, n]
        rows = np.arange(len(b))
        chosen = self.rng.random(len(b)) < np.abs(vectors[rows, state]) ** 2
        # not chosen: the state is taken out; whoever was on it goes to one of the others
        rest = np.abs(vectors) ** 2
        rest[rows, state] = 0.0
        other = _draw(rest, self.rng)
        target = np.where(chosen, state, np.where(active == state, other, active))
        moving = target != active
        allowed = self.rng.random(len(b)) < factor[b, active, target]
        taken, refused = moving & allowed, moving & ~allowed
        single = np.eye(vectors.shape[1], dtype=complex)
        collapse = chosen & ~refused
        without = ~collapse & ~(refused & (active == state))
        vectors[collapse] = single[state[collapse]]
        vectors[rows[without], state[without]] = 0.0
        stays = refused & (active == state)
        vectors[stays] = single[active[stays]]
        norm = np.linalg.norm(vectors, axis=1)
        empty = norm < 1e-12
        vectors[empty] = single[np.where(taken, target, active)[empty]]
        norm[empty] = 1.0
        self.vectors[b, n] = vectors / norm[:, None]
        self.active[b, n] = np.where(taken, target, active)
        self.hops += int(taken.sum())
        self.refused += int(refused.sum())


def _draw(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    limits = np.cumsum(weights, axis=1)
    drawn = rng.random(len(weights)) * limits[:, -1]
    found: np.ndarray = np.minimum((drawn[:, None] >= limits).sum(axis=1), weights.shape[1] - 1)
    return found


def _propagators(hamiltonian: np.ndarray, dt: float) -> np.ndarray:
    """Return exp(−iHt/ħ) of each Hermitian matrix."""
    values, vectors = np.linalg.eigh(hamiltonian)
    phases = np.exp(-1j * values * dt / HBAR)
    found: np.ndarray = (vectors * phases[:, None, :]) @ np.conj(np.swapaxes(vectors, 1, 2))
    return found


def _switches(
    vectors: np.ndarray, before: np.ndarray, couplings: np.ndarray, dt: float
) -> np.ndarray:
    """(b, from, to) probability of a switch: the flow from one state to another over what is there.

    d|c_k|²/dt = −2 Re Σ_j c_k* d_kj c_j, at the middle of the step.
    """
    flow = -2 * (vectors.conj()[:, None, :] * vectors[:, :, None]).real
    flow = flow * np.swapaxes(couplings, 1, 2) * dt  # (b, j, k): from j to k
    there = np.abs(before) ** 2
    found: np.ndarray = np.clip(flow, 0, None) / np.maximum(there, 1e-12)[:, :, None]
    excess = np.maximum(found.sum(axis=2, keepdims=True), 1.0)
    return found / excess


class _Record:
    """Populations, energies and amplitudes after each step."""

    def __init__(self, run: _Run, n_steps: int) -> None:
        b, (_, s) = len(run.starts), run.path.energies.shape
        self.run = run
        self.populations = np.empty((b, n_steps + 1, s))
        self.energies = np.empty((b, n_steps + 1))
        self.shares = np.ones((b, n_steps + 1))
        self.amplitudes = np.empty((n_steps + 1, s))
        first = np.abs(run.vectors) ** 2
        self.add(0, first.mean(axis=1) if first.ndim == 3 else first)

    def add(self, step: int, weights: np.ndarray) -> None:
        run = self.run
        n_frames, n_states = run.path.energies.shape
        b, n = run.active.shape
        flat = (run.active + n_states * np.arange(b)[:, None]).ravel()
        share = np.bincount(flat, minlength=b * n_states).reshape(b, n_states) / n
        unfolded = (run.starts + step) % (2 * (n_frames - 1))
        frame = np.where(unfolded < n_frames, unfolded, 2 * (n_frames - 1) - unfolded)
        self.populations[:, step] = share
        levels = run.path.energies[frame]
        self.energies[:, step] = (share * levels).sum(axis=1) - levels.min(axis=1)
        if run.path.shares is not None:
            self.shares[:, step] = (share * run.path.shares[frame]).sum(axis=1)
        self.amplitudes[step] = weights.mean(axis=0)

    def result(self, scheme: str) -> Hopping:
        run = self.run
        return Hopping(
            times=run.path.interval * np.arange(self.populations.shape[1]),
            populations=self.populations,
            energies=self.energies,
            shares=self.shares,
            amplitudes=self.amplitudes,
            hops=run.hops,
            refused=run.refused,
            n_trajectories=run.active.size,
            scheme=scheme,
        )
