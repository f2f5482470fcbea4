"""heterodot: atomistic modelling of quantum-dot photocatalysts.

Build a structure, put a calculator on it, ask a question with a workflow, read the answer with
analysis: one package each.
"""

from heterodot.moved import register

__version__ = "0.1.0"

register()
