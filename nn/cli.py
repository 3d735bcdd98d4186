"""The command line: `tinygrad-np train`, `draw` and `test-op`, each with `--help`."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import tinygrad_np

from .data import DownloadError


class _Parser(argparse.ArgumentParser):
    """A wrong argument costs one line and the exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 2 for a mistake of the user, 1 for an op that is wrong."""
    parser = _Parser("tinygrad-np", description="A machine with the cover removed.")
    parser.add_argument("--version", action="version", version=tinygrad_np.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for add in (_add_train, _add_draw, _add_test_op):
        add(commands)
    options = vars(parser.parse_args(arguments))
    command = options.pop("command")
    try:
        return command(**options)
    except (OSError, ValueError, DownloadError) as error:
        print(f"tinygrad-np: {error}", file=sys.stderr)
        return 2


def _number(kind: type, low: float, bound: str) -> Any:
    """A parser of numbers above `low`, or at `low` too."""

    def parse(text: str) -> Any:
        value = kind(text)
        if not (value > low or (bound == "at least" and value == low)):
            raise argparse.ArgumentTypeError(f"{text} is not {bound} {low}")
        return value

    parse.__name__ = kind.__name__
    return parse


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pool", choices=("max", "avg"), default="max", help="kind of pooling")
    parser.add_argument(
        "--order",
        choices=("conv-pool-relu", "conv-relu-pool"),
        default="conv-pool-relu",
        help="where relu stands",
    )
    parser.add_argument("--seed", type=_number(int, 0, "at least"), default=0)


def _add_train(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train LeNet on MNIST",
        description="Train LeNet on MNIST by the published recipe: SGD with momentum 0.9 and "
        "weight decay 1e-4, the learning rate times 0.3 after every 6 epochs.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--data", metavar="DIR", help="folder of MNIST's files (default: embedded)")
    parser.add_argument("--download", action="store_true", help="fetch MNIST into --data first")
    parser.add_argument("--epochs", type=_number(int, 1, "at least"), default=20)
    parser.add_argument("--batch-size", type=_number(int, 1, "at least"), default=64)
    parser.add_argument("--lr", type=_number(float, 0, "above"), default=2e-2)
    _add_model_options(parser)
    parser.add_argument("--framework", choices=("tinygrad_np", "torch"), default="tinygrad_np")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("runs"))
    parser.set_defaults(command=train)


def train(out: Path, **options: Any) -> int:
    """Train, print a row per epoch, and save what came of it; Ctrl-C saves what there is."""
    from .report import save
    from .train import Recipe, Row, Training

    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out} is a file, not a folder")
    training = Training(Recipe(**options))
    recipe = ", ".join(f"{f.name}={getattr(training.recipe, f.name)}" for f in fields(Recipe))
    print(f"{recipe}\n{len(training.train_set)} training and {len(training.test_set)} test images")
    print(Row.header)
    rows: list[Row] = []
    try:
        for row in training:
            rows.append(row)
            print(row, flush=True)
    except KeyboardInterrupt:
        print("stopped by Ctrl-C")
    if rows:
        print("saved", *(str(path) for path in save(training, rows, out)))
        print(f"test accuracy: {rows[-1].test_accuracy:.4f}")
    return 0 if rows else 130


def _add_draw(commands: Any) -> None:
    parser = commands.add_parser(
        "draw",
        help="draw the graph of LeNet",
        description="Draw the graph of LeNet's loss on one batch, as SVG, PNG or DOT text.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_model_options(parser)
    parser.add_argument("--out", metavar="FILE", type=Path, default=Path("graph.svg"))
    parser.set_defaults(command=draw)


def draw(pool: Any, order: Any, seed: int, out: Path) -> int:
    """Draw LeNet's graph into the file `out`."""
    from .loss import CrossEntropyLoss
    from .models import LeNet

    if out.suffix not in (".svg", ".png", ".dot"):
        raise ValueError(f"--out {out}: expected a name that ends in .svg, .png or .dot")
    tinygrad_np.manual_seed(seed)
    model = LeNet(pool, order)
    target = tinygrad_np.randint(0, 10, (64,))
    loss = CrossEntropyLoss()(model(tinygrad_np.randn(64, 1, 28, 28)), target)
    picture = tinygrad_np.draw_graph(loss, params=dict(model.named_parameters()))
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".dot":
        picture.save(out)
    else:
        picture.render(outfile=out, cleanup=True)
    print(f"saved {out}")
    return 0


def _add_test_op(commands: Any) -> None:
    parser = commands.add_parser(
        "test-op",
        help="check an op by its samples",
        description="Run an op's samples through value, gradcheck, gradgradcheck, dtypes and "
        "memory layouts. OP is the name of an op of the library (Conv2d), or module:Name or "
        "file.py:Name for your own.",
    )
    parser.add_argument("op", metavar="OP")
    parser.set_defaults(command=test_op)


def test_op(op: str) -> int:
    """Check an op and print the report."""
    report = tinygrad_np.check_op(_find_op(op))
    print(report)
    return 1 if report.faults else 0


test_op.__test__ = False  # type: ignore[attr-defined]  # no test, whatever pytest thinks


def _find_op(text: str) -> Any:
    place, _, name = text.rpartition(":")
    if not place:
        if name not in tinygrad_np.Op.registry:
            raise ValueError(
                f"no op is called {name!r}; for your own give module:Name or file.py:Name"
            )
        return tinygrad_np.Op.registry[name]
    found = getattr(_module(place), name, None)
    if not (isinstance(found, type) and issubclass(found, tinygrad_np.Op)):
        raise ValueError(f"{place} has no op called {name!r}")
    return found


def _module(place: str) -> Any:
    try:
        if not place.endswith(".py"):
            sys.path.insert(0, "")
            return importlib.import_module(place)
        spec = importlib.util.spec_from_file_location(Path(place).stem, place)
        if spec is None or spec.loader is None:
            raise ValueError(f"{place} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{place} cannot be imported: {type(error).__name__}: {error}") from error
    return module


if __name__ == "__main__":
    sys.exit(main())
