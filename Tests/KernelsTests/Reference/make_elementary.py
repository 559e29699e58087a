"""References for the elementary functions, with mpmath (pip install mpmath==1.3.0); for the tests only.

    python3 make_elementary.py > elementary.txt     the table that ElementaryTests.swift reads
    python3 make_elementary.py --constants          the constants of Sources/CKernels/elementary.c and cosine.c

A line of the table: function, argument (bits), whole exponent (of power, else 0), reference (bits), unit, correction.
The exact result is reference + correction * 2^unit, where the reference is the exact result rounded to binary64 and 2^unit
is one ulp: the distance of neighbouring binary64 numbers in the exact result's binade, never below 2^-1074. The correction
is good to 1e-6 ulp. An infinite reference has no correction: the result must be equal to it.
"""

import math
import random
import struct
import sys

import mpmath

mpmath.mp.prec = 1400  # cos of 2^1023 needs the argument modulo pi/2; the powers are exact in far less

LARGEST = struct.unpack("<d", bytes.fromhex("ffffffffffffef7f"))[0]
OVERFLOW = mpmath.mpf(2) ** 1024 - mpmath.mpf(2) ** 970  # rounds to infinity from here on


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def from_bits(b):
    return struct.unpack("<d", struct.pack("<Q", b))[0]


def neighbours(x, distance):
    return [from_bits(bits(x) + d) for d in range(-distance, distance + 1)]


def unit_of(exact):
    return max(mpmath.mag(exact) - 53, -1074)  # 2^(mag - 1) <= |exact| < 2^mag


def nearest(exact):
    """The exact number rounded to binary64, ties to even, subnormals included."""
    if abs(exact) >= OVERFLOW:
        return math.inf if exact > 0 else -math.inf
    unit = unit_of(exact)
    count = int(mpmath.nint(mpmath.ldexp(exact, -unit)))  # nint rounds ties to even
    return math.ldexp(count, unit)


# --- arguments -------------------------------------------------------------------------------------------------------

# The worst of 10^7 random arguments of each kind, found with a quadruple-precision library.
WORST_EXP = ["0x1.6304e7dd36672p-2", "0x1.35aa2dce743d3p+9", "-0x1.6205f7d8c5567p+9", "-0x1.6205ce3c5260fp+9"]
WORST_LOG = ["0x1.69bb92d5845dap+0", "0x1.64fb0968bb6c8p+0", "0x1.69da1d924c2b7p-1", "0x1.66b87a21819dbp-1"]
# Where a twelfth coefficient of the series, 2/25, would give another last bit.
TELLING_LOG = ["0x1.64a9c4d0a899dp+0"]
WORST_COS = [
    "0x1.9c95e9e64c65bp+15", "0x1.2a7a2c4f9577ap+1", "0x1.7391ed103b982p+16", "0x1.16543e84368cep+3",
    "0x1.896a9b90ce4a9p-1", "0x1.2ac38ce581852p+1", "0x1.076fd23d78905p+16", "0x1.1519300e67fcdp+3",
]


def exp_arguments(draw):
    yield from map(float.fromhex, WORST_EXP)
    for _ in range(150):
        yield draw.uniform(-0.5, 0.5)
        yield draw.uniform(-30, 0)
        yield draw.uniform(-745.2, 709.8)
        yield draw.uniform(-745.2, -708.3)  # subnormal results
    for k in [0, 1, 2, 3, 60, 1021, 1022, 1023, -1, -2, -60, -1020, -1021, -1022, -1023, -1074, -1075]:
        yield from neighbours(float(mpmath.log(2) * (k + mpmath.mpf(1) / 2)), 1)  # where the reduction changes its integer
        yield from neighbours(float(mpmath.log(2) * k), 1) if k else []
    for k in [1, 10, 26, 52, 53, 54, 300, 1022, 1074]:
        yield math.ldexp(1, -k)
        yield -math.ldexp(1, -k)
    yield from neighbours(float(mpmath.log(OVERFLOW)), 3)
    yield from neighbours(float(mpmath.log(mpmath.ldexp(1, -1022))), 3)
    yield from neighbours(float(mpmath.log(mpmath.ldexp(1, -1075))), 3)
    yield from [0.0, -0.0, 1.0, -1.0, LARGEST]


def log_arguments(draw):
    yield from map(float.fromhex, WORST_LOG + TELLING_LOG)
    for _ in range(200):
        yield draw.uniform(0.7, 1.42)
        yield draw.uniform(1, 100)  # a sum of exponentials
        yield from_bits(draw.randrange(bits(math.ldexp(1, -1022)), bits(math.inf)))
    for _ in range(60):
        yield from_bits(draw.getrandbits(draw.randrange(1, 53)) + 1)  # subnormal
    for k in range(1, 53):
        yield 1 + math.ldexp(1, -k)
        yield 1 - math.ldexp(1, -k)
    for k in [0, 1, 2, -1, -2, 500, -500, 1022, -1021, -1022, -1040]:
        yield from neighbours(math.ldexp(math.sqrt(0.5), k), 2)  # where the reduction changes its exponent
    yield from [1.0, 2.0, math.e, math.ldexp(1, -1074), math.ldexp(1, -1022), LARGEST]


