"""What bench.kernels and bench.backward run on a board: a trainable layer and its errors.

A 3x3 convolution on 4x4 positions and five images: the last layer of a small model, with the
mini-batch of a new sample and four old ones.
"""

import gc
import json
from array import array
from struct import pack_into, unpack_from

import tinyclboard
from tinycl_rt.kernels import choose

SIDE, IMAGES, TAPS = 4, 5, 9
# See ``reference.tail.bconv_update``: at the default learning rate; Bop forgets 1/16.
PROPORTIONAL, SIGN, BOP = (1, 9, 1, 32, 127, 0), (0, 9, 1, 32, 127, 0), (2, 7, 4, 8, 127, 0)


def noise(n):
    """Bytes that repeat on every board."""
    out = bytearray(n)
    state = 12345
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x3FFFFFFF
        out[i] = (state >> 16) & 255
    return out


class Layer:
    """Buffers of a layer of as many channels in as out; of 256 errors, ``share`` are not 0."""

    def __init__(self, channels=64, share=256, pad=1):
        gc.collect()
        # The largest first; made at once it would take its room twice.
        self.latent = array("b", bytes(channels * TAPS))
        while len(self.latent) < channels * TAPS * channels:
            self.latent.extend(self.latent)
        self.p = (SIDE, SIDE, channels, 3, 3, 1, 1, 1, 1, SIDE, SIDE, channels, pad, 0, 0)
        self.p = array("i", self.p)
        self.channels = channels
        self.size = SIDE * SIDE * channels
        self.macs = IMAGES * SIDE * SIDE * TAPS * channels * channels
        self.row_bytes = (channels + 31) // 32 * 4
        self.x = noise(IMAGES * SIDE * SIDE * self.row_bytes)
        self.w = noise(channels * TAPS * self.row_bytes)
        self.t = array("i", bytes(4 * channels))
        values = noise(2 * IMAGES * self.size)
        self.e = array("b", bytes(IMAGES * self.size))
        for i in range(len(self.e)):
            kept = values[len(self.e) + i] < share
            self.e[i] = (values[i] % 31 - 15 or 16) if kept else 0

    def forward(self, k):
        """Instructions of ``bconv_train``."""
        y, inside = bytearray(len(self.x)), bytearray(len(self.x))
        acc = array("i", bytes(4 * self.channels))
        train = choose.tail(k).bconv_train
        return tinyclboard.count(train, self.p, IMAGES, self.x, self.w, self.t, 24, y, inside, acc)

    def back(self, k):
        """Instructions of ``bconv_back`` and ``requantize``, all images."""
        k = choose.tail(k)
        self.d = d = array("i", bytes(4 * self.size))
        to, total = array("b", bytes(self.size)), 0
        for b in range(IMAGES):
            e = memoryview(self.e)[b * self.size : (b + 1) * self.size]
            total += tinyclboard.count(k.bconv_back, self.p, e, self.w, d)
            given = d, SIDE * SIDE, self.channels, 5, 127, self.x, to
            total += tinyclboard.count(k.requantize, *given)
        return total

    def update(self, k, rule=PROPORTIONAL):
        """Instructions of ``bconv_update``: gradient and step."""
        for i in range(len(self.latent)):
            self.latent[i] = int(32 * self.sign(i))
        return tinyclboard.count(*self.step(k, self.latent, rule))

    def gradient(self, k, size):
        """The weights' gradient: latent weights from 0 with shift 0 hold its negative."""
        latent = array("h", bytes(2 * size))
        kernel, *given = self.step(k, latent, (1, 0, 0, 0, 32767, 0))
        kernel(*given)
        return [-v for v in latent]

    def sign(self, i):
        """Weight ``i`` as +-1."""
        at = i // self.channels * self.row_bytes * 8 + i % self.channels
        return -1.0 if self.w[at >> 3] >> (at & 7) & 1 else 1.0

    def step(self, k, latent, rule):
        row, rng = array("i", bytes(4 * TAPS * self.channels)), array("I", (12345,))
        k = choose.tail(k)
        rule = array("i", rule)
        w = bytearray(self.w)
        return k.bconv_update, self.p, IMAGES, self.x, self.e, latent, w, self.t, row, rule, rng


def signs(bits, n, channels):
    """Packed bits of ``n`` positions as +-1 float32."""
    out, row = bytearray(4 * n * channels), (channels + 31) // 32 * 4
    for i in range(n * channels):
        at = i // channels * row * 8 + i % channels
        pack_into("<f", out, 4 * i, -1.0 if bits[at >> 3] >> (at & 7) & 1 else 1.0)
    return out


def compare(share, channels=32):
    """Count backward passes, quantised and float32; prints one line of JSON.

    A layer of 8 channels first shows that they give the same numbers.
    """
    gc.threshold(4096)  # what lives stays low, and the rest in one piece
    passes(share, 8, True)
    gc.collect()
    print(json.dumps(passes(share, channels, False)))


def passes(share, channels, check):
    """Instructions of each backward pass, of a layer without taps outside the image."""
    import backward_float
    import tinycl_tail as k

    layer = Layer(channels, share, 0)
    counts = {"macs": layer.macs}
    counts["quantised"] = {"back": layer.back(k), "update": layer.update(k)}
    size = len(layer.latent)
    layer.latent = None  # a small heap has no room for both
    gc.collect()
    weights = bytearray(4 * size)  # an array would take its room twice for a while
    e = array("f", layer.e)
    x = signs(layer.x, IMAGES * SIDE * SIDE, channels)
    d, row = array("f", bytes(4 * layer.size)), array("f", bytes(4 * channels))
    for kind, only_signs in (("float32", 0), ("float32_signs", 1)):
        for i in range(size):
            pack_into("<f", weights, 4 * i, layer.sign(i))
        back = 0
        for b in range(IMAGES):
            part = memoryview(e)[b * layer.size : (b + 1) * layer.size]
            given = layer.p, part, weights, d, only_signs
            back += tinyclboard.count(backward_float.back, *given)
        given = layer.p, IMAGES, x, e, weights, row, only_signs
        counts[kind] = {"back": back, "update": tinyclboard.count(backward_float.update, *given)}
        if check:
            assert list(d) == list(layer.d)
            gradient = layer.gradient(k, size)
            for i in range(len(gradient)):
                step = layer.sign(i) - unpack_from("<f", weights, 4 * i)[0]
                assert step * 512 == gradient[i]
    return counts
