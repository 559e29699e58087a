"""Times PyTorch's training step of a row, to stand beside `gradflow bench`: channels_last, in single precision or mixed.

    python peer_step.py --row vgg38-bn-rc-1e-2 --batch 100 --threads 2 --steps 10        # prints one JSON object
    python peer_step.py --eval                                                           # evaluation's forward pass
    python peer_step.py --serve --threads 2    # for `gradflow bench --peer`: measures when asked, waits in between

A step is forward, loss, backward and Adam's update on one batch of random images at the protocol's initialisation.
Adam is PyTorch's fused one, its fastest on a CPU; `--adam default` takes what `torch.optim.Adam(...)` gives.
`--numbers bfloat16` computes convolutions in bfloat16 (autocast); parameters and Adam stay in single precision.
`--isa avx2` keeps PyTorch and oneDNN from wider vectors; any other set leaves the choice to them.
Times are those of this process alone: let nothing else run meanwhile. Needs torch (requirements.txt).

Served requests are lines `ROW BATCH train|eval WARMUP STEPS`; answers are lines of JSON, `times_ms` or `error`. The first
line is a greeting, `name`.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time

# Before torch is imported: it looks at these once.
if "avx2" in sys.argv[1:]:
    os.environ["ATEN_CPU_CAPABILITY"] = "avx2"
    os.environ["ONEDNN_MAX_CPU_ISA"] = "AVX2"

import torch
from torch.nn import functional as F

from reference_model import ROWS, Network


def milliseconds(seconds):
    return round(1e3 * statistics.median(seconds), 3)


def loss_of(network, images, labels, numbers):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=numbers == "bfloat16"):
        return F.cross_entropy(network(images), labels)


def training(network, images, labels, adam, steps, numbers):
    """Seconds of each step's forward (with the loss), backward and update."""
    network.train()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        adam.zero_grad(set_to_none=True)
        loss = loss_of(network, images, labels, numbers)
        forward = time.perf_counter()
        loss.backward()
        backward = time.perf_counter()
        adam.step()
        end = time.perf_counter()
        times.append((forward - start, backward - forward, end - backward))
    return times


@torch.inference_mode()
def evaluation(network, images, labels, steps, numbers):
    """Seconds of each forward pass with the running averages, loss included."""
    network.eval()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        loss_of(network, images, labels, numbers)
        times.append((time.perf_counter() - start,))
    return times


class Subject:
    """A row's network with its optimiser and one batch, made as the protocol initialises it."""

    def __init__(self, row_id, batch, numbers, adam="fused"):
        self.numbers = numbers
        torch.manual_seed(0)
        row = ROWS[row_id]
        self.network = Network(row).to(memory_format=torch.channels_last)
        self.images = torch.randn(batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
        self.labels = torch.randint(0, 100, (batch,))
        self.adam = torch.optim.Adam(
            self.network.parameters(), lr=row.learning_rate, fused=True if adam == "fused" else None)

    def times(self, is_evaluation, steps):
        if is_evaluation:
            return evaluation(self.network, self.images, self.labels, steps, self.numbers)
        return training(self.network, self.images, self.labels, self.adam, steps, self.numbers)


def answer(request, subjects, numbers):
    """The answer to one request; `subjects` keeps the last one's network for the next."""
    try:
        row, batch, mode, warmup, steps = request.split()
        batch, warmup, steps = int(batch), int(warmup), int(steps)
        if row not in ROWS or mode not in ("train", "eval") or batch < 1 or warmup < 0 or steps < 1:
            raise ValueError
    except ValueError:
        return {"error": f"not a request: {request.strip()!r}"}
    if (row, batch) not in subjects:
        subjects.clear()
        subjects[row, batch] = Subject(row, batch, numbers)
    times = subjects[row, batch].times(mode == "eval", warmup + steps)[warmup:]
    return {"times_ms": [round(1e3 * sum(parts), 4) for parts in times]}


def serve(numbers):
    version = torch.__version__.split("+")[0]
    kind = f"{numbers}{' autocast' if numbers == 'bfloat16' else ''}"
    print(json.dumps({"name": f"PyTorch {version} ({kind}, channels_last)"}), flush=True)
    subjects = {}
    for request in sys.stdin:
        print(json.dumps(answer(request, subjects, numbers)), flush=True)
    return 0


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value


def main():
    parser = argparse.ArgumentParser(description="Time PyTorch's training step of a row.")
    parser.add_argument("--row", choices=ROWS, default="vgg38-bn-rc-1e-2")
    parser.add_argument("--batch", type=positive, default=100)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--steps", type=positive, default=10, help="measured steps")
    parser.add_argument("--warmup", type=int, default=2, help="steps before these")
    parser.add_argument("--adam", choices=["fused", "default"], default="fused")
    parser.add_argument("--eval", action="store_true", help="time the forward pass of evaluation instead")
    parser.add_argument("--numbers", choices=["fp32", "bfloat16"], default="fp32")
    parser.add_argument("--isa", default="auto", help="avx2: no wider vectors; all else: PyTorch's own choice")
    parser.add_argument("--serve", action="store_true", help="answer requests on standard input")
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    if arguments.serve:
        return serve(arguments.numbers)
    subject = Subject(arguments.row, arguments.batch, arguments.numbers, arguments.adam)
    times = subject.times(arguments.eval, arguments.warmup + arguments.steps)[arguments.warmup :]
    totals = [sum(t) for t in times]
    result = {
        "row": arguments.row, "batch": arguments.batch, "threads": torch.get_num_threads(), "steps": len(times),
        "mode": "eval" if arguments.eval else "train", "numbers": arguments.numbers,
        "step_ms_median": milliseconds(totals), "step_ms_min": round(1e3 * min(totals), 3)}
    if not arguments.eval:
        forward, backward, update = zip(*times)
        result |= {
            "forward_ms_median": milliseconds(forward), "backward_ms_median": milliseconds(backward),
            "update_ms_median": milliseconds(update), "adam": arguments.adam}
    result |= {
        "images_per_second": round(arguments.batch / statistics.median(totals), 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "torch": torch.__version__, "isa": torch.backends.cpu.get_cpu_capability()}
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
