"""Makes the oracle's fixtures: what PyTorch, in double precision, computes on seeded weights and batches.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install -r requirements.txt
    /tmp/oracle/bin/python make_fixtures.py            # rewrites fixtures/*.safetensors.zst
    /tmp/oracle/bin/python make_fixtures.py --check    # recomputes from the stored weights and batches, compares
    /tmp/oracle/bin/python make_fixtures.py --rows vgg38-he-1e-3,vgg38-elu-1e-3       # these alone

Either way it also prints how well conditioned the numbers are: everything is computed a second time on the mirror
image of the same problem (images and kernels turned by 180 degrees; examples, colours, filters and classes
permuted), which is the same mathematics with every sum in another order. The worst norm-wise disagreement per row is
what no two correct double implementations can be asked to beat; the run fails if it is not far below what the tests
ask (1e-9 for a pass, 1e-7 after the Adam steps).

One file per row, tensors F64 (labels I64) unless said otherwise:

    weights/NAME                               parameters and buffers
    batch/images [N,3,H,W], batch/labels [N]
    train/logits, train/loss, train/grad.NAME, train/grad.images, train/BUFFER   a pass in training mode; the buffers after it
    eval/logits,  eval/loss,  eval/grad.NAME,  eval/grad.images                  a pass with the running averages
    adam3/NAME                                 parameters and buffers after 3 Adam steps in training mode on that batch,
                                               the training pass above being the first of the 3

`full-width.ROW` has 32 filters and 100 classes: its weights and images are F32, and each expected tensor X of group G
(train, eval, adam3) is given by G/norm/X (its L2 norm), G/index/X (I64, ascending flat indices of at most 64 sampled
elements) and G/sample/X (their values).

`__metadata__`: row, filters, classes, image_size, batch, blocks, learning_rate, torch, kind (full or sampled), gain (of a row
with He's initialisation: the factor of its weights), and two JSON lists of what cannot be compared norm-wise:
- ill_conditioned: the parameters whose training gradient is zero by mathematics (biases that batch norm subtracts
  again). Their train/grad is rounding noise: assert it as zero against the gradient of the weight beside it (here it
  is below 1e-12 of that in norm). Adam divides the noise by its epsilon of 1e-8, so their adam3 is the start plus
  a noise: assert it on the scale of the learning rate (here no element moves by more than 1e-4 of one).
- ill_conditioned_buffers: the running means behind these biases. After the first update, and so in adam3 only, they
  carry (1 - 0.9^2) of that noise at most.
Everything else is compared norm-wise; nothing else sees these biases, as batch norm subtracts them.
"""

import argparse
import json
import math
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import zstandard
from torch.nn import functional as F

from reference_model import LEAKY_SLOPE, ROWS, Network, check_parameter_counts, shifted_means, state, zero_gradients

FIXTURES = Path(__file__).parent / "fixtures"
ADAM_STEPS = 3
SAMPLES = 64
PASS_CONDITIONING = 1e-11
ADAM_CONDITIONING = 1e-11
ZERO_GRADIENT = 1e-12
ZERO_UPDATE = 1e-4


@dataclass(frozen=True)
class Shape:
    """The size of one fixture's problem."""

    filters: int
    classes: int
    image_size: int
    batch: int


SMALL = Shape(filters=4, classes=10, image_size=16, batch=6)
# Two ghosts of ten.
GHOSTS = Shape(filters=4, classes=10, image_size=16, batch=20)
# Groups of three channels.
GROUPS = Shape(filters=12, classes=10, image_size=16, batch=6)
FULL = Shape(filters=32, classes=100, image_size=32, batch=4)


# --- Inputs ---------------------------------------------------------------------------------------------------------


class Draw:
    """Uniform numbers from a seed: a stream that does not depend on PyTorch's version."""

    def __init__(self, seed):
        self.generator = np.random.Generator(np.random.PCG64(seed))

    def uniform(self, shape, low, high):
        return torch.from_numpy(low + (high - low) * self.generator.random(tuple(shape)))

    def integers(self, count, below):
        return torch.from_numpy(np.floor(self.generator.random(count) * below).astype(np.int64))

    def order(self, count):
        return torch.from_numpy(np.argsort(self.generator.random(count), kind="stable"))


def make_images(draw, shape):
    return draw.uniform((shape.batch, 3, shape.image_size, shape.image_size), -2, 2)


def gain(row):
    """He's, as PyTorch has it."""
    assert row.activation == "leaky_relu", "PyTorch has no gain of the ELU"
    return torch.nn.init.calculate_gain("leaky_relu", LEAKY_SLOPE)


