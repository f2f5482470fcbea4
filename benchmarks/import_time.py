"""How long `import heterodot` and `heterodot --help` take, best of several fresh interpreters.

Targets: 0.3 s and 0.5 s. Run: python benchmarks/import_time.py
"""

import subprocess
import sys
import time

TARGETS = {
    "import heterodot": ("import heterodot", 0.3),
    "import heterodot.workflows": ("import heterodot.workflows", None),
    "heterodot --help": ("from heterodot.cli import main; main(['--help'])", 0.5),
}
REPEATS = 5


def wall_seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    too_slow = 0
    for name, (code, target) in TARGETS.items():
        best = min(wall_seconds(code) for _ in range(REPEATS))
        limit = f"target {target} s" if target else "no target"
        print(f"{name:<28} {best:.3f} s ({limit})")
        too_slow += target is not None and best > target
    return too_slow


if __name__ == "__main__":
    sys.exit(main())
