"""The contract a second time: written from Sources/Kernels/CONTRACT.md alone, in NumPy alone, to be read beside that text
(the sections here have its numbers). It trains a row of the profile smoke and prints the run's trace, line by line:

    python3 second_implementation.py ROW [EPOCHS]

against_goldens.py holds such traces against the goldens.
"""
import functools, hashlib, json, math, struct, sys
from fractions import Fraction
from types import SimpleNamespace
import numpy as np

f32, f64, u32, u64, i64 = np.float32, np.float64, np.uint32, np.uint64, np.int64

# --- 1. arithmetic ---------------------------------------------------------------------------------------------------
# NumPy adds, subtracts, multiplies, divides and takes square roots as IEEE-754 says; it has no fused multiply-add.
def two_sum(a, b):
    """fl(a + b) and what it lacks (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)
def split(a):
    """a as a sum of two numbers of 26 bits (Veltkamp)."""
    t = 134217729.0 * a
    high = t - (t - a)
    return high, a - high
def two_product(a, b):
    """fl(a b) and what it lacks (Dekker)."""
    p = a * b
    (ah, al), (bh, bl) = split(a), split(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl

def to_odd(s, error):
    """The sum s + error, rounded to odd: where s is not exact and its last bit is even, its neighbour towards the error."""
    bits = s.view(i64)
    return (bits + np.where((error != 0) & (bits & 1 == 0), np.where((error > 0) == (s > 0), 1, -1), 0)).view(f64)

TAIL = i64(0x0FFFFFFF)
def mend_ties(s, a, b):
    """s = fl(a + b) in f64, to be rounded to f32 next. A second rounding can err only where s is the middle of two f32,
    whose last 28 bits are zero; there s is rounded to odd instead."""
    risky = (s.view(i64) & TAIL) == 0
    s[risky] = to_odd(s[risky], two_sum(np.broadcast_to(a, s.shape)[risky], np.broadcast_to(b, s.shape)[risky])[1])
    return s

def fma(a, b, c):
    """fma in f32: the product is exact in f64."""
    p, c = np.multiply(a, b, dtype=f64), np.asarray(c, f64)
    return mend_ties(np.atleast_1d(p + c), p, c).astype(f32)

def fma64(a, b, c):
    """fma in f64 (Boldo and Melquiond 2008): the low parts are added with rounding to odd. No overflow or underflow here."""
    (uh, ul), c = two_product(np.asarray(a, f64), np.asarray(b, f64)), np.asarray(c, f64)
    th, tl = two_sum(c, ul)
    vh, vl = two_sum(uh, th)
    return vh + to_odd(*map(np.asarray, two_sum(tl, vl)))

def sum_of_products(x, y):
    """From a = +0, for i ascending, a = fma(x[i], y[i], a) in f32. x and y are f64 that hold f32."""
    a = np.zeros(np.broadcast_shapes(x.shape[1:], y.shape[1:]), f32)
    p, s, tail = np.empty(a.shape), np.empty(a.shape), np.empty(a.shape, i64)
    for u, v in zip(x, y):
        np.multiply(u, v, out=p)
        np.add(p, a, out=s)
        np.bitwise_and(s.view(i64), TAIL, out=tail)
        if np.count_nonzero(tail) < tail.size:
            mend_ties(s, p, a)
        a = s.astype(f32)
    return a

def ascending(x, first=None):
    """The sum over the first axis, from +0 or from its first element."""
    s = np.zeros_like(x[0]) if first is None else first
    for v in x if first is None else x[1:]:
        s = s + v
    return s

def label_is(z, label):
    """Whether the argmax of the logits is the label."""
    return functools.reduce(lambda best, i: i if z[i] > z[best] else best, range(len(z))) == label

# --- 2. elementary functions -----------------------------------------------------------------------------------------
LN2_HIGH, LN2_LOW, INVERSE_LN2 = map(float.fromhex, ("0x1.62e42fefa4p-1", "-0x1.8432a1b0e2634p-43", "0x1.71547652b82fep+0"))
PI_DIGITS = "3243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89"
HALF_PI = Fraction(int(PI_DIGITS, 16), 2 * 16 ** (len(PI_DIGITS) - 1))
def half_square(r):
    high, low = split(r)
    return (high * high) * 0.5, (low * (r + high)) * 0.5
def horner(z, coefficients):
    """c₀ + z(c₁ + z(c₂ + ...)), from the inside."""
    p = np.full_like(z, coefficients[-1])
    for c in coefficients[-2::-1]:
        p = p * z + c
    return p

def exp(x):
    x = np.clip(x, -800, 800)  # beyond: 0 and infinity, as here
    k = np.rint(x * INVERSE_LN2)
    a, b = x - k * LN2_HIGH, k * LN2_LOW
    r = a - b
    (h, l), c, p = half_square(r), (a - r) - b, horner(r, [1 / math.factorial(n) for n in range(3, 15)])
    y = r + h
    w = 1 + y
    rest = (((1 - w) + y) + (((r - y) + h) + (l + (1 + r) * c))) + ((r * r) * r) * p
    result = np.ldexp(w + rest, k.astype(int))
    for i in map(tuple, np.argwhere(k < -1021)):  # perhaps subnormal: one rounding of the sum
        units = (Fraction(float(w[i])) + Fraction(float(rest[i]))) * Fraction(2) ** max(int(k[i]) + 1074, -64)
        result[i] = math.ldexp(round(units), -1074)
    return result

def log(x):
    m, k = np.frexp(x)
    small = m < math.sqrt(0.5)
    k, f = k - small, np.where(small, 2 * m, m) - 1
    (h, l), g, d = half_square(f), (0.5 * f) * f, 2 + f
    s = f / d
    z = s * s
    tail = z * horner(z, [2 / (2 * n + 1) for n in range(1, 12)])
    p, q = two_product(s, d)
    s_low, w = (((f - p) - q) - s * ((2 - d) + f)) / d, f - h
    low = (((f - w) - h) - l) + s_low * (g + 3 * tail)
    w, e = two_sum(k * LN2_HIGH, w)
    return w + (((e + k * LN2_LOW) + low) + s * (g + tail))

def cos(x):
    """Of one number."""
    quadrant = round(Fraction(x) / HALF_PI)
    exact = Fraction(x) - quadrant * HALF_PI
    r = np.array(float(exact))
    c, (z, z_low), (h, l) = float(exact - Fraction(float(r))), two_product(r, r), half_square(r)
    if quadrant % 2 == 0:
        p, w = horner(z, [(-1) ** n / math.factorial(2 * n) for n in range(2, 10)]), 1 - h
        y = w + (((((1 - w) - h) - l) - r * c) + (z * z) * p)
    else:
        (cube, cube_low), p = two_product(r, z), horner(z, [(-1) ** n / math.factorial(2 * n + 1) for n in range(2, 10)])
        w = r - cube / 6
        y = w + ((((r - w) - cube / 6) + (c * (1 - 0.5 * z) - (cube_low + r * z_low) / 6)) + (cube * z) * p)
    return float(-y if quadrant % 4 in (1, 2) else y)

def power(base, n):
    r = 1.0
    while n:
        r, base, n = r * base if n & 1 else r, base * base, n >> 1
    return r

# --- 3. random numbers -----------------------------------------------------------------------------------------------
class Stream:
    def __init__(self, seed, name, epoch=0):
        text = b"gradflow-random-v1\0" + name.encode() + b"\0" + struct.pack("<QQ", seed, epoch)
        self.key = struct.unpack("<II", hashlib.sha256(text).digest()[:8])
    def words(self, first, count):
        """Philox4x32-10."""
        block = np.arange(first // 4, (first + count + 3) // 4, dtype=u64)
        (k0, k1), low, half = self.key, u64(0xFFFFFFFF), u64(32)
        a, b, c, d = block & low, block >> half, block * u64(0), block * u64(0)
        for _ in range(10):
            p, q = u64(0xD2511F53) * a, u64(0xCD9E8D57) * c
            a, b, c, d = (q >> half) ^ b ^ u64(k0), q & low, (p >> half) ^ d ^ u64(k1), p & low
            k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
        return np.stack([a, b, c, d], 1).reshape(-1)[first % 4:first % 4 + count]
    def values(self, first, count):
        w = self.words(2 * first, 2 * count)
        return w[1::2] << u64(32) | w[0::2]
    def uniforms(self, first, count):
        return (self.values(first, count) >> u64(11)).astype(f64) * 2.0**-53
    def normals(self, count):
        u = self.uniforms(0, 2 * count)
        return np.sqrt(-2 * log(1 - u[::2])) * np.array([cos(2 * math.pi * v) for v in u[1::2]])
    def integer(self, bound, i):
        return int(self.values(i, 1)[0]) * bound >> 64
    def permutation(self, n):
        order, values = list(range(n)), self.values(0, n)
        for i in range(n - 1, 0, -1):
            j = int(values[i]) * (i + 1) >> 64
            order[i], order[j] = order[j], order[i]
        return order

# --- 4. data ---------------------------------------------------------------------------------------------------------
def picture(label, classes, side, u, noise):
    """One synthetic image as bytes [3, side, side]."""
    turn = lambda t: cos((2 * math.pi) * t)
    hue = (label * 7 % classes) / classes + 0.06 * (u[0] - 0.5)
    brightness = 0.5 + 0.12 * (u[1] - 0.5)
    colour = [brightness + 0.38 * turn(hue - c / 3) for c in range(3)]
    ground = [0.25 + 0.5 * u[2 + c] for c in range(3)]
    centre_x, centre_y, scale, angle = 0.7 * (u[5] - 0.5), 0.7 * (u[6] - 0.5), 0.45 + 0.35 * u[7], 0.16 * (u[8] - 0.5)
    direction, frequency = (label * 3 % classes) / classes / 2, 1.6 if label % 2 else 0.8
    wave_x, wave_y = frequency * turn(direction), frequency * turn(direction - 0.25)
    cosine, sine, strength = turn(angle), turn(angle - 0.25), 0.10 + 0.15 * u[10]
    place = (np.arange(side) + 0.5) * (2 / side) - 1
    dx, dy = place[None, :] - centre_x, place[:, None] - centre_y
    x, y = (cosine * dx + sine * dy) / scale, (cosine * dy - sine * dx) / scale
    ax, ay, square = abs(x), abs(y), x * x + y * y
    inside = [square < 1, np.maximum(ax, ay) < 0.85, (square > 0.35) & (square < 1.1),
              ((ax < 0.33) & (ay < 1)) | ((ay < 0.33) & (ax < 1)), ax + ay < 1.2][label % 5]
    phase = (wave_x * x + wave_y * y) + u[9]
    stripes = 0.75 + 0.25 * np.array([turn(t) if i else 0 for t, i in zip(phase.flat, inside.flat)]).reshape(side, side)
    shown = np.stack([np.where(inside, colour[c] * stripes, ground[c]) for c in range(3)])
    shown = shown + strength * (2 * (noise.reshape(3, side, side).astype(f64) * 2.0**-32) - 1)
    return np.clip(shown * 255, 0, 255).astype(np.uint8)

class Data:
    SEED, MEAN, DEVIATION = 0x6772616466_6C6F77, (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
    def __init__(self, profile):
        self.classes, self.side = profile["classes"], profile["side"]
        self.sets = [self.images("training", profile["training"]), self.images("test", profile["test"])]
        text = hashlib.sha256(b"gradflow-dataset-v1\0" + struct.pack("<QQ", self.classes, self.side))
        for pixels, labels in self.sets:
            text.update(struct.pack("<Q", len(labels)) + labels.astype("<u2").tobytes() + pixels.tobytes())
        self.fingerprint = text.hexdigest()
        self.name = f"synthetic-v1-c{self.classes}-s{self.side}-n{profile['training']}-t{profile['test']}"
        self.table = np.stack([((np.arange(256) / 255 - m) / d).astype(f32) for m, d in zip(self.MEAN, self.DEVIATION)])
    def images(self, part, per_class):
        count, size = self.classes * per_class, 3 * self.side**2
        u = Stream(self.SEED, f"synthetic/{part}").uniforms(0, 16 * count).reshape(count, 16)
        noise = Stream(self.SEED, f"synthetic/{part}/noise").words(0, count * size).reshape(count, size)
        labels = np.arange(count) % self.classes
        pixels = [picture(i % self.classes, self.classes, self.side, u[i], noise[i]) for i in range(count)]
        order = sorted(range(count), key=lambda i: (labels[i], pixels[i].tobytes()))
        return np.stack(pixels)[order], labels[order]
    def split(self, seed, per_class):
        """The numbers of the training and of the validation images."""
        labels, taken = self.sets[0][1], set()
        for label in range(self.classes):
            numbers = [n for n in range(len(labels)) if labels[n] == label]
            order = Stream(seed, f"validation-split/{label}").permutation(len(numbers))
            taken |= {numbers[i] for i in order[:per_class]}
        return [n for n in range(len(labels)) if n not in taken], sorted(taken)
    def batch(self, part, numbers, augment=None):
        """Normalised images [image, row, column, channel] and labels. augment: seed, epoch, padding."""
        (pixels, labels), places = self.sets[part], np.arange(self.side)
        raw = pixels[numbers]
        for i, n in enumerate(numbers if augment else []):
            seed, epoch, padding = augment
            crop, flip = Stream(seed, "crop", epoch), Stream(seed, "flip", epoch).uniforms(n, 1)[0] < 0.5
            y = places + crop.integer(2 * padding + 1, 2 * n)
            x = (places[::-1] if flip else places) + crop.integer(2 * padding + 1, 2 * n + 1)
            raw[i] = np.pad(pixels[n], ((0, 0), (padding, padding), (padding, padding)))[:, y[:, None], x]
        return np.stack([self.table[c][raw[:, c]] for c in range(3)], -1), labels[numbers]

# --- 7. minimal filtering --------------------------------------------------------------------------------------------
# Each transform is of the first axis; the others are lanes.
p, q, P, Q, PQ, P_Q, p3, q3 = map(f32, (0.625, 1.5, 0.390625, 2.25, 0.87890625, 2.640625, 0.244140625, 3.375))
N0, NP, NQ = 256 / 225, -2048 / 2975, 128 / 1071

def transform_input(d):
    ep, op, eq, oq = fma(-Q, d[2], d[4]), fma(-Q, d[1], d[3]), fma(-P, d[2], d[4]), fma(-P, d[1], d[3])
    return np.stack([fma(PQ, d[0], fma(-P_Q, d[2], d[4])), fma(p, op, ep), fma(-p, op, ep), fma(q, oq, eq),
                     fma(-q, oq, eq), fma(PQ, d[1], fma(-P_Q, d[3], d[5]))])
def transform_output(m):
    sp, sq, tp, tq = m[1] + m[2], m[3] + m[4], m[1] - m[2], m[3] - m[4]
    return np.stack([(m[0] + sp) + sq, fma(p, tp, q * tq), fma(P, sp, Q * sq), fma(p3, tp, fma(q3, tq, m[5]))])
def transform_gradient(d):
    ep, op, eq, oq = fma(P, d[2], d[0]), fma(P, d[3], d[1]), fma(Q, d[2], d[0]), fma(Q, d[3], d[1])
    return np.stack([d[0], fma(p, op, ep), fma(-p, op, ep), fma(q, oq, eq), fma(-q, oq, eq), d[3]])
def transform_weights(g):
    ep, eq = fma64(P, g[2], g[0]), fma64(Q, g[2], g[0])
    return np.stack([N0 * g[0], NP * fma64(p, g[1], ep), NP * fma64(-p, g[1], ep), NQ * fma64(q, g[1], eq),
                     NQ * fma64(-q, g[1], eq), g[2]])
def transform_weight_gradient(m):
    sp, sq, tp, tq = NP * (m[1] + m[2]), NQ * (m[3] + m[4]), NP * (m[1] - m[2]), NQ * (m[3] - m[4])
    return np.stack([fma64(N0, m[0], sp + sq), fma64(p, tp, f64(q) * tq), fma64(P, sp, fma64(Q, sq, m[5]))])

def both_axes(transform, block):
    """Over the rows r for each s, then over s: [r, s, ...] to [i, j, ...]."""
    return transform(transform(block).swapaxes(0, 1)).swapaxes(0, 1)

def tiles(x, size, before):
    """[image, row, column, c] to blocks [r, s, tile, c] that begin `before` pixels above and left of their tile."""
    h, w = -(-x.shape[1] // 4), -(-x.shape[2] // 4)
    after = [4 * count + 2 - before - length for count, length in ((h, x.shape[1]), (w, x.shape[2]))]
    padded, c = np.pad(x, ((0, 0), (before, after[0]), (before, after[1]), (0, 0))), x.shape[3]
    return np.stack([np.stack([padded[:, r:r + 4 * h - 3:4, s:s + 4 * w - 3:4].reshape(-1, c) for s in range(size)])
                     for r in range(size)])

def slots(count):
    return [slice(i, min(i + 5, count)) for i in range(0, count, 5)]

class Convolution:
    """Without its bias. Weights are [k, c, r, s]. `side` is that of the map."""
    def __init__(self, inputs, outputs, size, side):
        self.size, self.filtering = size, size == 3 and side >= 3 and inputs >= 4 and outputs >= 4
    def patches(self, x):
        """[image, row, column, c] to [image, row, column, t, c], +0 outside."""
        taps, edge = range(self.size), (self.size // 2, self.size // 2)
        padded = np.pad(x, ((0, 0), edge, edge, (0, 0)))
        return np.stack([padded[:, r:r + x.shape[1], s:s + x.shape[2]] for r in taps for s in taps], 3)
    def forward(self, x, w):
        if self.filtering:
            return self.filtered(x, w.transpose(2, 3, 1, 0))
        return self.direct(self.patches(x), w.reshape(len(w), w.shape[1], -1).transpose(2, 1, 0))
    def input_gradient(self, dy, w):
        if self.filtering:
            return self.filtered(dy, w[:, :, ::-1, ::-1].transpose(2, 3, 0, 1))
        # The output pixel that reads p with the tap t lies where the opposite tap would read.
        return self.direct(self.patches(dy)[:, :, :, ::-1], w.reshape(len(w), w.shape[1], -1).transpose(2, 0, 1))
    def direct(self, patches, w):
        """patches [image, row, column, t, c], w [t, c, k]"""
        columns = patches.reshape(-1, w.shape[0] * w.shape[1]).T.astype(f64)
        return sum_of_products(columns[:, :, None], w.reshape(-1, 1, w.shape[2]).astype(f64)).reshape(patches.shape[:3] + (-1,))
    def filtered(self, x, w):
        """w [r, s, c, k]"""
        images, height, width, _ = x.shape
        v, u = both_axes(transform_input, tiles(x, 6, 1)).astype(f64), both_axes(transform_weights, w.astype(f64))
        u = u.astype(f32).astype(f64)
        m = np.stack([np.stack([sum_of_products(a.T[:, :, None], b[:, None, :]) for a, b in zip(*row)]) for row in zip(v, u)])
        h, w = -(-height // 4), -(-width // 4)
        y = both_axes(transform_output, m).reshape(4, 4, images, h, w, -1).transpose(2, 3, 0, 4, 1, 5)
        return y.reshape(images, 4 * h, 4 * w, -1)[:, :height, :width]
    def weight_gradient(self, x, dy):
        parts = []
        if self.filtering:
            v, d = both_axes(transform_input, tiles(x, 6, 1)), both_axes(transform_gradient, tiles(dy, 4, 0))
            v, d, per = v.astype(f64).swapaxes(1, 2), d.astype(f64).swapaxes(1, 2), v.shape[2] // len(x)  # [i, tile, j, c]
            for slot in slots(len(x)):
                own = slice(slot.start * per, slot.stop * per)
                m = np.stack([sum_of_products(a[own, :, :, None], b[own, :, None]) for a, b in zip(v, d)]).astype(f64)
                parts.append(both_axes(transform_weight_gradient, m).astype(f32).transpose(3, 2, 0, 1))
        else:
            columns = self.patches(x)
            for slot in slots(len(x)):
                a, b = columns[slot].reshape(-1, columns.shape[3] * columns.shape[4]), dy[slot].reshape(-1, dy.shape[-1])
                g = sum_of_products(a.astype(f64)[:, :, None], b.astype(f64)[:, None, :])  # [(t, c), k]
                parts.append(g.reshape(self.size, self.size, -1, dy.shape[-1]).transpose(3, 2, 0, 1))
        return ascending(parts, parts[0])

# --- 6. what else a network is made of -------------------------------------------------------------------------------
def pixels_first(x):
    """[image, row, column, channel] to [pixel, image, channel] in f64: sums over pixels are over the first axis."""
    return x.reshape(len(x), -1, x.shape[-1]).swapaxes(0, 1).astype(f64)
def bias_gradient(dy):
    images = ascending(pixels_first(dy))
    return ascending(images, images[0]).astype(f32)

class BatchNorm:
    epsilon, momentum = 1e-5, 0.1
    def moments(self, x):
        """Mean, biased variance, and the unbiased one."""
        values, pixels = pixels_first(x), x.shape[1] * x.shape[2]
        means, squares = ascending(values) / pixels, np.zeros(values.shape[1:])
        for v in values:
            squares = fma64(v - means, v - means, squares)
        mean, total, n = means[0], squares[0], float(pixels)
        for i in range(1, len(x)):
            delta, t = means[i] - mean, n + pixels
            mean, total, n = mean + delta * (pixels / t), (total + squares[i]) + (delta * delta) * (n * pixels / t), t
        return mean, total / n, (total / n) * (n / (n - 1))
    def forward(self, x, mean, variance, gamma, beta):
        inverse = (1 / np.sqrt(variance.astype(f64) + self.epsilon)).astype(f32)
        self.x, self.mean, self.inverse, self.scale = x, mean.astype(f32), inverse, gamma * inverse
        return fma(x - self.mean, self.scale, beta)
    def average(self, old, new):
        return ((1 - self.momentum) * old.astype(f64) + self.momentum * new).astype(f32)
    def backward(self, dz):
        """dx, dγ, dβ in training."""
        m, hat = dz[..., 0].size, (self.x - self.mean) * self.inverse
        d, products = pixels_first(dz), pixels_first(dz) * pixels_first(hat)  # products of f32 are exact in f64
        sum1, sum2 = ascending(d), ascending(products)
        sum1, sum2 = ascending(sum1, sum1[0]), ascending(sum2, sum2[0])
        s1, s2 = (sum1 / m).astype(f32), (sum2 / m).astype(f32)
        return self.scale * fma(-hat, s2, dz - s1), sum2.astype(f32), sum1.astype(f32)

class LeakyReLU:
    def __init__(self, slope):
        self.slope, self.gain = f32(slope), math.sqrt(2 / (1 + slope * slope))
    def forward(self, z):
        return np.where(z > 0, z, self.slope * z)
    def backward(self, y, dy):
        return np.where(y > 0, dy, self.slope * dy)

class ELU:
    def __init__(self, alpha):
        self.alpha, self.gain = alpha, math.sqrt(1 / (0.5 + alpha * alpha * float.fromhex("0x1.28d9249eb2887p-3")))
    def forward(self, z):
        return np.where(z > 0, z, (self.alpha * (exp(z.astype(f64)) - 1)).astype(f32))
    def backward(self, y, dy):
        return np.where(y > 0, dy, (y + f32(self.alpha)) * dy)

def pool(x, size):
    s = np.zeros_like(x[:, ::size, ::size])
    for r, c in np.ndindex(size, size):
        s = s + x[:, r::size, c::size]
    return s / f32(size * size)
def pool_gradient(dy, size):
    return (f32(0) + dy / f32(size * size)).repeat(size, 1).repeat(size, 2)

def softmax_loss(logits, labels):
    """The sum of the examples' losses, and the gradient of their mean."""
    z, rows, largest = logits.astype(f64), np.arange(len(logits)), logits.max(1).astype(f64)
    e = exp(z - largest[:, None])
    total = ascending(e.T)
    losses, gradient = (log(total) + largest) - z[rows, labels], e / total[:, None]
    gradient[rows, labels] -= 1
    return float(ascending(losses)), (gradient * (1 / len(labels))).astype(f32)