def make_weights(row, shape, draw):
    """Convolutions and the linear layer at the row's initial scale, so that a plain network's signal vanishes as it must
    with the protocol's (He's: biases at a tenth of that, not 0); batch norms with nothing left at 0 or 1: gammas of both
    signs, betas, and running averages somewhat off the statistics of another batch."""
    network = Network(row, shape.filters, shape.classes).double()
    weights = state(network)
    for name, value in weights.items():
        owner, kind = name.rsplit(".", 1)
        if "bn_" in name:
            if kind == "weight":
                magnitude = draw.uniform(value.shape, 0.6, 1.4)
                value.copy_(torch.where(draw.uniform(value.shape, 0, 1) < 0.2, -magnitude, magnitude))
            elif kind == "bias":
                value.copy_(draw.uniform(value.shape, -0.3, 0.3))
        else:
            bound = 1 / math.sqrt(weights[owner + ".weight"][0].numel())
            if row.he:
                bound *= math.sqrt(3) * gain(row) if kind == "weight" else 0.1
            value.copy_(draw.uniform(value.shape, -bound, bound))

    network.train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1
    with torch.no_grad():
        network(make_images(draw, shape))
    for name, value in weights.items():
        if name.endswith("running_mean"):
            spread = weights[name.replace("running_mean", "running_var")].sqrt()
            value.add_(spread * draw.uniform(value.shape, -0.4, 0.4))
        elif name.endswith("running_var"):
            value.mul_(draw.uniform(value.shape, 0.6, 1.7))
    return {name: value.clone() for name, value in weights.items()}


# --- Expected values ------------------------------------------------------------------------------------------------


def one_pass(network, images, labels):
    """Logits, loss and every gradient, in the network's present mode. Leaves the gradients in place for an update."""
    network.zero_grad(set_to_none=True)
    images = images.clone().requires_grad_()
    logits = network(images)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    result = {"logits": logits.detach(), "loss": loss.detach(), "grad.images": images.grad}
    for name, parameter in network.named_parameters():
        result["grad." + name] = parameter.grad.clone()
    return result


def optimiser(row, network):
    """Adam; where the row has it, with decoupled decay of batch norm's factors and addends."""
    constants = dict(lr=row.learning_rate, betas=(0.9, 0.999), eps=1e-8, foreach=False)
    if row.decay is None:
        return torch.optim.Adam(network.parameters(), **constants)
    groups = {True: [], False: []}
    for name, parameter in network.named_parameters():
        groups["bn_" in name].append(parameter)
    return torch.optim.AdamW(
        [{"params": groups[True], "weight_decay": row.decay}, {"params": groups[False], "weight_decay": 0.0}], **constants)


def evaluate(row, shape, weights, images, labels, mirror=None):
    """Every expected tensor: "train/...", "eval/...", "adam3/...". A mirror turns the masks of dropout too."""
    network = Network(row, shape.filters, shape.classes).double()
    for block in network.layer_dict.values() if mirror else ():
        block.turn_mask = mirror.maps
    network.load_state_dict(weights, strict=False)
    expected = {}

    network.eval()
    expected |= {"eval/" + k: v for k, v in one_pass(network, images, labels).items()}
    assert all(torch.equal(v, weights[k]) for k, v in state(network).items())

    network.train()
    adam = optimiser(row, network)
    for step in range(ADAM_STEPS):
        result = one_pass(network, images, labels)
        if step == 0:
            buffers = {k: v.clone() for k, v in state(network).items() if "running_" in k}
            expected |= {"train/" + k: v for k, v in (result | buffers).items()}
        adam.step()
    expected |= {"adam3/" + k: v.clone() for k, v in state(network).items()}
    return expected


# --- Conditioning ---------------------------------------------------------------------------------------------------


class Mirror:
    """A symmetry of the networks: turns and permutes inputs and outputs alike, and thereby the order of every sum.

    Examples stay in their ghosts, which running averages follow in turn, and filters in their groups.
    """

    def __init__(self, row, shape, draw):
        ghost = row.ghost or shape.batch
        self.examples = torch.cat([first + draw.order(ghost) for first in range(0, shape.batch, ghost)])
        self.colours = torch.tensor([2, 0, 1])
        group = shape.filters // (row.groups or 1)
        self.filters = torch.cat([first + draw.order(group) for first in range(0, shape.filters, group)])
        self.classes = draw.order(shape.classes)

    def labels(self, labels):
        return torch.argsort(self.classes)[labels[self.examples]]

    def images(self, images):
        return images[self.examples][:, self.colours].flip(2, 3)

    def maps(self, maps):
        return maps[self.examples][:, self.filters].flip(2, 3)

    def tensor(self, name, value):
        """The image of a tensor called `name` (a parameter, buffer or result, with or without group and "grad.")."""
        name = name.rsplit("/", 1)[-1].removeprefix("grad.")
        if name == "loss":
            return value
        if name == "logits":
            return value[self.examples][:, self.classes]
        if name == "images":
            return self.images(value)
        if name == "logit_linear_layer.weight":
            return value[self.classes][:, self.filters]
        if name == "logit_linear_layer.bias":
            return value[self.classes]
        if value.dim() == 4:
            inputs = self.colours if "input_conv" in name else self.filters
            return value[self.filters][:, inputs].flip(2, 3)
        return value[self.filters]


