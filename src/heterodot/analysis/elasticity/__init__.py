"""Equations of state and elastic tensors: numbers and figures."""
