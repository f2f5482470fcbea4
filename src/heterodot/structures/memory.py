"""How much memory one operation may use, so that what cannot fit is refused before it is made."""

from __future__ import annotations

import os

from heterodot.errors import StructureError


def usable_memory() -> float:
    """Return how many bytes one operation may use: half of the machine's memory."""
    try:
        return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 4e9


def refuse_too_many(n_atoms: float, bytes_per_atom: float, advice: str) -> None:
    """Raise where a structure would take more than half of the machine's memory.

    Parameters
    ----------
    n_atoms : float
        Number of atoms, estimated.
    bytes_per_atom : float
        Peak memory each takes.
    advice : str
        What to do, the end of the message.

    Raises
    ------
    StructureError
        It would not fit.
    """
    if not n_atoms * bytes_per_atom <= usable_memory():
        raise StructureError(
            f"about {n_atoms:.2g} atoms would need {n_atoms * bytes_per_atom / 1e9:.3g} GB, more "
            f"than half of this machine's memory: {advice}"
        )