# --- 5. networks; 6. Adam --------------------------------------------------------------------------------------------
class Network:
    """A chain of pools (name, size) and units: a convolution with its bias, batch norm, skip and leaky ReLU."""
    HEAD = "logit_linear_layer"
    def __init__(self, settings, seed):
        self.settings, self.parameters, self.buffers, self.chain, self.updates = settings, {}, {}, [], 0
        filters, side = settings["filters"], settings["side"]
        self.activation = ELU(settings["elu_alpha"]) if "elu_alpha" in settings else LeakyReLU(settings["leaky_slope"])
        def draw(name, shape, fan_in):
            stream, count, kind = Stream(seed, f"initialisation/{name}"), math.prod(shape), settings.get("initialisation")
            if kind:
                sigma, is_weight = self.activation.gain / math.sqrt(fan_in), name.endswith("weight")
                values = sigma * stream.normals(count) if is_weight else np.zeros(count)
            else:
                values = (1 / math.sqrt(fan_in)) * (2 * stream.uniforms(0, count) - 1)
            self.parameters[name] = values.astype(f32).reshape(shape)
        def unit(block, index, inputs, bias, norm, skip=None):
            prefix = f"layer_dict.{block}.layer_dict."
            new = SimpleNamespace(
                name=f"{block}_conv_{index}", weight=f"{prefix}conv_{index}.weight", bias=bias and f"{prefix}conv_{index}.bias",
                norm_name=f"{block}_bn_{index}", prefix=f"{prefix}bn_{index}.", norm=BatchNorm() if norm else None,
                convolution=Convolution(inputs, filters, 3, side), skip=skip)
            draw(new.weight, (filters, inputs, 3, 3), 9 * inputs)
            if bias:
                draw(new.bias, (filters,), 9 * inputs)
            for table, name, value in ((self.parameters, "weight", 1), (self.parameters, "bias", 0),
                                       (self.buffers, "running_mean", 0), (self.buffers, "running_var", 1)) if norm else ():
                table[new.prefix + name] = np.full(filters, value, f32)
            self.chain.append(new)
        unit("input_conv", 0, 3, False, True)
        for stage in range(3):
            for block in range(((settings["depth"] - 2) // 2 - 3) // 3):
                for index, skip in ((0, "leaves"), (1, "joins")):
                    unit(f"block_{stage}_{block}", index, filters, False, settings["normalise_processing"],
                         skip if settings["residual"] else None)
            unit(f"reduction_block_{stage}", 0, filters, True, settings["normalise_reduction"])
            self.chain.append((f"reduction_block_{stage}_pool", 2))
            side //= 2
            unit(f"reduction_block_{stage}", 1, filters, True, settings["normalise_reduction"])
        self.chain.append(("global_pool", side))
        self.head = Convolution(filters, settings["classes"], 1, 1)
        draw(f"{self.HEAD}.weight", (settings["classes"], filters), filters)
        draw(f"{self.HEAD}.bias", (settings["classes"],), filters)
        self.first, self.second = ({name: np.zeros_like(value) for name, value in self.parameters.items()} for _ in range(2))
    def forward(self, x, training, note):
        w, skip = self.parameters, None
        for part in self.chain:
            if isinstance(part, tuple):
                x = pool(x, part[1])
                note(part[0], "forward", x)
                continue
            skip = x if part.skip == "leaves" else skip
            part.x, z = x, part.convolution.forward(x, w[part.weight])
            z = z + w[part.bias] if part.bias else z
            if part.norm:
                note(part.name, "forward", z)
                names = part.prefix + "running_mean", part.prefix + "running_var"
                mean, variance, unbiased = part.norm.moments(z) if training else [self.buffers[name] for name in names] + [None]
                for name, new in zip(names, (mean, unbiased) if training else ()):
                    self.buffers[name] = part.norm.average(self.buffers[name], new)
                z = part.norm.forward(z, mean, variance, w[part.prefix + "weight"], w[part.prefix + "bias"])
            z = z + skip if part.skip == "joins" else z
            x = part.y = self.activation.forward(z)
            note(part.norm_name if part.norm else part.name, "forward", x)
        self.features = x
        y = self.head.forward(x, w[f"{self.HEAD}.weight"][:, :, None, None]) + w[f"{self.HEAD}.bias"]
        note(self.HEAD, "forward", y)
        return y[:, 0, 0]
    def backward(self, d_logits, note):
        w, gradients, dy, addend = self.parameters, {}, d_logits[:, None, None], None
        gradients[f"{self.HEAD}.weight"] = self.head.weight_gradient(self.features, dy)[:, :, 0, 0]
        gradients[f"{self.HEAD}.bias"] = bias_gradient(dy)
        dy = self.head.input_gradient(dy, w[f"{self.HEAD}.weight"][:, :, None, None])
        note(self.HEAD, "input_gradient", dy)
        for part in self.chain[::-1]:
            if isinstance(part, tuple):
                dy = pool_gradient(dy, part[1])
                note(part[0], "input_gradient", dy)
                continue
            dz = self.activation.backward(part.y, dy)
            addend = dz if part.skip == "joins" else addend
            if part.norm:
                dz, gradients[part.prefix + "weight"], gradients[part.prefix + "bias"] = part.norm.backward(dz)
            note(part.norm_name if part.norm else part.name, "input_gradient", dz)
            gradients[part.weight] = part.convolution.weight_gradient(part.x, dz)
            if part.bias:
                gradients[part.bias] = bias_gradient(dz)
            if part is not self.chain[0]:
                dy = part.convolution.input_gradient(dz, w[part.weight])
                dy = dy + addend if part.skip == "leaves" else dy
                note(part.name, "input_gradient", dy)
        return {name: gradients[name] for name in w}
    def update(self, gradients, rate):
        self.updates, self.before = self.updates + 1, dict(self.parameters)
        b1, b2 = self.settings["adam_beta1"], self.settings["adam_beta2"]
        a, b = f32(rate / (1 - power(b1, self.updates))), f32(math.sqrt(1 - power(b2, self.updates)))
        beta1, beta2, rest1, rest2, epsilon = map(f32, (b1, b2, 1 - b1, 1 - b2, self.settings["adam_epsilon"]))
        for name, g in gradients.items():
            m = self.first[name] = fma(beta1, self.first[name], rest1 * g)
            v = self.second[name] = fma(beta2, self.second[name], (rest2 * g) * g)
            self.parameters[name] = self.parameters[name] - (a * m) / (np.sqrt(v) / b + epsilon)

# --- 8. digests ------------------------------------------------------------------------------------------------------
def canonical(x):
    bits = np.ascontiguousarray(x, f32).view(u32).reshape(-1)
    return np.where(bits & u32(0x7FFFFFFF) > u32(0x7F800000), u32(0x7FC00000), bits)
def tensor_digests(tensors):
    return [hashlib.sha256(canonical(x).astype("<u4").tobytes()).digest() for x in tensors]

def mixes(tensors):
    """Tensors of one size together."""
    words, results = [canonical(x) for x in tensors], {}
    for size in {w.size for w in words}:
        same = [i for i, w in enumerate(words) if w.size == size]
        block, lanes = np.stack([words[i] for i in same]), np.zeros((len(same), 32), u32)
        for first in range(0, size, 32):
            row = block[:, first:first + 32]
            v = (lanes[:, :row.shape[1]] ^ row) * u32(0x9E3779B1)
            lanes[:, :row.shape[1]] = v << u32(13) | v >> u32(19)
        results.update((i, hashlib.sha256(lane.astype("<u4").tobytes()).digest()) for i, lane in zip(same, lanes))
    return [results[i] for i in range(len(tensors))]
def short(parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]

def state_digest(network, digests, optimiser=True):
    tables = [(network.parameters, ""), (network.buffers, ""), (network.first, ".first"), (network.second, ".second")]
    tensors = {name + suffix: x for table, suffix in tables[:4 if optimiser else 2] for name, x in table.items()}
    parts = [name.encode() + b"\0" + digest for name, digest in zip(tensors, digests(list(tensors.values())))]
    return hashlib.sha256(b"".join(parts + ([struct.pack("<Q", network.updates)] if optimiser else []))).hexdigest()

# --- the run, and its trace ------------------------------------------------------------------------------------------
SMOKE = dict(classes=10, side=16, training=44, test=10, epochs=3)
ROWS = {  # depth, batch norm in processing and in reduction blocks, skips, base learning rate
    "vgg08": (8, False, False, False, 0.001), "vgg38": (38, False, False, False, 0.001),
    "vgg38-bn-1e-2": (38, True, False, False, 0.01), "vgg38-bn-1e-3": (38, True, False, False, 0.001),
    "vgg38-rc": (38, False, False, True, 0.001), "vgg38-bn-rc-1e-3": (38, True, True, True, 0.001),
    "vgg38-bn-rc-1e-2": (38, True, True, True, 0.01)}
ELU_SETTINGS = {"leaky_slope": None, "elu_alpha": 1.0}
BEYOND = {  # the same, and the settings that differ
    "vgg38-he-1e-3": ROWS["vgg38"] + ({"initialisation": "he_normal"},), "vgg38-elu-1e-3": ROWS["vgg38"] + (ELU_SETTINGS,),
    "vgg38-bn-rc-elu-1e-2": ROWS["vgg38-bn-rc-1e-2"] + (ELU_SETTINGS,)}

class Run:
    """trace() yields ("line", what a line holds), and, as soon as it is there, ("digest", (epoch, step, digest))."""
    def __init__(self, row, data, seed):
        depth, processing, reduction, residual, self.rate, other = (ROWS | BEYOND)[row] + (({},) if row in ROWS else ())
        self.settings = dict(
            depth=depth, filters=32, classes=data.classes, side=data.side, normalise_processing=processing,
            normalise_reduction=reduction, residual=residual, leaky_slope=0.01, elu_alpha=None, initialisation=None,
            batch_size=20, schedule="cosine",
            base_learning_rate=self.rate, minimum_learning_rate=2e-5, schedule_period=100, adam_beta1=0.9, adam_beta2=0.999,
            adam_epsilon=1e-8, batch_norm_epsilon=1e-5, batch_norm_momentum=0.1, batch_norm_evaluation="running", padding=2,
            flips=True, validation_per_class=10)
        self.settings = {key: value for key, value in (self.settings | other).items() if value is not None}
        self.row, self.data, self.seed, self.network, self.best = row, data, seed, Network(self.settings, seed), (-1.0,)
        self.training, self.validation = data.split(seed, self.settings["validation_per_class"])
    def trace(self, epochs):
        yield "line", {
            "format": "gradflow-trace", "version": 1, "numerics": 2, "row": self.row, "profile": "smoke", "seed": self.seed,
            "data": {"name": self.data.name, "fingerprint": "sha256:" + self.data.fingerprint},
            "parameters": sum(value.size for value in self.network.parameters.values()), "training": self.settings}
        for e in range(epochs):
            yield from self.epoch(e)
        if epochs == SMOKE["epochs"]:
            _, e, self.network.parameters, self.network.buffers = self.best
            loss, accuracy = self.evaluate(1, list(range(len(self.data.sets[1][1]))))
            yield "line", {"test": {"epoch": e, "loss": loss, "accuracy": accuracy},
                           "digest": state_digest(self.network, tensor_digests, optimiser=False)}
    def batches(self, numbers, size=20):
        return [numbers[i:i + size] for i in range(0, len(numbers), size)]
    def epoch(self, e):
        net, minimum, loss, correct, digests = self.network, self.settings["minimum_learning_rate"], 0.0, 0, []
        rate = minimum + (self.rate - minimum) * (1 + cos(math.pi * e / self.settings["schedule_period"])) / 2
        order = [self.training[i] for i in Stream(self.seed, "shuffle", e).permutation(len(self.training))]
        for step, numbers in enumerate(self.batches(order)):
            entries = []
            def note(name, phase, x):
                if step < 2:
                    entries.append([name, phase, short(mixes([x[slot] for slot in slots(len(x))]))])
            images, labels = self.data.batch(0, numbers, (self.seed, e, self.settings["padding"]))
            logits = net.forward(images, True, note)
            entries.insert(0, ["images", "forward", short(mixes([images, labels.astype(f32)]))])
            entries.append(["buffers", "forward", short(mixes(list(net.buffers.values())))])
            batch_loss, d_logits = softmax_loss(logits, labels)
            loss, correct = loss + batch_loss, correct + sum(map(label_is, logits, labels))
            gradients = net.backward(d_logits, note)
            net.update(gradients, rate)
            for phase, table in (("weight_gradient", gradients), ("update", net.parameters)) if step < 2 else ():
                entries += [[self.label(name), phase, mix.hex()[:16]] for name, mix in zip(table, mixes(list(table.values())))]
            if step < 2:
                yield "line", {"layers": {"epoch": e, "step": step, "entries": entries}}
            digests.append(state_digest(net, mixes)[:16])
            yield "digest", (e, step, digests[-1])
        yield "line", {"steps": {"epoch": e, "first": 0, "digests": digests}}
        (val_loss, val_accuracy), count = self.evaluate(0, self.validation), len(self.training)
        yield "line", {
            "epoch": e, "learning_rate": rate, "train_loss": loss / count, "train_accuracy": correct / count,
            "val_loss": val_loss, "val_accuracy": val_accuracy, "gradient_flow": {
                self.label(n)[:-len(".weight")]: float(ascending(abs(g.reshape(-1).astype(f64))) / g.size)
                for n, g in gradients.items() if n.endswith(".weight")},
            "gradient_statistics": {n: self.statistics(n, g.reshape(-1).astype(f64)) for n, g in gradients.items()},
            "digest": state_digest(net, tensor_digests)}
        if val_accuracy > self.best[0]:
            self.best = (val_accuracy, e, dict(net.parameters), dict(net.buffers))
    @staticmethod
    def label(name):
        """layer_dict.BLOCK.layer_dict.LAYER.weight to BLOCK_LAYER.weight"""
        *layer, kind = [part for part in name.split(".") if part != "layer_dict"]
        return "_".join(layer) + "." + kind
    def statistics(self, name, g):
        before, after = (table[name].reshape(-1).astype(f64) for table in (self.network.before, self.network.parameters))
        step = after - before
        change, size = ascending(step * step), ascending(before * before)
        return {"l2": math.sqrt(ascending(g * g)), "max": float(abs(g).max()), "zeros": int((g == 0).sum()) / g.size,
                "update": 0.0 if change == 0 else 1.0 if size == 0 else float(np.sqrt(change) / np.sqrt(size))}
    def evaluate(self, part, numbers):
        loss, correct = 0.0, 0
        for images, labels in (self.data.batch(part, batch) for batch in self.batches(numbers)):
            logits = self.network.forward(images, False, lambda *_: None)
            loss, correct = loss + softmax_loss(logits, labels)[0], correct + sum(map(label_is, logits, labels))
        return loss / len(numbers), correct / len(numbers)

def text(value):
    """A line of the trace."""
    line = json.dumps(value, separators=(",", ":"))
    for number, string in (("NaN", '"nan"'), ("-Infinity", '"-inf"'), ("Infinity", '"inf"')):
        line = line.replace(":" + number, ":" + string)
    return line

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in ROWS | BEYOND:
        sys.exit(print(__doc__ + "\nRows: " + ", ".join(ROWS | BEYOND), file=sys.stderr) or 64)
    for kind, value in Run(sys.argv[1], Data(SMOKE), 0).trace(int((sys.argv + [SMOKE["epochs"]])[2])):
        if kind == "line":
            print(text(value), flush=True)
