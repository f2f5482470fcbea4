"""Vibrational spectra: which atoms move in a mode, how it is seen."""
