"""A service with its stream in memory, on any Python: floods of requests, recorded sequences."""

import gc
import os
import struct

from tinycl_rt.config import Config
from tinycl_rt.device import Device
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import encode
from tinycl_rt.service.service import Service


class Stream:
    """What the host sends; what the board answers is thrown away."""

    exact = False

    def __init__(self):
        self.left = b""

    def open(self):
        pass

    def close(self):
        pass

    def wait(self, timeout_ms):
        return bool(self.left)

    def readinto(self, view):
        n = min(len(view), len(self.left))
        view[:n] = self.left[:n]
        self.left = self.left[n:]
        return n

    def write(self, view):
        pass


class Board:
    def __init__(self, folder):
        self.device = Device(folder, 0)
        self.device.open()
        self.stream = Stream()
        self.service = Service(self.stream, self.device, 256, uid="bench")

    def feed(self, data):
        self.stream.left += data
        while self.stream.left:
            self.service.poll_once(0)


def flood(folder, count, config):
    """Heap in use while `count` requests of all kinds come, damaged ones too: one every 500."""
    board = Board(folder)
    seq, position, used = 0, 0, []

    def ask(code, payload=b"", times=1, flip=0):
        frame = bytearray(encode(code, 0, seq & 0xFFFF, payload))
        frame[-1] ^= flip
        board.feed(bytes(frame) * times + (bytes(300) if flip else b""))

    ask(p.RESET, bytes(10) + Config.unpack(config).pack())
    image = bytes(board.device.model.input_bytes)
    ask(p.BEGIN, struct.pack(p.BEGIN_REQUEST, 0, 0, 0))
    while seq < count:
        kind = seq % 10
        sample = struct.pack(p.LEARN_REQUEST, 0, position, position % 4, 0, 0) + image
        if kind < 3:
            ask(p.LEARN, sample, 1 + kind)
            position += 1
        elif kind == 3:
            ask(p.LEARN, sample, 1, 64)
        elif kind == 4:
            ask(p.PREDICT, b"\0\0" + image)
        elif kind == 5:
            ask(p.HELLO, b"\1\1")
        elif kind == 6:
            ask(p.GET_STATE, struct.pack(p.GET_REQUEST, 0, 0, 100))
        elif kind == 7:
            ask(99, image)
        elif kind == 8:
            ask(p.LEARN, sample[:20])
        else:
            ask(p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, 0, 0, 0, len(image), seq))
            ask(p.STATS)
        seq += 1
        if seq % 500 == 0:
            gc.collect()
            used.append(gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0)
    print(board.device.learner.learned == position, used)


def replay(model, trace, work):
    """Carry out recorded sequences; one line for each state that is not the expected one."""
    count, states, board, folder = 0, 0, None, ""
    with open(model, "rb") as f:
        model = f.read()
    with open(trace) as lines:
        for line in lines:
            word, _, rest = line.strip().partition(" ")
            if word == "new":
                count += 1
                folder = f"{work}/{count}"
                os.mkdir(folder)
                with open(folder + "/model.tcm", "wb") as f:
                    f.write(model)
            if word in ("new", "restart"):
                board = Board(folder)
            elif word == "feed":
                board.feed(bytes.fromhex(rest))
            elif word == "state":
                states += 1
                if board.device.learner.fingerprint() != int(rest):
                    print(f"sequence {count}, state {states} differs")
    print(f"{count} sequences, {states} states")
