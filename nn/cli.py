"""The command line: `tinygrad-np`, or `python -m nn`."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import runpy
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import tinygrad_np as tnp

from .arguments import natural, picture, positive, sizes, svg
from .data import DownloadError
from .models import by_name
from .report import save_graph


class Parser(argparse.ArgumentParser):
    """A mistake is answered with one line and exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name; the exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        return 130
    except tnp.OpError:  # a ValueError, but not the user's
        raise
    except (DownloadError, ImportError, OSError, ValueError) as error:
        command: Parser = options.parser
        command.error(str(error))


def build_parser() -> Parser:
    """All commands and their options."""
    parser = Parser("tinygrad-np", description="Train, draw and prove what is built on NumPy.")
    parser.add_argument("--version", action="version", version=tnp.__version__)
    commands = parser.add_subparsers(metavar="command", required=True)

    train = commands.add_parser(
        "train", help="train LeNet on MNIST",
        description="Train LeNet by the published recipe (SGD, momentum 0.9, weight decay 1e-4, "
        "learning rate times 0.3 every 6 epochs), and save model, history, losses, curves, graph.",
    )  # fmt: skip
    add_train_options(train.add_argument)
    train.set_defaults(run=run_train, parser=train)

    reproduce = commands.add_parser(
        "reproduce", help="train a published network again, beside PyTorch",
        description="Train LeNet by the published recipe, for each pooling and order of pool and "
        "relu, in this library and in PyTorch by turns, and write a table of accuracies and times "
        "beside the published ones. A run that was stopped goes on at the same command.",
    )  # fmt: skip
    add_reproduce_options(reproduce.add_argument)
    reproduce.set_defaults(run=run_reproduce, parser=reproduce)

    draw = commands.add_parser(
        "draw", help="draw the graph of LeNet",
        description="Draw the graph of LeNet's loss on 64 images, as SVG or PNG.",
    )  # fmt: skip
    add_model_options(draw.add_argument)
    draw.add_argument("--out", type=picture, default=Path("graph.svg"), metavar="FILE",
                      help="what to write, .svg or .png; %(default)s")  # fmt: skip
    draw.set_defaults(run=run_draw, parser=draw)

    add_tools(commands)
    return parser


def add_tools(commands: Any) -> None:
    """The commands that train and draw no model."""
    test_op = commands.add_parser(
        "test-op", help="check an op and its gradients on its samples",
        description="Check an op on its samples: values, gradients of first and second order, "
        "dtypes, memory layouts. Exit code 0 if it is right, 1 if not.",
    )  # fmt: skip
    test_op.add_argument("op", help="NAME of an op of tinygrad_np, FILE.py:NAME or MODULE:NAME")
    test_op.set_defaults(run=run_test_op, parser=test_op)

    lab = commands.add_parser(
        "conv-lab", help="measure all convolution algorithms on one shape",
        description="Time and memory of every convolution or pooling algorithm on your shape, "
        "forward and backward, against the naive loops; with --out a picture of the windows.",
    )  # fmt: skip
    add_lab_options(lab.add_argument)
    lab.set_defaults(run=run_lab, parser=lab)

    run = commands.add_parser(
        "run", help="run a PyTorch script on this library, unchanged",
        description="Run a Python script in which `import torch` and `import torchvision` find "
        "this library. Exit code 1 if it raises.",
    )  # fmt: skip
    run.add_argument("script", type=Path, help="a Python file")
    run.add_argument("args", nargs=argparse.REMAINDER, help="what it finds in sys.argv")
    run.set_defaults(run=run_script, parser=run)


def add_train_options(add: Any) -> None:
    """The options of `train`."""
    add("--data", type=Path, metavar="DIR", help="folder of the MNIST files; without it the "
        "embedded subset, 6,000 training and 1,000 test images")  # fmt: skip
    add("--download", action="store_true", help="fetch what is missing in the folder of --data")
    add("--images", type=positive(int), metavar="N", help="train on the first N images only, "
        "6000 for a quick run on a tenth of MNIST")  # fmt: skip
    add("--epochs", type=positive(int), default=14, metavar="N",
        help="how often all images are seen; %(default)s")  # fmt: skip
    add("--batch-size", type=positive(int), default=64, metavar="N",
        help="images in a step; %(default)s")  # fmt: skip
    add("--lr", type=positive(float), default=0.02, metavar="X",
        help="learning rate at the start; %(default)s")  # fmt: skip
    add("--shift", type=natural, metavar="N", help="move each training image by up to N pixels, "
        "anew in each epoch; 1 for the embedded subset, 0 with --data")  # fmt: skip
    add_model_options(add)
    add("--seed", type=natural, default=0, metavar="N",
        help="of weights, shuffling and shifts; %(default)s")  # fmt: skip
    add("--framework", choices=("tinygrad_np", "torch"), default="tinygrad_np",
        help="what computes; %(default)s")  # fmt: skip
    add("--out", type=Path, default=Path("runs"), metavar="DIR",
        help="folder of the results; %(default)s")  # fmt: skip


