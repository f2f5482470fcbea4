"""Clusters put into or onto a host."""
