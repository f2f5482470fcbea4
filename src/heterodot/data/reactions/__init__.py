"""Reaction paths as data: one table of what is taken, adsorbed and released, step by step."""

from heterodot.data.reactions.path import Branch, PathState, PathStep, ReactionPath
from heterodot.data.reactions.table import REACTION_PATHS, add_path, reaction_path

__all__ = [
    "REACTION_PATHS",
    "Branch",
    "PathState",
    "PathStep",
    "ReactionPath",
    "add_path",
    "reaction_path",
]
