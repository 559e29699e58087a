"""Holds the files of finished runs against the tools that others read them with.

    python check.py PROGRAM RUNS

PROGRAM is the built gradflow, RUNS a directory of finished runs (RUNS/ROW-sSEED). Checks, for every run:

- result_outputs/*.csv, read the way the course's plotting code reads them: found by walking the directory, named by the
  directory two levels above, columns by the first line, every cell a float;
- the TensorBoard event file of `gradflow export`, read by the tensorboard package, against the exported CSV;
- best.safetensors and checkpoint.safetensors, read by the safetensors package into the PyTorch model of
  Tests/NetworksTests/Oracle: its logits on random images against those of `gradflow probe`.

Prints a line a check; exit code 1 if one fails, 2 if there was nothing to check. Needs requirements.txt; `make interop`.
"""

import csv
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

sys.path.insert(0, str(Path(__file__).parent.parent / "NetworksTests" / "Oracle"))
import reference_model  # noqa: E402

SCALARS = {
    "loss/train": "train_loss", "loss/validation": "val_loss", "accuracy/train": "train_accuracy",
    "accuracy/validation": "val_accuracy", "learning_rate": "learning_rate",
}
# Relative to the largest logit. Both compute in the same precision, in other orders of summation.
TOLERANCE = {"f64": 1e-12, "f32": 1e-5}


def exported(program, run):
    """The run's metrics by `gradflow export --format csv`: a dict of texts an epoch."""
    text = subprocess.run([program, "export", run, "--format", "csv"], check=True, capture_output=True, text=True).stdout
    return list(csv.DictReader(text.splitlines()))


def check_summaries(program, runs):
    """What the course's notebooks find below a directory, and whether it is what the runs say."""
    found = {}
    for directory, _, files in os.walk(runs):
        for name in ("summary.csv", "test_summary.csv"):
            if name not in files:
                continue
            lines = (Path(directory) / name).read_text().split("\n")
            columns = {key: [] for key in lines[0].split(",")}
            for line in filter(None, lines[1:]):
                for key, cell in zip(columns, line.split(","), strict=True):
                    columns[key].append(float(cell))
            found.setdefault(directory.split("/")[-2], {}).update(columns)
    for run in run_directories(runs):
        curves, epochs = found[run.name], exported(program, run)
        assert list(curves) == ["train_acc", "train_loss", "val_acc", "val_loss", "test_acc", "test_loss"], list(curves)
        for short, long in (("train_acc", "train_accuracy"), ("train_loss", "train_loss"), ("val_acc", "val_accuracy"),
                            ("val_loss", "val_loss")):
            assert curves[short] == [float(epoch[long]) for epoch in epochs], f"{run.name}: {short}"
        assert len(curves["test_acc"]) == 1 and 0 <= curves["test_acc"][0] <= 1
        yield f"{run.name}: {len(epochs)} epochs of summaries, as the course's plotting code reads them"


def check_tensorboard(program, runs):
    for run in run_directories(runs):
        with tempfile.TemporaryDirectory() as directory:
            command = [program, "export", run, "--format", "tensorboard", "--out", directory]
            subprocess.run(command, check=True, capture_output=True)
            events = EventAccumulator(directory, size_guidance={"scalars": 0}).Reload()
            tags = set(events.Tags()["scalars"])
            epochs = exported(program, run)
            flows = [key.removeprefix("gradient_flow.") for key in epochs[0] if key.startswith("gradient_flow.")]
            wanted = dict(SCALARS) | {f"gradient_flow/{layer}": f"gradient_flow.{layer}" for layer in flows}
            assert tags == set(wanted) | {"loss/test", "accuracy/test"}, tags ^ set(wanted)
            for tag, column in wanted.items():
                scalars = events.Scalars(tag)
                assert [scalar.step for scalar in scalars] == list(range(len(epochs))), tag
                for scalar, epoch in zip(scalars, epochs, strict=True):
                    expected = struct.unpack("f", struct.pack("f", float(epoch[column])))[0]
                    assert scalar.value == expected or scalar.value != scalar.value and expected != expected, (tag, scalar.value)
            tested = [epoch for epoch in epochs if epoch["test_accuracy"]]
            assert len(tested) == 1 and events.Scalars("accuracy/test")[0].step == int(tested[0]["epoch"])
        yield f"{run.name}: {len(wanted) + 2} scalars read by tensorboard, gradient flow of {len(flows)} layers among them"


