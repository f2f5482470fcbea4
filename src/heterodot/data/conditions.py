"""Standard conditions of the gases."""

from __future__ import annotations

STANDARD_TEMPERATURE = 298.15
"""K."""

STANDARD_PRESSURE = 1e5
"""Pa (1 bar)."""

WATER_VAPOUR_PRESSURE = 3500.0
"""Pa: at 0.035 bar water vapour is in equilibrium with the liquid near 300 K, so that the gas at
this pressure stands for liquid water (J. K. Nørskov et al., J. Phys. Chem. B 2004, 108, 17886)."""
