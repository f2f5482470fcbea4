"""What surface hopping and a gap's spectral density cost, beside a plain Python loop.

    python benchmarks/surface_hopping.py [--trajectories 10000] [--steps 10000]

Fewest switches on a classical path of 2, 4 and 6 states: the vectorised runs in full, the loop over
trajectories for as many of them as take a few seconds (its time grows in proportion, every
trajectory costs the same). Decoherence-induced hopping, whose amplitudes are each trajectory's own,
for a tenth of the trajectories and steps. Then autocorrelation and spectral density of 10⁶ frames.

Measured, CPU seconds of one core of a shared server (numpy 2, Python 3.11), 10⁴ trajectories of 10⁴
steps; the loop is extrapolated from the 70 to 120 trajectories of a tenth of the steps that 4 s
allow, DISH from a hundredth:

======  =======  ============  =========  =======
states  FSSH     plain loop    ratio      DISH
======  =======  ============  =========  =======
2       7.4 s    3490 s        470        68 s
4       7.6 s    5730 s        750        72 s
6       7.1 s    5970 s        840        70 s
======  =======  ============  =========  =======

Autocorrelation and spectral density of 10⁶ frames, lines found: 0.4 to 0.8 s.
"""

from __future__ import annotations

import argparse
import cmath
import math
import random
import time

import numpy as np
from ase.units import kB

from heterodot.analysis.motion.transfer.dephasing import HBAR
from heterodot.analysis.motion.transfer.hopping import Path, surface_hopping
from heterodot.analysis.motion.transfer.spectral import spectral_density

TARGET, SECOND = 50.0, 1.0
LOOP_SECONDS = 4.0


def path_of(n_states: int, n_frames: int = 1001) -> Path:
    """Levels 0.05 eV apart that wander by 0.01 eV, couplings of 5 meV."""
    rng = np.random.default_rng(n_states)
    raw = 0.005 / HBAR * rng.normal(size=(n_frames - 1, n_states, n_states)) / np.sqrt(2)
    energies = 0.05 * np.arange(n_states) + 0.01 * rng.normal(size=(n_frames, n_states))
    return Path(energies, raw - np.swapaxes(raw, 1, 2), 1.0)


def looped(path: Path, n_steps: int, seconds: float) -> tuple[float, int, list[int]]:
    """One trajectory after the other as one writes it first: amplitudes by Runge and Kutta."""
    n = path.energies.shape[1]
    energies, couplings = path.energies.tolist(), path.couplings.tolist()
    began, done, ends = time.process_time(), 0, []
    while time.process_time() - began < seconds or done == 0:
        c, active = [0j] * n, n - 1
        c[active] = 1 + 0j
        for step in range(n_steps):
            k, back = step % (2 * len(couplings)), False
            if k >= len(couplings):
                k, back = 2 * len(couplings) - 1 - k, True
            sign = -1.0 if back else 1.0
            level = [0.5 * (a + b) for a, b in zip(energies[k], energies[k + 1], strict=True)]
            d = couplings[k]
            c = _stepped(c, level, d, sign, path.interval)
            active = _hopped(c, active, level, d, sign, path.interval)
        ends.append(active)
        done += 1
    return time.process_time() - began, done, ends


def _slope(c, level, d, sign):
    n = len(c)
    return [
        -1j * level[j] * c[j] / HBAR - sign * sum(d[j][k] * c[k] for k in range(n))
        for j in range(n)
    ]


def _stepped(c, level, d, sign, dt):
    one = _slope(c, level, d, sign)
    two = _slope([a + 0.5 * dt * b for a, b in zip(c, one, strict=True)], level, d, sign)
    three = _slope([a + 0.5 * dt * b for a, b in zip(c, two, strict=True)], level, d, sign)
    four = _slope([a + dt * b for a, b in zip(c, three, strict=True)], level, d, sign)
    new = [
        a + dt / 6 * (p + 2 * q + 2 * r + s)
        for a, p, q, r, s in zip(c, one, two, three, four, strict=True)
    ]
    norm = math.sqrt(sum(abs(a) ** 2 for a in new))
    return [a / norm for a in new]


def _hopped(c, active, level, d, sign, dt):
    there = abs(c[active]) ** 2
    drawn, reached = random.random(), 0.0
    for k in range(len(c)):
        if k == active or there < 1e-12:
            continue
        flow = -2 * (c[k].conjugate() * sign * d[k][active] * c[active]).real * dt
        reached += max(0.0, flow) / there
        if drawn < reached:
            rise = level[k] - level[active]
            if rise <= 0 or random.random() < cmath.exp(-rise / (kB * 300)).real:
                return k
            return active
    return active


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trajectories", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=10_000)
    asked = parser.parse_args()
    n, steps = asked.trajectories, asked.steps
    print(f"{n} trajectories of {steps} steps, CPU seconds of one core")
    for states in (2, 4, 6):
        path = path_of(states)
        began = time.process_time()
        found = surface_hopping(path, states - 1, steps, n_seeds=n)
        fast = time.process_time() - began
        plain, done, ends = looped(path, steps // 10, LOOP_SECONDS)
        slow = plain / done * 10 * n
        late = found.populations[0, steps // 10].round(2)
        share = [round(ends.count(k) / done, 2) for k in range(states)]
        verdict = "met" if slow / fast >= TARGET else "MISSED"
        print(
            f"{states} states  FSSH {fast:8.2f} s   loop {slow:12.0f} s (from {done} trajectories)"
            f"   {slow / fast:7.0f} times, target {TARGET:.0f}: {verdict}\n"
            f"          after {steps // 10} steps: {late} against {share} of {done}"
        )
        times = np.full((states, states), 10.0)
        began = time.process_time()
        surface_hopping(
            path, states - 1, steps // 10, n_seeds=n // 10, scheme="dish", decoherence_times=times
        )
        print(f"          DISH {100 * (time.process_time() - began):8.0f} s, from a hundredth")
    gap = np.random.default_rng(0).normal(size=10**6)
    spectral_density(gap[:1000], 1.0)  # what is imported on the first call
    began = time.process_time()
    spectral_density(gap, 1.0)
    taken = time.process_time() - began
    verdict = "met" if taken < SECOND else "MISSED"
    print(f"spectral density of 10⁶ frames {taken:.2f} s, target {SECOND:g} s: {verdict}")


if __name__ == "__main__":
    main()
