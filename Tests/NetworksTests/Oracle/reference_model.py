"""The experiment's networks in PyTorch, written from the protocol, independently of the Swift engine.

Parameter and buffer names are those of the course code's state dict, so weights travel in both directions.

    python reference_model.py        # asserts the exact parameter count of every row and prints them

Needs torch (requirements.txt).
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

LEAKY_SLOPE = 0.01
STAGES = 3


@dataclass(frozen=True)
class Row:
    """One experiment: a network and its base learning rate. `parameters` holds at full width (32 filters)."""

    blocks: int
    bn_processing: bool
    bn_reduction: bool
    residual: bool
    learning_rate: float
    parameters: int
    activation: str = "leaky_relu"
    he: bool = False
    ic: float | None = None  # rate of the dropout of IC layers, which stand in the place of batch norm behind convolutions
    ghost: int | None = None  # images that share the statistics of batch norm in training; all, where there is none
    groups: int | None = None  # of channels, each with statistics of its own; each channel has, where there is none
    example: float = 0.0  # the share of an image's own statistics in evaluation
    decay: float | None = None  # of batch norm's factors and addends alone, decoupled from the gradient


TABLE_1 = {
    "vgg08": Row(0, False, False, False, 1e-3, 59_716),
    "vgg38": Row(5, False, False, False, 1e-3, 336_196),
    "vgg38-bn-1e-2": Row(5, True, False, False, 1e-2, 338_116),
    "vgg38-bn-1e-3": Row(5, True, False, False, 1e-3, 338_116),
    "vgg38-rc": Row(5, False, False, True, 1e-3, 336_196),
    "vgg38-bn-rc-1e-3": Row(5, True, True, True, 1e-3, 338_500),
    "vgg38-bn-rc-1e-2": Row(5, True, True, True, 1e-2, 338_500),
}
# The other reading of "BN": in the reduction blocks too. Outside Table 1.
OTHER_PLACEMENT = {
    "vgg38-bn-all-1e-2": Row(5, True, True, False, 1e-2, 338_500),
    "vgg38-bn-all-1e-3": Row(5, True, True, False, 1e-3, 338_500),
}
# Remedies that Table 1 does not try: He's initialisation, the ELU.
BEYOND = {
    "vgg38-he-1e-3": Row(5, False, False, False, 1e-3, 336_196, he=True),
    "vgg38-elu-1e-3": Row(5, False, False, False, 1e-3, 336_196, activation="elu"),
    "vgg38-bn-rc-elu-1e-2": Row(5, True, True, True, 1e-2, 338_500, activation="elu"),
    "vgg38-ic-1e-2": Row(5, True, True, False, 1e-2, 338_500, ic=0.05),
    "vgg38-ic-rc-1e-2": Row(5, True, True, True, 1e-2, 338_500, ic=0.05),
    "vgg38-bn-rc-ghost-1e-2": Row(5, True, True, True, 1e-2, 338_500, ghost=10),
    "vgg38-bn-rc-decay-1e-2": Row(5, True, True, True, 1e-2, 338_500, decay=0.01),
    "vgg38-bn-rc-ghost-decay-1e-2": Row(5, True, True, True, 1e-2, 338_500, ghost=10, decay=0.01),
    "vgg38-gn-rc-1e-2": Row(5, True, True, True, 1e-2, 338_500, ghost=1, groups=4, example=1.0),
    "vgg38-bgn-rc-1e-2": Row(5, True, True, True, 1e-2, 338_500, ghost=2, groups=4),
}
ROWS = TABLE_1 | OTHER_PLACEMENT | BEYOND


def dropout_mask(layer, shape, rate):
    """[N, C, H, W]: what the engine's dropout multiplies a layer's input by, for seed 0 in step 0 of epoch 0.

    Element i of image n, i counting channels fastest, is dropped where the stream's 32-bit word n·2^30 + i is below rate·2^32.
    The words are those of Philox4x32-10 (Salmon et al., SC 2011), its key the first eight bytes of a SHA-256.
    """
    digest = hashlib.sha256(b"gradflow-random-v1\0dropout/" + layer.encode() + b"\0" + bytes(16)).digest()
    key = [np.uint64(int.from_bytes(digest[i : i + 4], "little")) for i in (0, 4)]
    images, channels, height, width = shape
    count, low, bits = channels * height * width, np.uint64(2**32 - 1), np.uint64(32)
    blocks = -(-count // 4)
    x = np.arange(images, dtype=np.uint64)[:, None] * np.uint64(2**28) + np.arange(blocks, dtype=np.uint64)
    x = [x & low, x >> bits, np.zeros_like(x), np.zeros_like(x)]
    for r in range(10):
        first, second = x[0] * np.uint64(0xD2511F53), x[2] * np.uint64(0xCD9E8D57)
        k = [(k + np.uint64(r * weyl % 2**32)) & low for k, weyl in zip(key, (0x9E3779B9, 0xBB67AE85))]
        x = [(second >> bits) ^ x[1] ^ k[0], second & low, (first >> bits) ^ x[3] ^ k[1], first & low]
    words = np.stack(x, 2).reshape(images, 4 * blocks)[:, :count]
    kept = torch.from_numpy(words >= round(rate * 2**32)).reshape(images, height, width, channels)
    return kept.permute(0, 3, 1, 2).double() / (1 - rate)


def activation(row):
    """What follows every convolution."""
    return nn.LeakyReLU(LEAKY_SLOPE) if row.activation == "leaky_relu" else nn.ELU(alpha=1.0)


class BatchNorm(nn.BatchNorm2d):
    """PyTorch's; in training, of each ghost by itself, one after the other; with groups and weighed examples, written out."""

    def __init__(self, filters, row):
        super().__init__(filters, eps=1e-5, momentum=0.1)
        self.ghost, self.groups, self.example = row.ghost, row.groups or filters, row.example

    def forward(self, x):
        if self.groups == self.num_features and (self.training or self.example == 0):
            if self.ghost is None or not self.training:
                return super().forward(x)
            return torch.cat([super(BatchNorm, self).forward(part) for part in x.split(self.ghost)])
        if self.training:
            return torch.cat([self.in_training(part) for part in x.split(self.ghost or len(x))])
        mean, variance = self.pooled(self.running_mean), self.pooled(self.running_var + self.running_mean**2)
        variance = variance - mean**2
        if self.example > 0:
            own, own_variance = self.statistics(x, (2, 3))
            share = self.example
            second = (1 - share) * (variance + mean**2) + share * (own_variance + own**2)
            mean = (1 - share) * mean + share * own
            variance = second - mean**2
        return self.normalised(x, mean, variance)

    def pooled(self, value):
        """The mean of each group of channels, which come last, for each of its channels."""
        parts = value.unflatten(-1, (self.groups, -1))
        return parts.mean(-1, keepdim=True).expand_as(parts).flatten(-2)

    def statistics(self, x, dimensions):
        """Mean and biased variance of each group, for each of its channels; of each image too, where images are no dimension."""
        mean = self.pooled(x.mean(dimensions))
        return mean, self.pooled((x**2).mean(dimensions)) - mean**2

    def normalised(self, x, mean, variance):
        mean, variance = (v[..., None, None].expand(*v.shape, 1, 1) for v in (mean, variance))
        return (x - mean) / torch.sqrt(variance + self.eps) * self.weight[:, None, None] + self.bias[:, None, None]

    def in_training(self, x):
        mean, variance = self.statistics(x, (0, 2, 3))
        count = x.numel() / self.groups
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        return self.normalised(x, mean, variance)


