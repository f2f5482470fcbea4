"""Gaps along a trajectory, dephasing, couplings, surface hopping."""
