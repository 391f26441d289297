# ruff: noqa: F821
"""The sound front end in viper; ``viper.sound`` checks the buffers before."""

import micropython


@micropython.viper
def fill(ring: ptr16, at: int, samples: ptr16, first: int, count: int):
    samples = ptr16(int(samples) + 2 * first)
    i = 0
    while i < count:
        ring[(at + i) & 511] = samples[i]
        i += 1


@micropython.viper
def window(ring: ptr16, at: int, sine: ptr16, work: ptr32):
    reversed = 0
    n = 0
    while n < 512:
        angle = n
        if n > 256:
            angle = 512 - n
        weight = 16384 - ((sine[128 + angle] ^ 0x8000) - 0x8000)
        x = (ring[(at + n) & 511] ^ 0x8000) - 0x8000
        work[2 * reversed + (n & 1)] = (x * weight + 512) >> 10
        if n & 1:
            bit = 128
            while reversed & bit:
                reversed ^= bit
                bit >>= 1
            reversed |= bit
        n += 1


@micropython.viper
def transform(sine: ptr16, work: ptr32):
    top = 1
    top <<= 31
    half = 1
    while half < 256:
        k = 0
        while k < half:
            angle = k * (256 // half)
            cos = (sine[angle + 128] ^ 0x8000) - 0x8000
            sin = (sine[angle] ^ 0x8000) - 0x8000
            i = 2 * k
            while i < 512:
                a = ptr32(int(work) + 4 * i)
                b = ptr32(int(a) + 8 * half)
                re = (b[0] ^ top) - top
                im = (b[1] ^ top) - top
                # Two parts: the products have more than 32 bits.
                low = (re & 16383) * cos + (im & 16383) * sin + 8192
                re_turned = (re >> 14) * cos + (im >> 14) * sin + (low >> 14)
                low = (im & 16383) * cos - (re & 16383) * sin + 8192
                im = (im >> 14) * cos - (re >> 14) * sin + (low >> 14)
                b[0] = a[0] - re_turned
                b[1] = a[1] - im
                a[0] = a[0] + re_turned
                a[1] = a[1] + im
                i += 4 * half
            k += 1
        half += half


@micropython.viper
def split(sine: ptr16, work: ptr32) -> int:
    top = 1
    top <<= 31
    most = 0
    k = 1
    while k <= 128:
        a = ptr32(int(work) + 8 * k)
        b = ptr32(int(work) + 2048 - 8 * k)
        cos = (sine[k + 128] ^ 0x8000) - 0x8000
        sin = (sine[k] ^ 0x8000) - 0x8000
        a_re = (a[0] ^ top) - top
        a_im = (a[1] ^ top) - top
        b_re = (b[0] ^ top) - top
        b_im = (b[1] ^ top) - top
        re = a_re - b_re
        im = a_im + b_im
        low = (im & 16383) * cos - (re & 16383) * sin + 8192
        odd_re = (im >> 14) * cos - (re >> 14) * sin + (low >> 14)
        low = (re & 16383) * cos + (im & 16383) * sin + 8192
        odd_im = (re >> 14) * cos + (im >> 14) * sin + (low >> 14)
        re = a_re + b_re - odd_re
        im = a_im - b_im + odd_im
        b[0] = re
        b[1] = im
        most |= re ^ (re >> 31) | im ^ (im >> 31)
        re = a_re + b_re + odd_re
        im = a_im - b_im - odd_im
        a[0] = re
        a[1] = im
        most |= re ^ (re >> 31) | im ^ (im >> 31)
        k += 1
    return most


@micropython.viper
def bands(side: ptr8, work: ptr32, shift: int, out: ptr8, row: int):
    to = ptr8(int(out) + 40 * row)
    top = 1
    top <<= 31
    share = ptr8(int(side) + 42)
    below_high = below_low = 0
    b = 0
    while b < 41:
        high = low = rising_high = rising_low = 0
        i = side[b]
        while i < side[b + 1]:
            re = ((work[2 * i] ^ top) - top) >> shift
            im = ((work[2 * i + 1] ^ top) - top) >> shift
            re = re * re + im * im
            part = share[0]
            share = ptr8(int(share) + 1)
            im = (re >> 16) & 0xFFFF
            re &= 0xFFFF
            high += im << 8
            low += re << 8
            rising_high += im * part
            rising_low += re * part
            i += 1
        if b:
            low += below_low - rising_low
            v = high + below_high - rising_high + (low >> 16)
            octave = 2 * shift + 16
            if v < 32768:
                v = (v << 16) | (low & 0xFFFF)
                octave -= 16
            if v:
                while v >= 65536:
                    v >>= 1
                    octave += 1
                while v < 32768:
                    v <<= 1
                    octave -= 1
                v -= 32768
                v += ((v * (32768 - v) >> 15) * 11300) >> 15
                v = ((((octave + 15) << 15) + v + 2048) >> 12) - 265
                if v < 0:
                    v = 0
                if v > 255:
                    v = 255
            to[b - 1] = v
        below_high = rising_high
        below_low = rising_low
        b += 1


@micropython.viper
def level(rows: ptr8, at: int, size: int, out: ptr8):
    most = 64
    i = 0
    while i < size:
        if rows[i] > most:
            most = rows[i]
        i += 1
    i = 0
    while i < size:
        v = rows[at] - most + 160
        if v < 0:
            v = 0
        out[i] = v
        at += 1
        if at == size:
            at = 0
        i += 1
