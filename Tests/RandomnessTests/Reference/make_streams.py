"""A second implementation of Sources/Randomness, from its documentation alone, for the tests only.

    python3 make_streams.py > streams.txt       needs mpmath (pip install mpmath==1.3.0) for the normal numbers

Lines, by their first word; a stream line is about all lines up to the next:
    stream SEED NAME EPOCH KEY              key: the first word is the low half
    word|value|uniform INDEX BITS           bits in hexadecimal, a uniform number's as those of the double
    integer BOUND INDEX RESULT
    symmetric BOUND INDEX FLOAT DOUBLE      bits of bound * (2u - 1) as float and as double, the bound as decimal double
    normal INDEX DOUBLE                     bits of the exact result, rounded
    permutation COUNT SHA256                over the numbers in decimal, each followed by a newline
"""

import hashlib
import struct

import mpmath

mpmath.mp.prec = 200
MASK = 2**32 - 1

STREAMS = [
    (0, "shuffle", 0),
    (0, "shuffle", 1),
    (1, "shuffle", 0),
    (0, "crop", 99),
    (0, "flip", 99),
    (2**64 - 1, "shuffle", 2**64 - 1),
    (7, "initialisation/layer_dict.block_0_0.layer_dict.conv_0.weight", 0),
    (0, "validation-split/99", 0),
    (20, "synthetic/größe", 3),
]
INDICES = [0, 1, 2, 3, 4, 5, 7, 8, 511, 512, 513, 10**6 + 1, 2**32 - 1, 2**33 + 3, 2**34 - 1, 2**34, 2**40 + 9, 2**61 + 5]
BOUNDS = [1, 2, 3, 9, 100, 500, 47500, 2**32, 2**63 - 1]


def double_bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def float_bits(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]  # rounds to nearest even


def key_of(seed, name, epoch):
    message = b"gradflow-random-v1\0" + name.encode("utf-8") + b"\0" + struct.pack("<QQ", seed, epoch)
    return struct.unpack("<II", hashlib.sha256(message).digest()[:8])


def philox(counter, key):
    """Salmon et al. 2011, section 3.3: in each round two products, their halves crossed over and keyed."""
    (left0, right0, left1, right1), (k0, k1) = counter, key
    for _ in range(10):
        first, second = 0xD2511F53 * left0, 0xCD9E8D57 * left1
        left0, right0 = (second >> 32) ^ right0 ^ k0, second & MASK
        left1, right1 = (first >> 32) ^ right1 ^ k1, first & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return left0, right0, left1, right1


def word(key, i):
    return philox((i // 4 & MASK, i // 4 >> 32, 0, 0), key)[i % 4]


def value(key, i):
    return word(key, 2 * i + 1) << 32 | word(key, 2 * i)


def uniform(key, i):
    return (value(key, i) >> 11) / 2**53


def integer(key, bound, i):
    return value(key, i) * bound >> 64


def normal(key, i):
    u, v = mpmath.mpf(uniform(key, 2 * i)), mpmath.mpf(uniform(key, 2 * i + 1))
    return float(mpmath.sqrt(-2 * mpmath.log(1 - u)) * mpmath.cos(2 * mpmath.pi * v))


def permutation(key, count):
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = integer(key, i + 1, i)
        order[i], order[j] = order[j], order[i]
    return order


for seed, name, epoch in STREAMS:
    key = key_of(seed, name, epoch)
    print("stream", seed, name, epoch, f"{key[1]:08x}{key[0]:08x}")
    for i in INDICES:
        print("word", i, f"{word(key, i):08x}")
        print("value", i, f"{value(key, i):016x}")
        print("uniform", i, f"{double_bits(uniform(key, i)):016x}")
    for i in range(40):
        print("normal", i, f"{double_bits(normal(key, i)):016x}")
    for bound in BOUNDS:
        for i in INDICES[:6]:
            print("integer", bound, i, integer(key, bound, i))
    for fan_in in [27, 288]:
        bound = 1 / fan_in**0.5
        for i in [0, 1, 2, 300]:
            x = bound * (2 * uniform(key, i) - 1)
            print("symmetric", repr(bound), i, f"{float_bits(x):08x}", f"{double_bits(x):016x}")
    for count in [0, 1, 2, 3, 10, 475, 3000]:
        text = "".join(f"{x}\n" for x in permutation(key, count))
        print("permutation", count, hashlib.sha256(text.encode()).hexdigest())
