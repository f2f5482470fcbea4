"""Electron transfer across a joint: states along a trajectory, their couplings, surface hopping."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.figures.style import join_caption
from heterodot.analysis.motion.transfer.couplings import FollowedStates, follow_states
from heterodot.analysis.motion.transfer.decay import POOR, Decay, fit_decay
from heterodot.analysis.motion.transfer.dephasing import HBAR, Dephasing, dephasing, pair_times
from heterodot.analysis.motion.transfer.hopping import Hopping, Path, surface_hopping
from heterodot.analysis.motion.transfer.plot import plot_gap, plot_transfer
from heterodot.analysis.motion.transfer.spectral import SpectralDensity, spectral_density
from heterodot.data.flags import Marked, flag_note
from heterodot.errors import InputError
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.parts.steps import relax_judged
from heterodot.workflows.questions.dynamics.along import (
    SHORT,
    AlongTrajectory,
    gap_gates,
    none_for_nan,
    velocities_of,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.moving.states_along import StatesAlongResult, check_orthonormal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SEPARATED = 0.5
"""Share of a state on a domain from which on it is said to be there."""

ELECTRONIC_STEP = 0.5
"""fs, at most, between two chances to hop."""

HOPPING = ("not-decayed", "not-exponential")
"""Flags of the curves of hopping alone."""

PUBLISHED = (
    "published for CsPbBr3/CdS by DFT: transfer 801 fs, energy relaxation 1218 fs (L. Qiu et al., "
    "Adv. Sci. 2023, 2206560); not to be expected of small dots with xTB's one-electron states"
)


@dataclass(frozen=True)
class ElectronTransferResult(Result):
    """How an electron (or hole) goes from one domain to another.

    Attributes
    ----------
    structure : Atoms
        First frame; arrays ``initial_state`` and ``final_state`` hold the share of the two states
        on each atom there.
    donor, acceptor : str
        Domains.
    carrier : str
    followed : FollowedStates
    donor_shares : (f, s) float array
        Share of each state on the donor.
    initial, final : int
        Which of the states followed.
    interval : float
        fs.
    density : SpectralDensity
        Of the gap between initial and final state.
    loss : Dephasing
        Of this gap.
    hopping : Hopping
    transfer, relaxation : Decay
        Of the donor's population and of the energy above the lowest state.
    approximation : float
        Root mean square error of ħd, eV, had orthogonalised orbitals been taken as standing still;
        NaN where they were.
    """

    structure: Atoms
    donor: str
    acceptor: str
    carrier: str
    followed: FollowedStates
    donor_shares: np.ndarray
    initial: int
    final: int
    interval: float
    density: SpectralDensity
    loss: Dephasing
    hopping: Hopping
    transfer: Decay
    relaxation: Decay
    approximation: float

    @property
    def structures(self) -> dict[str, Atoms]:
        """The first frame."""
        return {"first-frame": self.structure}

    @property
    def gap(self) -> np.ndarray:
        """Energy of the initial state above the final one, eV, along the trajectory."""
        energies = self.followed.energies
        gap: np.ndarray = energies[:, self.initial] - energies[:, self.final]
        return gap

    @property
    def coupling(self) -> float:
        """Root mean square of ħd between initial and final state, eV."""
        pair = self.followed.couplings[:, self.initial, self.final]
        return float(HBAR * np.sqrt((pair**2).mean()))

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        shares = self.donor_shares.mean(axis=0)
        moving = tuple(f for f in self.flags if f.name != SHORT)
        spectral = tuple(f for f in self.flags if f.name not in HOPPING)
        hopped: dict[str, float] = {
            "transfer time (fs)": self.transfer.time,
            "transfer time, error (fs)": self.transfer.error,
            "transfer, R² of the exponential": self.transfer.r_squared,
            "energy relaxation time (fs)": self.relaxation.time,
            "energy relaxation time, error (fs)": self.relaxation.error,
            "energy relaxation, R² of the exponential": self.relaxation.r_squared,
            "mean initial − final (eV)": float(self.gap.mean()),
            "ħd initial–final, rms (meV)": 1000 * self.coupling,
            f"initial state on {self.donor}": float(shares[self.initial]),
            f"final state on {self.donor}": float(shares[self.final]),
            f"on {self.donor} at the end": float(self.hopping.shares[:, -1].mean()),
        }
        if np.isfinite(self.approximation):
            hopped["ħd, error had the orbitals stood still, rms (meV)"] = 1000 * self.approximation
        seen: Values = {"pure dephasing (fs)": self.loss.time, **self.density.line_values()}
        counts = {
            "states crossed": self.followed.crossings,
            "frames": len(self.followed.energies),
            "trajectories": self.hopping.n_trajectories,
            "resolution (cm⁻¹)": self.density.resolution,
        }
        return {
            **{name: Marked(value, moving) for name, value in hopped.items()},
            **{name: _marked(value, spectral) for name, value in seen.items()},
            **{name: Marked(value) for name, value in counts.items()},
        }

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        written = {
            "carrier": self.carrier,
            "donor": self.donor,
            "acceptor": self.acceptor,
            "scheme": self.hopping.scheme,
            "transfer": self.transfer.to_dict(),
            "relaxation": self.relaxation.to_dict(),
            "interval": self.interval,
            "gap": self.gap.tolist(),
            "lines": [line.to_dict() for line in self.density.lines],
            "times": self.hopping.times.tolist(),
            "donor_population": self.hopping.shares.mean(axis=0).tolist(),
            "energy_above_lowest": self.hopping.energies.mean(axis=0).tolist(),
            "structure": structure_to_dict(self.structure),
        }
        found: dict[str, Any] = none_for_nan(written)
        return found

    def headline(self) -> str:
        """Return the two times."""
        q = self.quantities()
        lines = []
        for what, name, decay in (
            (
                f"{self.carrier} from {self.donor} to {self.acceptor}",
                "transfer time",
                self.transfer,
            ),
            ("energy relaxation", "energy relaxation time", self.relaxation),
        ):
            time = decay.told(float(self.hopping.times[-1]), q[f"{name} (fs)"].mark)
            if decay.time < 2 * self.hopping.times[-1]:
                time += f", R² {decay.r_squared:.2f}"
            lines.append(f"{what}: {time}")
        return (
            f"{lines[0]}; {lines[1]} ({self.hopping.scheme.upper()}, "
            f"{self.hopping.n_trajectories} trajectories)"
        )

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the transfer, and the fluctuation of the gap between the two states."""
        return {
            f"transfer-{name}": partial(self.plot, title),
            f"transfer-gap-{name}": partial(self.plot_gap, title),
        }

    def plot(self, title: str = "", *, caption: str = "") -> Figure:
        """Draw the states, the donor's population and the energy."""
        text = join_caption([caption, title, self.headline(), flag_note(self.flags)])
        return plot_transfer(
            self.followed.energies,
            self.donor_shares,
            self.interval,
            self.hopping,
            self.transfer,
            self.relaxation,
            donor=self.donor,
            caption=text,
        )

    def plot_gap(self, title: str = "") -> Figure:
        """Draw the gap between initial and final state, its spectrum and dephasing."""
        text = join_caption([title, flag_note(self.flags)])
        return plot_gap(
            self.gap, self.interval, self.density, self.loss, what="Initial − final", caption=text
        )