def add_reproduce_options(add: Any) -> None:
    """The options of `reproduce`."""
    pools, orders = ["avg", "max"], ["pool-relu", "relu-pool"]
    add("network", choices=("lenet",), help="what was published")
    add("--epochs", type=positive(int), default=20, metavar="N",
        help="how often all images are seen; %(default)s")  # fmt: skip
    add("--pools", nargs="+", choices=pools, default=pools, help="poolings; both")
    add("--orders", nargs="+", choices=orders, default=orders,
        help="orders of pool and relu after a convolution; both")  # fmt: skip
    add("--data", type=Path, metavar="DIR", help="folder of the MNIST files; without it the folder "
        "data, and where that has none the embedded subset")  # fmt: skip
    add("--download", action="store_true", help="fetch what is missing in that folder")
    add("--without-torch", action="store_true", help="train in this library alone")
    add("--threads", type=positive(int), metavar="N",
        help="threads of each library; without it each library's own number")  # fmt: skip
    add("--seed", type=natural, default=0, metavar="N",
        help="of weights and shuffling; %(default)s")  # fmt: skip
    add("--out", type=Path, default=Path("runs/reproduce"), metavar="DIR",
        help="folder of the results; %(default)s")  # fmt: skip


def add_model_options(add: Any) -> None:
    """The options that choose a LeNet."""
    add("--model", choices=("LeNet", "LeNetv2"), default="LeNet", help="which; %(default)s")
    add("--pool", choices=("max", "avg"), default="max", help="kind of pooling; %(default)s")
    add("--order", choices=("conv-pool-relu", "conv-relu-pool"), default="conv-pool-relu",
        help="where relu stands in LeNet; %(default)s")  # fmt: skip


def add_lab_options(add: Any) -> None:
    """The options of `conv-lab`; without any, the shape for which stride groups were published."""
    add("--op", choices=("conv", "max", "avg"), default="conv",
        help="convolution, or max or average pooling; %(default)s")  # fmt: skip
    add("--shape", type=sizes(4), default=(64, 1, 28, 28), metavar="N,C,H,W",
        help="of the input; 64,1,28,28")  # fmt: skip
    add("--filters", type=positive(int), default=32, metavar="F", help="%(default)s")
    add("--kernel", type=sizes(2), default=(3, 3), metavar="K", help="one size, or KH,KW; 3")
    add("--stride", type=sizes(2), metavar="S", help="1, for pools the kernel")
    add("--padding", type=sizes(2, least=0), default=(0, 0), metavar="P", help="0")
    add("--dilation", type=sizes(2), default=(1, 1), metavar="D", help="1")
    add("--groups", type=positive(int), default=1, metavar="G", help="of channels; %(default)s")
    add("--seconds", type=positive(float), default=1.0, metavar="X",
        help="how long each algorithm is measured, at least once; %(default)s")  # fmt: skip
    add("--picture", choices=("groups", "columns"), default="groups",
        help="of the stride groups or of the column matrix; %(default)s")  # fmt: skip
    add("--out", type=svg, metavar="FILE", help="the SVG picture to write")


def run_train(options: argparse.Namespace) -> int:
    """`tinygrad-np train`"""
    from .train import train

    return train(options)


def run_reproduce(options: argparse.Namespace) -> int:
    """`tinygrad-np reproduce`"""
    from .reproduce import reproduce

    return reproduce(options)


def run_draw(options: argparse.Namespace) -> int:
    """`tinygrad-np draw`"""
    save_graph(options.out, by_name(options.model, options.pool, options.order))
    print(options.out)
    return 0


def run_lab(options: argparse.Namespace) -> int:
    """`tinygrad-np conv-lab`"""
    from .conv_lab import run

    return run(options)


def run_test_op(options: argparse.Namespace) -> int:
    """`tinygrad-np test-op`"""
    try:
        report = tnp.check_op(find_op(options.op))
    except Exception as error:  # whatever the user's file does
        kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
        raise ValueError(f"{options.op}: {kind}{error}") from error
    print(report)
    return 0 if report else 1


def run_script(options: argparse.Namespace) -> int:
    """`tinygrad-np run`"""
    script = str(options.script)
    if not options.script.is_file():
        raise ValueError(f"there is no file {script}")
    sys.argv, sys.path[0] = [script, *options.args], str(options.script.resolve().parent)
    try:
        with tnp.as_torch():
            runpy.run_path(script, run_name="__main__")
    except Exception as error:
        trace: Any = error.__traceback__
        while trace.tb_next and trace.tb_frame.f_code.co_filename != script:
            trace = trace.tb_next  # begin with the script's own lines
        traceback.print_exception(type(error), error, trace)
        return 1
    return 0


def find_op(name: str) -> type[tnp.Op]:
    """The op class that `NAME`, `FILE.py:NAME` or `MODULE:NAME` means, or a ValueError."""
    source, _, name = name.rpartition(":")
    found = getattr(load(source), name, None) if source else tnp.Op.registry.get(name)
    if not (isinstance(found, type) and issubclass(found, tnp.Op)):
        raise ValueError(f"{source or 'tinygrad_np'} has no op {name!r}")
    return found


def load(source: str) -> Any:
    """The module in a file, or of a name that can be imported from the current folder."""
    if not source.endswith(".py"):
        sys.path.insert(0, "")
        return importlib.import_module(source)
    if not Path(source).is_file():
        raise ValueError(f"there is no file {source}")
    name = f"op_file_{Path(source).stem}"
    spec: Any = importlib.util.spec_from_file_location(name, source)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
