"""Makes KIND.safetensors.zst: what PyTorch's optimisers, in double precision, make of seeded parameters and gradients.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install -r ../../NetworksTests/Oracle/requirements.txt
    /tmp/oracle/bin/python make_optimisers.py            # rewrites the files
    /tmp/oracle/bin/python make_optimisers.py --check    # computes them again and compares

Tensors, all F64: `start/NAME` and `gradient/STEP/NAME` are given; `CASE/STEP/NAME` is the parameter after update STEP, counted
from 0, with the learning rate RATE * (1 - STEP / 10). A case's name is how gradflow spells the optimiser on the command line.
The parameters are of one convolution and one batch norm, so that each kind is there. Gradients keep a sign for some elements,
change it for others, and are tiny or zero for a few, where Adam's epsilon counts.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
import zstandard
from safetensors.numpy import load, save

HERE = Path(__file__).parent
STEPS = 5
RATE = 0.05
SHAPES = {
    "layer_dict.input_conv.layer_dict.conv_0.weight": (3, 2, 3, 3),
    "layer_dict.input_conv.layer_dict.conv_0.bias": (3,),
    "layer_dict.input_conv.layer_dict.bn_0.weight": (3,),
    "layer_dict.input_conv.layer_dict.bn_0.bias": (3,),
}


def weights_only(decay):
    """Parameter groups in which convolution weights alone decay."""
    return lambda named: [
        {"params": [p for n, p in named if n.endswith("conv_0.weight")], "weight_decay": decay},
        {"params": [p for n, p in named if not n.endswith("conv_0.weight")], "weight_decay": 0.0},
    ]


def everything(named):
    return [{"params": [p for _, p in named]}]


CASES = {
    "adam": (torch.optim.Adam, everything, {}),
    "adam,beta1=0.8,beta2=0.99,epsilon=1e-06": (torch.optim.Adam, everything, {"betas": (0.8, 0.99), "eps": 1e-6}),
    "adamw": (torch.optim.AdamW, everything, {"weight_decay": 0.01}),
    "adamw,weight_decay=0.3": (torch.optim.AdamW, everything, {"weight_decay": 0.3}),
    "adamw,weight_decay=0.3,no_decay=bias+gamma+beta": (torch.optim.AdamW, weights_only(0.3), {}),
    "sgd": (torch.optim.SGD, everything, {"momentum": 0.9}),
    "sgd,momentum=0.0": (torch.optim.SGD, everything, {}),
    "sgd,momentum=0.5": (torch.optim.SGD, everything, {"momentum": 0.5}),
    "sgd,nesterov=true": (torch.optim.SGD, everything, {"momentum": 0.9, "nesterov": True}),
}


def given():
    generator = np.random.default_rng(20261126)
    tensors = {"start/" + name: generator.standard_normal(shape) for name, shape in SHAPES.items()}
    for name, shape in SHAPES.items():
        lean = generator.standard_normal(shape)
        scale = 10.0 ** generator.integers(-9, 1, shape)
        for step in range(STEPS):
            gradient = scale * (lean + generator.standard_normal(shape))
            gradient.flat[0] = 0
            tensors[f"gradient/{step}/{name}"] = gradient
    return tensors


def updated(tensors, case):
    kind, groups, settings = CASES[case]
    parameters = {n: torch.nn.Parameter(torch.tensor(tensors["start/" + n])) for n in SHAPES}
    optimiser = kind(groups(list(parameters.items())), lr=RATE, foreach=False, **settings)
    result = {}
    for step in range(STEPS):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - step / 10)
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(tensors[f"gradient/{step}/{name}"])
        optimiser.step()
        result |= {f"{case}/{step}/{n}": p.detach().numpy().copy() for n, p in parameters.items()}
    return result


def check(file, tensors):
    stored = load(zstandard.ZstdDecompressor().decompress(file.read_bytes()))
    if stored.keys() != tensors.keys():
        sys.exit(f"{file.name} holds other tensors: make it anew")
    worst = max(np.abs(stored[k] - tensors[k]).max() for k in tensors)
    print(f"{file.name}: {len(tensors)} tensors, at most {worst:.1e} apart")
    if not worst <= 1e-15:
        sys.exit("these are other numbers than those stored")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    checks = parser.parse_args().check
    metadata = {"torch": torch.__version__, "steps": str(STEPS), "rate": repr(RATE)}
    for kind in sorted({case.split(",")[0] for case in CASES}):
        tensors = given()
        for case in CASES:
            if case.split(",")[0] == kind:
                tensors |= updated(tensors, case)
        file = HERE / f"{kind}.safetensors.zst"
        if checks:
            check(file, tensors)
        else:
            file.write_bytes(zstandard.ZstdCompressor(level=19).compress(save(tensors, metadata)))


if __name__ == "__main__":
    main()
