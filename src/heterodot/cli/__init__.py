"""The command line: parses, calls the library, prints. ``heterodot --help`` shows it."""

from heterodot.cli.app import main

__all__ = ["main"]