def nearest_to_quadrants():
    """For each exponent e the m < 2^53 for which m 2^e comes nearest to a multiple of pi/2: the denominator of a convergent
    of 2^e 2/pi (best approximations of the second kind: Khinchin, Continued Fractions, theorem 16)."""
    found = []
    for e in range(-53, 971):
        alpha = mpmath.ldexp(2 / mpmath.pi, e)
        remainder, before, denominator = alpha - mpmath.floor(alpha), 0, 1
        while True:
            remainder = 1 / remainder
            term = int(mpmath.floor(remainder))
            remainder -= term
            if term * denominator + before >= 2**53:
                break
            before, denominator = denominator, term * denominator + before
        product = alpha * denominator
        found.append((abs(product - mpmath.nint(product)), math.ldexp(denominator, e)))
    found.sort()
    # What cosine.c assumes of the leading zeros after the reduction.
    assert found[0][0] > mpmath.ldexp(1, -62), found[0]
    return [x for _, x in found]


def cos_arguments(draw):
    yield from map(float.fromhex, WORST_COS)
    yield from nearest_to_quadrants()[:150]
    for _ in range(150):
        yield draw.uniform(0, math.pi / 4)
        yield draw.uniform(-10, 10)
        yield draw.uniform(-1e5, 1e5)
        yield from_bits(draw.randrange(bits(1e5), bits(math.inf)))
    for k in [1, 2, 3, 4, 5, 6, 7, 8, 11, 100, 1001, 65537]:
        yield from neighbours(float(mpmath.pi / 4 * k), 1)  # zeros, extremes, and where the reduction changes its quadrant
    for step in range(0, 100, 7):
        yield math.pi * step / 100  # the learning rate's schedule
    for k in [1, 13, 26, 27, 28, 300, 537, 1022, 1074]:
        yield math.ldexp(1, -k)
    for k in [52, 53, 62, 63, 64, 65, 127, 128, 500, 970, 1023]:
        yield math.ldexp(1, k)
        yield -math.ldexp(1.5, k)
    yield from [0.0, -0.0, LARGEST, -LARGEST]


def power_arguments(draw):
    for n in [0, 1, 2, 3, 5, 10, 100, 475, 1000, 4750, 47500, 100000]:
        for base in [0.9, 0.999, 0.99, 1.0, 0.5, -0.9, 0.0]:
            yield base, n
    for _ in range(100):
        yield draw.uniform(0.5, 2), draw.randrange(500)
        yield -draw.uniform(0.9, 1.1), draw.randrange(5000)
    for k in [20, 30, 40, 52]:
        yield 1 + math.ldexp(1, -k), 2**k - 1
        yield 1 - math.ldexp(1, -k), 2**k + 1


# --- output ----------------------------------------------------------------------------------------------------------


def line(function, x, n, exact):
    reference = nearest(exact)
    unit, correction = 0, 0.0
    if math.isfinite(reference) and exact != 0:
        unit = unit_of(exact)
        correction = float(mpmath.ldexp(exact - mpmath.mpf(reference), -unit))
    return f"{function} {bits(x):016x} {n} {bits(reference):016x} {unit} {correction:.6f}"


def table():
    draw = random.Random(20)
    for x in exp_arguments(draw):
        # Far outside, the exact result is out of any range: it is as good as its bound.
        yield line("exp", x, 0, mpmath.exp(max(min(mpmath.mpf(x), 2000), -2000)))
    for x in log_arguments(draw):
        yield line("log", x, 0, mpmath.log(mpmath.mpf(x)))
    for x in cos_arguments(draw):
        yield line("cos", x, 0, mpmath.cos(mpmath.mpf(x)))
    for base, n in power_arguments(draw):
        yield line("power", base, n, mpmath.power(mpmath.mpf(base), n))


def constants():
    ln2 = mpmath.log(2)
    high = mpmath.ldexp(mpmath.nint(mpmath.ldexp(ln2, 40)), -40)
    print("ln2_high", float(high).hex())
    print("ln2_low", float(ln2 - high).hex())
    print("inverse_ln2", float(1 / ln2).hex())
    print("root_half", f"0x{bits(math.sqrt(0.5)):016x}")
    print("pi_quarter", float(mpmath.pi / 4).hex())
    pi_half = float(mpmath.pi / 2)
    print("pi_half", pi_half.hex(), float(mpmath.pi / 2 - mpmath.mpf(pi_half)).hex())
    words = int(mpmath.floor(mpmath.ldexp(2 / mpmath.pi, 64 * 19)))
    print("two_over_pi", " ".join(f"0x{words >> 64 * i & 2**64 - 1:016x}" for i in range(19, -1, -1)))


if sys.argv[1:] == ["--constants"]:
    constants()
else:
    print("\n".join(table()))
