"""``heterodot info``: what is installed, which codes can run, which BLAS."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer


def info(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what is installed, which codes can run here, and which BLAS they use."""
    from heterodot.calculators import available_codes, blas_report, code_packages
    from heterodot.provenance import program_versions

    blas = blas_report()
    codes, versions = available_codes(), program_versions(code_packages())
    if as_json:
        content: dict[str, dict[str, Any]] = {
            "versions": versions,
            "codes": {
                name: {"available": a.available, "version": a.version, "detail": a.detail}
                for name, a in codes.items()
            },
        }
        if blas is not None:
            content["blas"] = {
                "openblas": blas.openblas, "library": blas.library, "detail": blas.detail,
            }  # fmt: skip
        typer.echo(json.dumps(content, indent=1, ensure_ascii=False))
        return
    typer.echo("installed: " + ", ".join(f"{n} {v}" for n, v in versions.items()))
    typer.echo("codes:")
    for name, a in codes.items():
        state = f"can run, {a.version}" if a.available else "cannot run"
        typer.echo(f"  {name:<10} {state}" + (f" ({a.detail})" if a.detail else ""))
    if blas is not None:
        typer.echo(f"BLAS: {blas.detail}")
    if blas is not None and blas.library:
        typer.echo(f"  {blas.library}: {blas.config}, {blas.threads} thread(s)")