def noisy(row):
    """Expected tensors that cannot be compared norm-wise."""
    biases = zero_gradients(row)
    return {"train/grad." + k for k in biases} | {"adam3/" + k for k in biases + shifted_means(row)}


def disagreements(expected, mirror, mirrored):
    """Norm-wise relative disagreement per tensor."""
    result = {}
    for name, value in expected.items():
        value = mirror.tensor(name, value)
        result[name] = ((value - mirrored[name]).norm() / value.norm()).item()
    return result


def conditioning(name, row, shape, weights, images, labels, expected):
    """Prints the row's conditioning, and asserts it."""
    mirror = Mirror(row, shape, Draw(4711))
    mirrored = evaluate(
        row, shape, {k: mirror.tensor(k, v) for k, v in weights.items()}, mirror.images(images), mirror.labels(labels),
        mirror)
    zero = zero_gradients(row)
    noise = noisy(row)
    worst = {}
    for tensor, error in disagreements(expected, mirror, mirrored).items():
        if tensor not in noise:
            group = tensor.split("/")[0]
            worst[group] = max(worst.get(group, (0, "")), (error, tensor))
    gradients = [
        v.abs().mean().item() for k, v in expected.items() if k.startswith("train/grad.layer") and k not in noise]
    line = (f"{name:28} train {worst['train'][0]:.1e}  eval {worst['eval'][0]:.1e}  adam3 {worst['adam3'][0]:.1e}"
            f"  mean |grad| {min(gradients):.0e}..{max(gradients):.0e}")
    for group, limit in ("train", PASS_CONDITIONING), ("eval", PASS_CONDITIONING), ("adam3", ADAM_CONDITIONING):
        assert worst[group][0] < limit, (name, worst)

    if zero:
        # Gradients as a share of the gradient of the weight beside them; updates in learning rates.
        share = max(
            (expected[f"train/grad.{k}"].norm() / expected[f"train/grad.{k.removesuffix('bias')}weight"].norm()).item()
            for k in zero)
        update = max((expected["adam3/" + k] - weights[k]).abs().max().item() for k in zero) / row.learning_rate
        means = max(
            (mirror.tensor(k, expected["adam3/" + k]) - mirrored["adam3/" + k]).abs().max().item()
            for k in shifted_means(row)) / row.learning_rate
        line += f"  zero gradients {share:.0e} of their weight's, updates {update:.0e}, means {means:.0e} learning rates"
        assert share < ZERO_GRADIENT and max(update, means) < ZERO_UPDATE, (name, share, update, means)
    print(line)


# --- Files ----------------------------------------------------------------------------------------------------------

DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.int64: "I64"}
NUMPY = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}


def write(path, tensors, metadata):
    """Safetensors in a zstd frame; names in order, so that equal contents give equal bytes."""
    header, chunks, offset = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors, key=lambda n: (-tensors[n].element_size(), n)):
        value = tensors[name].contiguous()
        chunk = value.numpy().tobytes()
        header[name] = {
            "dtype": DTYPES[value.dtype], "shape": list(value.shape), "data_offsets": [offset, offset + len(chunk)]}
        offset += len(chunk)
        chunks.append(chunk)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + b"".join(chunks)
    path.write_bytes(zstandard.ZstdCompressor(level=19, write_checksum=True).compress(data))


def read(path):
    """Tensors and metadata, through the reference reader."""
    import safetensors

    data = zstandard.ZstdDecompressor().decompress(path.read_bytes())
    tensors = {
        name: torch.from_numpy(np.frombuffer(bytes(t["data"]), NUMPY[t["dtype"]]).reshape(t["shape"]).copy())
        for name, t in safetensors.deserialize(data)}
    length = struct.unpack("<Q", data[:8])[0]
    return tensors, json.loads(data[8 : 8 + length])["__metadata__"]


def sampled(expected, draw):
    """Norm, sampled indices and sampled values of each tensor."""
    result = {}
    for name, value in expected.items():
        group, tensor = name.split("/", 1)
        index = torch.sort(draw.order(value.numel())[:SAMPLES]).values
        result[f"{group}/norm/{tensor}"] = value.norm()
        result[f"{group}/index/{tensor}"] = index
        result[f"{group}/sample/{tensor}"] = value.flatten()[index]
    return result


