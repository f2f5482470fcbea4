"""heterodot: atomistic modelling of quantum-dot photocatalysts.

Build a structure, put a calculator on it, ask a question with a workflow, read the answer with
analysis: one package each. In a notebook, ``view`` shows structures and densities, and
``load_results`` reads what a study has found.
"""

from heterodot.lazy import lazy
from heterodot.moved import register

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {"analysis.notebook.view": "view", "workflows.study.kept.loading": "load_results"},
)

register()
