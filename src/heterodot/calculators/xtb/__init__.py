"""xTB by tblite, and what is its own: parameters, solvation, orbitals."""

from heterodot.moved import names_of

__getattr__ = names_of(__name__)
