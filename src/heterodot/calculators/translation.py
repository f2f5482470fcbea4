"""Exceptions every ASE calculator may raise, in heterodot's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ase.calculators.calculator import (
    CalculationFailed,
    CalculatorError,
    InputError,
    PropertyNotImplementedError,
    SCFError,
)

from heterodot.errors import (
    CalculationError,
    CapabilityError,
    ConvergenceError,
    HeterodotError,
    MissingDependencyError,
    RefusedError,
)

_LONGEST = 300
"""Characters of a message: torch's hold whole traces."""


def one_line(error: BaseException) -> str:
    """Return an exception's message as one line, its class name where it has none."""
    text = " ".join(str(error).split())
    return text or type(error).__name__


@contextmanager
def translate_common(code: str) -> Iterator[None]:
    """Translate ASE's calculator errors and a missing package."""
    try:
        yield
    except HeterodotError:
        raise
    except SCFError as error:
        raise ConvergenceError(f"{code}: the SCF did not converge: {one_line(error)}") from error
    except PropertyNotImplementedError as error:
        raise CapabilityError(f"{code} cannot calculate this: {one_line(error)}") from error
    except InputError as error:
        raise RefusedError(f"{code} refused the input: {one_line(error)}") from error
    except (CalculationFailed, CalculatorError) as error:
        raise CalculationError(f"{code} failed: {one_line(error)}") from error
    except ImportError as error:
        raise MissingDependencyError(f"{code}: {one_line(error)}") from error


@contextmanager
def translate_all(code: str) -> Iterator[None]:
    """Translate whatever a calculator that heterodot does not know raises, in one line."""
    with translate_common(code):
        try:
            yield
        except (HeterodotError, ImportError):
            raise
        except (
            RuntimeError,
            ValueError,
            KeyError,
            NotImplementedError,
            ArithmeticError,
        ) as error:
            raise CalculationError(f"{code}: {one_line(error)[:_LONGEST]}") from error