# --- Commands -------------------------------------------------------------------------------------------------------


# Their own numbers are worse conditioned: Adam makes 4e-11 of the first's rounding, and of binary32's in the second a move of a
# bias by a quarter of its norm.
SEEDS = {"vgg38-bn-rc-elu-1e-2": 1111, "vgg38-ic-1e-2": 1112}


def fixtures():
    """(file name, row name, shape, seed) of every fixture."""
    for seed, name in enumerate(ROWS):
        shape = GROUPS if ROWS[name].groups else GHOSTS if ROWS[name].ghost else SMALL
        yield name, name, shape, SEEDS.get(name, 1000 + seed)
    yield "full-width.vgg38-bn-rc-1e-2", "vgg38-bn-rc-1e-2", FULL, 2000


def make(file, name, shape, seed):
    row, draw = ROWS[name], Draw(seed)
    weights = make_weights(row, shape, draw)
    images, labels = make_images(draw, shape), draw.integers(shape.batch, shape.classes)
    if shape is FULL:
        weights = {k: v.float().double() for k, v in weights.items()}
        images = images.float().double()
    expected = evaluate(row, shape, weights, images, labels)
    conditioning(file, row, shape, weights, images, labels, expected)

    stored = torch.float32 if shape is FULL else torch.float64
    tensors = {"weights/" + k: v.to(stored) for k, v in weights.items()}
    tensors |= {"batch/images": images.to(stored), "batch/labels": labels}
    tensors |= sampled(expected, draw) if shape is FULL else expected
    write(FIXTURES / f"{file}.safetensors.zst", tensors, {
        "row": name, "kind": "sampled" if shape is FULL else "full", "filters": str(shape.filters),
        "classes": str(shape.classes), "image_size": str(shape.image_size), "batch": str(shape.batch),
        "blocks": str(row.blocks), "learning_rate": repr(row.learning_rate), "torch": torch.__version__,
        **({"gain": repr(gain(row))} if row.he else {}),
        "ill_conditioned": json.dumps(zero_gradients(row)),
        "ill_conditioned_buffers": json.dumps(shifted_means(row))})


def check(file, name, shape, seed):
    """Recomputes the expected values from the stored inputs. Returns the number of tensors that disagree."""
    row = ROWS[name]
    stored, _ = read(FIXTURES / f"{file}.safetensors.zst")
    weights = {k.removeprefix("weights/"): v.double() for k, v in stored.items() if k.startswith("weights/")}
    images, labels = stored["batch/images"].double(), stored["batch/labels"]
    expected = evaluate(row, shape, weights, images, labels)
    conditioning(file, row, shape, weights, images, labels, expected)

    noise = noisy(row)
    names = {k.replace("/", "/norm/", 1) if shape is FULL else k for k in expected}
    names ^= {k for k in stored if k.split("/")[0] not in ("weights", "batch")
              and k.split("/")[1] not in ("index", "sample")}
    if names:
        print("  missing or extra:", ", ".join(sorted(names)))
        return 1
    failures = 0
    for tensor, value in expected.items():
        if tensor in noise:
            continue
        group, rest = tensor.split("/", 1)
        tolerance = ADAM_CONDITIONING if group == "adam3" else PASS_CONDITIONING
        scale = value.norm()
        if shape is FULL:
            error = abs(scale - stored[f"{group}/norm/{rest}"])
            value, wanted = value.flatten()[stored[f"{group}/index/{rest}"]], stored[f"{group}/sample/{rest}"]
            error = max(error, (value - wanted).norm())
        else:
            error = (value - stored[tensor]).norm()
        if not error <= tolerance * scale:
            failures += 1
            print(f"  {tensor}: off by {error / scale:.1e} of its norm, at most {tolerance:.0e} expected")
    return failures


def main():
    parser = argparse.ArgumentParser(description="Make or check the oracle's fixtures.")
    parser.add_argument("--check", action="store_true", help="compare the stored fixtures instead of writing them")
    parser.add_argument("--rows", help="only these fixtures, by name, separated by commas")
    arguments = parser.parse_args()
    chosen = [f for f in fixtures() if not arguments.rows or f[0] in arguments.rows.split(",")]
    torch.set_num_threads(1)
    check_parameter_counts()
    if arguments.check:
        return 1 if sum(check(*fixture) for fixture in chosen) else 0
    FIXTURES.mkdir(exist_ok=True)
    for fixture in chosen:
        make(*fixture)
    files = sorted(FIXTURES.glob("*.safetensors.zst"))
    print(f"{len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
