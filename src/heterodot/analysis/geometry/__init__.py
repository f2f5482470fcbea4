"""Bonds, coordination, radial profiles and joints, and their figures."""