@dataclass(frozen=True, eq=False)
class ElectronTransfer(AlongTrajectory):
    """Electron or hole transfer between two domains by surface hopping on a classical path.

    One-electron states about the gap in every frame of a trajectory, followed by their overlaps,
    Hammes-Schiffer–Tully couplings, many hopping trajectories from many frames. See
    :class:`AlongTrajectory` for the trajectory's own keys.

    Parameters
    ----------
    carrier : {"electron", "hole"}
        Electrons in the empty states, holes in the filled ones.
    states_kept : int
        States of the carrier, 2 or more.
    donor, acceptor : str or None
        Values of the array ``domain``; by default the acceptor is where the lowest state is, the
        donor the other domain that has most of a state.
    scheme : {"dish", "fssh"}
        Decoherence-induced or fewest switches.
    starts : int
        Frames to begin at, evenly spread.
    trajectories : int
        For each start.
    time : float
        Of hopping, fs; beyond the trajectory's end it is run back and forth.
    boltzmann : bool
        Whether upward hops are refused by exp(−ΔE/kT).
    longest : float or None
        Longest lag of the gap's autocorrelation, fs.
    """

    kind: ClassVar[str] = "electron_transfer"

    carrier: Literal["electron", "hole"] = "electron"
    states_kept: int = 6
    donor: str | None = None
    acceptor: str | None = None
    scheme: Literal["dish", "fssh"] = "dish"
    starts: int = 20
    trajectories: int = 200
    time: float = 2000.0
    boltzmann: bool = True
    longest: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("local_orbitals")
        if self.states_kept < 2 or self.starts < 1 or self.trajectories < 1:
            raise InputError(
                f"states_kept {self.states_kept}, starts {self.starts}, trajectories "
                f"{self.trajectories}: expected 2 states and 1 of the others, or more"
            )
        if not self.time > 0:
            raise InputError(f"time {self.time}: expected a positive time, fs")
        domains = list(dict.fromkeys(np.asarray(self.atoms.arrays.get("domain", [])).astype(str)))
        if len(domains) < 2:
            raise InputError(
                f"electron_transfer of {self.atoms.get_chemical_formula()}: of {len(domains)} "
                "domains: expected a structure of two or more, told by its array 'domain' "
                "(janus, interface, core_shell)"
            )
        for name in ("donor", "acceptor"):
            given = getattr(self, name)
            if given is not None and given not in domains:
                raise InputError(f"{name} {given!r}: expected one of {', '.join(domains)}")
        if self.donor is not None and self.donor == self.acceptor:
            raise InputError(f"donor and acceptor {self.donor!r}: expected two domains")

    @property
    def window(self) -> tuple[int, int]:
        """Filled and empty states that are asked for."""
        return (1, self.states_kept) if self.carrier == "electron" else (self.states_kept, 1)

    def run(self, runner: Runner) -> ElectronTransferResult:
        """Run the dynamics, take the states, couple them, hop."""
        frames, flags = self.frames(runner, relax_judged)
        states = self.states(runner, frames, *self.window, couple=True)
        check_orthonormal(states.off, self.level)
        followed, rough = self._followed(states, frames.interval)
        donor, acceptor, shares = self._domains(states.domains, followed)
        initial, final = _ends(followed, shares)
        path = Path(followed.energies, followed.couplings, frames.interval, shares)
        hopping = self._hop(path, shares)
        gap = followed.energies[:, initial] - followed.energies[:, final]
        density = spectral_density(
            gap, frames.interval, velocities=velocities_of(frames), atoms=frames.atoms,
            longest=self.longest,
        )  # fmt: skip
        transfer = fit_decay(hopping.times, hopping.shares)
        relaxation = fit_decay(hopping.times, np.maximum(hopping.energies, 1e-12))
        flags += gap_gates(states, density.resolution)
        flags += _transfer_gates(followed, shares, (initial, final), (donor, acceptor), gap)
        flags += _decay_gates(transfer, relaxation, hopping.times[-1])
        known = {"Cs", "Pb", "Br", "Cd", "S"} >= set(self.atoms.symbols) >= {"Cs", "Cd"}
        return ElectronTransferResult(
            level=self.level.label,
            flags=flags,
            caveats=(*self.level.caveats(self.atoms), *([PUBLISHED] if known else [])),
            structure=self._described(self.first(frames), states, initial, final),
            donor=donor,
            acceptor=acceptor,
            carrier=self.carrier,
            followed=followed,
            donor_shares=shares,
            initial=initial,
            final=final,
            interval=frames.interval,
            density=density,
            loss=dephasing(density.correlation, frames.interval),
            hopping=hopping,
            transfer=transfer,
            relaxation=relaxation,
            approximation=rough if states.exact else float("nan"),
        )

    def _kept(self) -> slice:
        """Which of the states calculated the carrier is in; a hole's from the top downwards."""
        return slice(1, None) if self.carrier == "electron" else slice(-2, None, -1)

    def _followed(self, states: StatesAlongResult, interval: float) -> tuple[FollowedStates, float]:
        """Return the carrier's states and the error (eV) of orbitals taken as standing still."""
        kept = self._kept()
        sign = 1.0 if self.carrier == "electron" else -1.0
        energies = sign * states.energies[:, kept]
        weights = states.weights[:, kept]
        found = follow_states(energies, states.overlaps[:, kept, kept], interval, weights)
        other = follow_states(energies, states.orthogonalised[:, kept, kept], interval, weights)
        same = (found.order == other.order).all(axis=1)[1:]
        apart = np.abs(other.couplings[same]) - np.abs(found.couplings[same])
        error = HBAR * float(np.sqrt((apart**2).mean())) if same.any() else float("nan")
        return found, error

    def _domains(
        self, domains: tuple[str, ...], followed: FollowedStates
    ) -> tuple[str, str, np.ndarray]:
        """Return donor, acceptor and the share of each state on the donor."""
        mean = followed.weights.mean(axis=0)  # (s, d)
        lowest = int(followed.energies.mean(axis=0).argmin())
        acceptor, donor = self.acceptor, self.donor
        if acceptor is None:
            acceptor = max(
                (d for d in domains if d != donor), key=lambda d: mean[lowest, domains.index(d)]
            )
        if donor is None:
            donor = max(
                (d for d in domains if d != acceptor), key=lambda d: mean[:, domains.index(d)].max()
            )
        return donor, acceptor, followed.weights[:, :, domains.index(donor)]

    def _hop(self, path: Path, shares: np.ndarray) -> Hopping:
        """Let the carriers hop, from the state that is most on the donor at each start."""
        n = len(path.couplings)
        starts = np.unique(np.linspace(0, n - 1, self.starts).astype(int))
        times = pair_times(path.energies, path.interval) if self.scheme == "dish" else None
        return surface_hopping(
            path,
            shares[starts].argmax(axis=1),
            max(3, round(self.time / path.interval)),
            starts=starts,
            n_seeds=self.trajectories,
            temperature=self.temperature,
            scheme=self.scheme,
            decoherence_times=times,
            boltzmann=self.boltzmann,
            substeps=int(np.ceil(path.interval / ELECTRONIC_STEP)),
            seed=self.seed,
        )

    def _described(
        self, atoms: Atoms, states: StatesAlongResult, initial: int, final: int
    ) -> Atoms:
        weights = states.atom_weights[self._kept()]
        atoms.set_array("initial_state", weights[initial])
        atoms.set_array("final_state", weights[final])
        return atoms


