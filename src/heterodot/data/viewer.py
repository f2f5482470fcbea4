"""How ASE finds the viewer: ``ase.visualize.view(atoms, viewer="heterodot")`` in a notebook.

ASE loads this module whenever it looks for viewers; what draws is imported when it is used.
"""

from ase.utils.plugins import ExternalViewer

VIEWER = ExternalViewer(
    desc="View atoms in a notebook by 3Dmol.js", module="heterodot.analysis.notebook.view"
)