class Block(nn.Module):
    """Convolutions 3x3 (padding 1), each with its own batch norm where asked, kept under `layer_dict`."""

    def __init__(self, name, inputs, filters, convolutions, bias, batch_norm, row):
        super().__init__()
        self.name = name
        self.activate = activation(row)
        self.ic = row.ic
        self.turn_mask = lambda mask: mask
        self.layer_dict = nn.ModuleDict()
        for i in range(convolutions):
            if batch_norm and row.ic is not None:
                self.layer_dict[f"bn_{i}"] = BatchNorm(filters, row)
            self.layer_dict[f"conv_{i}"] = nn.Conv2d(inputs if i == 0 else filters, filters, 3, padding=1, bias=bias)
            if batch_norm and row.ic is None:
                self.layer_dict[f"bn_{i}"] = BatchNorm(filters, row)

    def independent(self, i, x):
        """Batch norm, then dropout."""
        x = self.layer_dict[f"bn_{i}"](x)
        return x * self.turn_mask(dropout_mask(f"{self.name}_dropout_{i}", x.shape, self.ic)) if self.training else x

    def normalised_convolution(self, i, x):
        if self.ic is not None and f"bn_{i}" in self.layer_dict:
            return self.layer_dict[f"conv_{i}"](self.independent(i, x))
        x = self.layer_dict[f"conv_{i}"](x)
        return self.layer_dict[f"bn_{i}"](x) if f"bn_{i}" in self.layer_dict else x


