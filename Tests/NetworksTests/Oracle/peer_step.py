"""Times PyTorch's training step of a row, to stand beside `gradflow bench`: single precision, channels_last.

    python peer_step.py --row vgg38-bn-rc-1e-2 --batch 100 --threads 2 --steps 10        # prints one JSON object
    python peer_step.py --eval                                                           # evaluation's forward pass

A step is forward, loss, backward and Adam's update on one batch of random images at the protocol's initialisation.
Adam is PyTorch's fused one, its fastest on a CPU; `--adam default` takes what `torch.optim.Adam(...)` gives.
Times are those of this process alone: let nothing else run meanwhile. Needs torch (requirements.txt).
"""

import argparse
import json
import resource
import statistics
import sys
import time

import torch
from torch.nn import functional as F

from reference_model import ROWS, Network


def milliseconds(seconds):
    return round(1e3 * statistics.median(seconds), 3)


def training(network, images, labels, adam, steps):
    """Seconds of each step's forward (with the loss), backward and update."""
    network.train()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        adam.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(images), labels)
        forward = time.perf_counter()
        loss.backward()
        backward = time.perf_counter()
        adam.step()
        end = time.perf_counter()
        times.append((forward - start, backward - forward, end - backward))
    return times


@torch.inference_mode()
def evaluation(network, images, labels, steps):
    """Seconds of each forward pass with the running averages, loss included."""
    network.eval()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        F.cross_entropy(network(images), labels)
        times.append((time.perf_counter() - start,))
    return times


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
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    row = ROWS[arguments.row]
    network = Network(row).to(memory_format=torch.channels_last)
    images = torch.randn(arguments.batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 100, (arguments.batch,))
    steps = arguments.warmup + arguments.steps
    if arguments.eval:
        times = evaluation(network, images, labels, steps)
    else:
        fused = True if arguments.adam == "fused" else None
        adam = torch.optim.Adam(network.parameters(), lr=row.learning_rate, fused=fused)
        times = training(network, images, labels, adam, steps)

    times = times[arguments.warmup :]
    totals = [sum(t) for t in times]
    result = {
        "row": arguments.row, "batch": arguments.batch, "threads": torch.get_num_threads(), "steps": len(times),
        "mode": "eval" if arguments.eval else "train",
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
