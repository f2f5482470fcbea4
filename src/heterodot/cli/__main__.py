"""``python -m heterodot.cli``: the command line, where its script is not on PATH."""

from heterodot.cli import main

if __name__ == "__main__":
    main()