class Entry(Block):
    """Batch norm stands here in every network, the plain ones too."""

    def __init__(self, filters, row):
        super().__init__("input_conv", 3, filters, convolutions=1, bias=False, batch_norm=True, row=replace(row, ic=None))

    def forward(self, x):
        return self.activate(self.normalised_convolution(0, x))


class Processing(Block):
    def __init__(self, name, filters, row):
        super().__init__(name, filters, filters, convolutions=2, bias=False, batch_norm=row.bn_processing, row=row)
        self.residual = row.residual

    def forward(self, x):
        y = self.activate(self.normalised_convolution(0, x))
        y = self.normalised_convolution(1, y)
        if self.residual:
            y = y + x  # after the normalisation, before the last activation
        return self.activate(y)


class Reduction(Block):
    """Halves the map between its two convolutions; never a skip."""

    def __init__(self, name, filters, row):
        super().__init__(name, filters, filters, convolutions=2, bias=True, batch_norm=row.bn_reduction, row=row)

    def forward(self, x):
        x = self.activate(self.normalised_convolution(0, x))
        x = F.avg_pool2d(x, kernel_size=2, stride=2)
        return self.activate(self.normalised_convolution(1, x))


class Network(nn.Module):
    """Images [N, 3, H, W] to logits [N, classes]. PyTorch's own initialisation is the protocol's."""

    def __init__(self, row, filters=32, classes=100):
        super().__init__()
        self.layer_dict = nn.ModuleDict()
        self.layer_dict["input_conv"] = Entry(filters, row)
        for stage in range(STAGES):
            for j in range(row.blocks):
                name = f"block_{stage}_{j}"
                self.layer_dict[name] = Processing(name, filters, row)
            name = f"reduction_block_{stage}"
            self.layer_dict[name] = Reduction(name, filters, row)
        self.logit_linear_layer = nn.Linear(filters, classes)

    def forward(self, x):
        for block in self.layer_dict.values():
            x = block(x)
        return self.logit_linear_layer(x.mean(dim=(2, 3)))


def state(network):
    """Parameters and buffers by name, without PyTorch's counters of batches."""
    return {k: v.detach() for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}


def zero_gradients(row):
    """Parameters whose gradient in training mode is zero by mathematics: a bias that batch norm subtracts again.

    What a floating-point program computes for them is rounding noise, and no two programs need agree on it.
    """
    if not row.bn_reduction or row.ic is not None or row.groups is not None:
        return []
    return [f"layer_dict.reduction_block_{s}.layer_dict.conv_{i}.bias" for s in range(STAGES) for i in range(2)]


def shifted_means(row):
    """The running means behind those biases: what noise shifts a bias by, it shifts these by, and nothing else."""
    return [k.replace("conv_", "bn_").replace(".bias", ".running_mean") for k in zero_gradients(row)]


def check_parameter_counts():
    for name, row in ROWS.items():
        network = Network(row)
        count = sum(p.numel() for p in network.parameters())
        assert count == row.parameters, f"{name}: {count} parameters, expected {row.parameters}"
        names = set(dict(network.named_parameters()))
        assert "layer_dict.input_conv.layer_dict.conv_0.weight" in names
        assert "layer_dict.reduction_block_0.layer_dict.conv_0.bias" in names
        assert names >= set(zero_gradients(row))
        print(f"{name:20} {count:9,}")


if __name__ == "__main__":
    check_parameter_counts()