def check_open_tensorboard(program, runs):
    """A TensorBoard that is open reads on in the files that it knows: epochs made since, and a run that was begun anew."""

    def run(epochs, *options):
        command = [program, "run", "vgg08", "--profile", "smoke", "--epochs", str(epochs), "--out", directory, *options]
        subprocess.run(command, check=True, capture_output=True)
        subprocess.run([program, "export", f"{directory}/vgg08-s0", "--format", "tensorboard", "--out", f"{directory}/events"],
                       check=True, capture_output=True)
        return [float(epoch["val_loss"]) for epoch in exported(program, f"{directory}/vgg08-s0")]

    def seen():
        return [(scalar.step, round(scalar.value, 4)) for scalar in events.Reload().Scalars("loss/validation")]

    def wanted(losses):
        return [(step, round(loss, 4)) for step, loss in enumerate(losses)]

    with tempfile.TemporaryDirectory() as directory:
        first = run(1)
        events = EventAccumulator(f"{directory}/events", size_guidance={"scalars": 0})
        assert seen() == wanted(first), seen()
        second = run(2, "--resume")
        assert len(second) == 2 and seen() == wanted(second), seen()
        third = run(2, "--overwrite", "--bn-eval", "population")
        assert seen() == wanted(third), seen()
    yield "an open tensorboard sees the epochs made since, and a run that was begun anew"


def check_weights(program, runs):
    for run in run_directories(runs):
        row = reference_model.ROWS[run.name.rsplit("-s", 1)[0]]
        for name in ("best.safetensors", "checkpoint.safetensors"):
            with safe_open(run / name, framework="numpy") as file:
                assert file.metadata() is not None
            weights = {k: v for k, v in load_file(run / name).items() if not k.startswith(("adam.", "best."))}
            classes, side = weights["logit_linear_layer.bias"].shape[0], 16
            network = reference_model.Network(row, classes=classes)
            missing, unexpected = network.load_state_dict({k: torch.tensor(v) for k, v in weights.items()}, strict=False)
            assert not unexpected and all(k.endswith("num_batches_tracked") for k in missing), (missing, unexpected)
            images = np.random.default_rng(0).standard_normal((4, 3, side, side)).astype(np.float32)
            for precision, kind in (("f64", torch.float64), ("f32", torch.float32)):
                with torch.no_grad():
                    expected = network.to(kind).eval()(torch.tensor(images, dtype=kind)).numpy()
                logits = probe(program, run, weights, images, precision)
                error = np.abs(logits - expected).max() / np.abs(expected).max()
                assert logits.shape == expected.shape and error <= TOLERANCE[precision], (run.name, name, precision, error)
                yield f"{run.name}: {name}, logits in {precision} differ from PyTorch's by {error:.1e} of the largest"


def probe(program, run, weights, images, precision):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        save_file(weights, path / "weights.safetensors")
        save_file({"images": images, "labels": np.zeros(len(images), np.int64)}, path / "batch.safetensors")
        subprocess.run(
            [program, "probe", "--row", run.name.rsplit("-s", 1)[0], "--weights", path / "weights.safetensors", "--batch",
             path / "batch.safetensors", "--out", path / "out.safetensors", "--mode", "eval", "--precision", precision],
            check=True, capture_output=True)
        return load_file(path / "out.safetensors")["logits"]


def run_directories(runs):
    return sorted(path.parent for path in Path(runs).glob("*/trace.jsonl.zst"))


def main():
    program, runs = sys.argv[1:]
    count = failures = 0
    for check in (check_summaries, check_tensorboard, check_open_tensorboard, check_weights):
        try:
            for line in check(program, runs):
                count += 1
                print(f"ok    {line}")
        except (AssertionError, KeyError, ValueError, subprocess.CalledProcessError) as error:
            failures += 1
            print(f"FAIL  {check.__name__}: {type(error).__name__}: {error} {getattr(error, 'stderr', '') or ''}")
    print(f"{count} checks passed, {failures} failed")
    return 1 if failures else 0 if count else 2


if __name__ == "__main__":
    sys.exit(main())