def _marked(value: float | str | Marked, flags: tuple[Flag, ...]) -> Marked:
    return value if isinstance(value, Marked) else Marked(value, flags)


def _ends(followed: FollowedStates, shares: np.ndarray) -> tuple[int, int]:
    """Return the state most on the donor, and the lowest of the others that is not there."""
    mean, energies = shares.mean(axis=0), followed.energies.mean(axis=0)
    initial = int(mean.argmax())
    others = [k for k in range(len(mean)) if k != initial]
    away = [k for k in others if mean[k] < SEPARATED] or others
    return initial, min(away, key=lambda k: energies[k])


def _transfer_gates(
    followed: FollowedStates,
    shares: np.ndarray,
    ends: tuple[int, int],
    names: tuple[str, str],
    gap: np.ndarray,
) -> tuple[Flag, ...]:
    """Flag states that are not apart, that cross, leave the window or lie uphill."""
    flags: tuple[Flag, ...] = ()
    first, last = (float(shares[:, k].mean()) for k in ends)
    if first < SEPARATED or last >= SEPARATED:
        flags += (
            Flag(
                "no-charge-separation",
                f"{100 * first:.0f} % of the initial and {100 * last:.0f} % of the final state are "
                f"on {names[0]}: nothing goes from {names[0]} to {names[1]}",
            ),
        )
    if gap.mean() <= 0:
        flags += (
            Flag(
                "no-driving-force",
                f"the initial state lies {-gap.mean():.3f} eV below the final one on average: "
                "the way is uphill",
            ),
        )
    if followed.crossings:
        flags += (
            Flag(
                "states-crossed",
                f"neighbouring states changed places {followed.crossings} times in "
                f"{len(followed.energies)} frames; they were followed by their overlap",
            ),
        )
    if followed.lost:
        flags += (
            Flag(
                "state-left-window",
                f"less than half of a state was found among those of the next frame "
                f"{followed.lost} times: keep more states or a shorter interval",
            ),
        )
    return flags


def _decay_gates(transfer: Decay, relaxation: Decay, time: float) -> tuple[Flag, ...]:
    """Flag curves that do not fall, or not exponentially."""
    flags: tuple[Flag, ...] = ()
    for what, decay in (("the donor's population", transfer), ("the energy", relaxation)):
        if not decay.time < 2 * time:
            flags += (
                Flag("not-decayed", f"{what}: hardly falls within {time:g} fs: hop for longer"),
            )
        elif not decay.r_squared > POOR:
            flags += (
                Flag(
                    "not-exponential",
                    f"{what}: R² {decay.r_squared:.2f} of the exponential, expected {POOR:g}",
                ),
            )
    return flags
