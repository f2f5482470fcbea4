"""Clusters built from topology or by rule: magic-size compounds, metals, and guests in hosts."""
