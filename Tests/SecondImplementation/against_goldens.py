"""Holds the second implementation against this project's: its elementary functions against the bits that ElementaryTests
pins, then its traces against the goldens of smoke, as text, line by line; the digests of steps as soon as they are there,
so that the first thing that differs is named.

    python3 against_goldens.py                       vgg08 to its test line, one epoch of vgg38-bn-rc-1e-2
    python3 against_goldens.py --rows all --epochs 3

Exit codes: 0 all equal, 1 something differs, 2 something is missing.
"""

import argparse
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import time
from fractions import Fraction

try:
    import numpy as np
    import second_implementation
    from second_implementation import BEYOND, ROWS, SMOKE, Data, Run, text
except ImportError as missing:
    print(f"second implementation: {missing}: pip install numpy, or name a Python that has it: PYTHON=...", file=sys.stderr)
    sys.exit(2)


TESTS = pathlib.Path(__file__).resolve().parents[1]


class Missing(Exception):
    pass


def half_pi(bits):
    """To some 2^-bits, by Machin's formula: pi/4 = 4 arctan(1/5) - arctan(1/239)."""
    def arctan(n):
        term, total, k = (1 << bits) // n, 0, 1
        while term:
            total, term, k = total + (term // k if k % 4 == 1 else -(term // k)), term // (n * n), k + 2
        return total
    return Fraction(8 * arctan(5) - 2 * arctan(239), 1 << bits)


def elementary():
    """A sentence about the 2,713 arguments of the reference table, and whether all is equal."""
    functions = {
        "exp": lambda x, _: second_implementation.exp(np.array([x]))[0],
        "log": lambda x, _: second_implementation.log(np.array([x]))[0],
        "cos": lambda x, _: second_implementation.cos(x), "power": second_implementation.power}
    second_implementation.HALF_PI = half_pi(2400)  # the table's arguments go up to 2^1024
    digests, arguments = dict.fromkeys(functions, 0xCBF29CE484222325), 0
    for line in (TESTS / "KernelsTests" / "Reference" / "elementary.txt").read_text().splitlines():
        name, bits, exponent = line.split()[:3]
        arguments += 1
        with np.errstate(over="ignore"):
            result = functions[name](struct.unpack("<d", struct.pack("<Q", int(bits, 16)))[0], int(exponent))
        for byte in struct.pack("<d", result):  # FNV-1a
            digests[name] = (digests[name] ^ byte) * 0x100000001B3 % 2**64
    pinned = dict(re.findall(r'\("(\w+)", (0x[0-9a-f_]+)\)', (TESTS / "KernelsTests" / "ElementaryTests.swift").read_text()))
    for name, digest in digests.items():
        if int(pinned[name].replace("_", ""), 16) != digest:
            return f"different: {name} has the digest 0x{digest:x}; ElementaryTests pins {pinned[name]}", False
    return f"identical: {arguments} results of {', '.join(digests)}", True


def golden_lines(path):
    """The golden's lines that a trace has too."""
    if not path.exists():
        raise Missing(f"there is no golden {path}")
    try:
        golden = subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True).stdout.decode()
    except FileNotFoundError:
        try:
            from compression.zstd import decompress  # Python 3.14
        except ImportError:
            raise Missing("goldens are read by the command zstd (apt-get install zstd), or by Python 3.14") from None
        golden = decompress(path.read_bytes()).decode()
    kinds = tuple(f'{{"{kind}":' for kind in ("format", "layers", "steps", "epoch", "test"))
    return [line for line in golden.splitlines() if line.startswith(kinds)]


def difference(found, wanted):
    """What to say of two lines that differ."""
    if "layers" in found and "layers" in wanted:
        entries, kept = found["layers"]["entries"], wanted["layers"]["entries"]
        for entry, golden in zip(entries, kept):
            if entry != golden:
                return (f"epoch {found['layers']['epoch']}, step {found['layers']['step']}: {' '.join(entry)}; "
                        f"golden: {' '.join(golden)}")
    a, b = text(found), text(wanted)
    at = len(os.path.commonprefix([a, b]))
    return f"a line from character {at + 1} on: ...{a[max(at - 60, 0):at + 40]}...; golden: ...{b[max(at - 60, 0):at + 40]}..."


def compare(row, epochs, data, golden):
    """A sentence, and whether all is equal."""
    lines = golden_lines(golden / f"{row}.jsonl.zst")
    read = [json.loads(line) for line in lines]
    steps = {line["steps"]["epoch"]: line["steps"]["digests"] for line in read if "steps" in line}
    began, equal, digests = time.monotonic(), 0, 0
    for kind, value in Run(row, data, 0).trace(epochs):
        if kind == "digest":
            epoch, step, digest = value
            if steps[epoch][step:step + 1] != [digest]:
                return f"different: epoch {epoch}, step {step}: the state is {digest}; golden: {steps[epoch][step]}", False
            digests += 1
            continue
        if "layers" in value:
            if value["layers"]["epoch"] > 0:
                continue  # goldens keep those of the first epoch
            digests += len(value["layers"]["entries"])
        if text(value) != lines[equal]:
            return f"different: {difference(value, read[equal])}", False
        equal += 1
        if "learning_rate" in value:
            print(f"{row}: epoch {value['epoch']} is equal, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return f"identical: {equal} of {len(lines)} lines, with {digests} digests of layers and steps", True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", help="names with commas, or all (Table 1); otherwise vgg08 (3 epochs) and vgg38-bn-rc-1e-2 (1)")
    parser.add_argument("--epochs", type=int, choices=(1, 2, 3), help="the test line comes with the third")
    parser.add_argument("--golden", type=pathlib.Path, default=TESTS.parent / "golden" / "smoke")
    arguments = parser.parse_args()
    rows = list(ROWS) if arguments.rows == "all" else (arguments.rows or "vgg08,vgg38-bn-rc-1e-2").split(",")
    unknown = [row for row in rows if row not in ROWS | BEYOND]
    if unknown:
        print(f"second implementation: no row {', '.join(unknown)}; there are {', '.join(ROWS | BEYOND)}", file=sys.stderr)
        return 64
    sentence, same = elementary()
    print(f"elementary functions: {sentence}", flush=True)
    if not same:
        return 1
    status, data = 0, Data(SMOKE)
    for row in rows:
        try:
            sentence, same = compare(row, arguments.epochs or (3 if row == "vgg08" else 1), data, arguments.golden)
        except Missing as problem:
            print(f"second implementation: {problem}", file=sys.stderr)
            return 2
        print(f"{row}: {sentence}", flush=True)
        status = status if same else 1
    return status


if __name__ == "__main__":
    sys.exit(main())
