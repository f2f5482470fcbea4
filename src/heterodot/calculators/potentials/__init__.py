"""Machine-learnt interatomic potentials: energies, forces and stress without electrons.

:mod:`~heterodot.calculators.potentials.potential` is what they share, one module each what a
family of them needs. Nothing here downloads weights: they come in a package's wheel, are on disk
already, or are a file of the user's own.
"""
