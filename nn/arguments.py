"""How the command line reads its values."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def positive(kind: type) -> Any:
    """The reader of a positive number of a kind."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"expected a positive {kind.__name__}, got {text!r}")
        return value

    return read


def sizes(count: int, least: int = 1) -> Any:
    """The reader of that many sizes; a single number is all of a pair."""

    def read(text: str) -> tuple[int, ...]:
        parts = text.split(",")
        if not all(part.isdecimal() and int(part) >= least for part in parts) or len(parts) not in (
            (1, 2) if count == 2 else (count,)
        ):
            names = "a size or two" if count == 2 else f"{count} sizes"
            example = ",".join(("64", "1", "28", "28") if count == 4 else ("3", "2"))
            raise argparse.ArgumentTypeError(
                f"expected {names} from {least}, as {example}; got {text!r}"
            )
        return tuple(map(int, parts)) * (count // len(parts))

    return read


def natural(text: str) -> int:
    """Read 0, 1, 2 ..."""
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 0 below 2**63, got {text!r}"
        )
    return int(text)


def picture(text: str) -> Path:
    """Read the name of an SVG or PNG file."""
    return _named(text, ".svg", ".png")


def svg(text: str) -> Path:
    """Read the name of an SVG file in a folder that is there."""
    path = _named(text, ".svg")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r}")
    return path


def _named(text: str, *suffixes: str) -> Path:
    path = Path(text)
    if path.suffix not in suffixes:
        names = " or ".join(suffixes)
        raise argparse.ArgumentTypeError(f"expected a name in {names}, got {text!r}")
    return path
