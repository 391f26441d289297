// The page's link client against recorded frames of docs/protocol.md, and against a bad cable.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const ROOT = new URL("../../tinycl/", import.meta.url);
const load = (path) => import(new URL(`page/static/${path}`, ROOT));
const { FrameReader, crc32, encode } = await load("link/frames.js");
const { Refused } = await load("link/exchange.js");
const { Client } = await load("link/client.js");
const { pack, packText, readError, readProgress } = await load("link/messages.js");

const DOCUMENT = readFileSync(new URL("docs/protocol.md", ROOT), "utf8");
const LINES = [...DOCUMENT.matchAll(/^([<>]) ([0-9a-f ]+)$/gm)].map(([, side, hex]) => ({
  side,
  bytes: Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")),
}));
const REPLIES = LINES.filter(({ side }) => side === "<").map(({ bytes }) => bytes);
const LEARN = 3;
const NAMES = 13;

test("the checksum is zlib's", () => {
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
});

test("frames of the document", () => {
  const requests = LINES.filter(({ side }) => side === ">").map(({ bytes }) => bytes);
  assert.equal(requests.length, 6);
  for (const frame of requests) {
    const sequence = frame[4] | (frame[5] << 8);
    assert.deepEqual(encode(frame[2], sequence, frame.slice(10, -4)), frame);
  }
  const begin = pack("IIH", [0, 2, 1], pack("H", [3]), packText("cup"));
  assert.deepEqual(encode(4, 1, begin), requests[0]);
});

test("replies of the document, in pieces of any size, between noise", () => {
  const stream = Buffer.concat([Buffer.from("noise\xb1", "latin1"), ...REPLIES, Buffer.from([0xb1, 0xc7, 1])]);
  for (const piece of [1, 7, 64, stream.length]) {
    const reader = new FrameReader();
    const found = [];
    for (let at = 0; at < stream.length; at += piece) found.push(...reader.feed(stream.subarray(at, at + piece)));
    assert.equal(found.length, REPLIES.length);
    assert.equal(readProgress(found[0].payload).predicted, null);
    assert.deepEqual(found.map((r) => r.isError), [false, false, false, true, false, false]);
    const repeated = readProgress(found[2].payload);
    assert.ok(repeated.isRepeated && repeated.isOpen && repeated.learned === 1);
    assert.deepEqual(readError(found[3].payload), {
      code: 6, experience: 0, position: 1, reason: "sample 1 is wanted next",
    });
  }
});

test("a damaged frame does not swallow the next", () => {
  for (let at = 0; at < REPLIES[0].length; at++) {
    const damaged = REPLIES[0].slice();
    damaged[at] ^= 0x40;
    const reader = new FrameReader();
    const found = reader.feed(Buffer.concat([damaged, REPLIES[1], REPLIES[2]]));
    assert.deepEqual(found.map((r) => r.sequence), [2, 2], `byte ${at}`);
  }
});

/** A board that only counts what it learns, at the end of a cable that loses, doubles and damages. */
function badCable(rate, seed) {
  let state = seed;
  const random = () => ((state = (state * 1103515245 + 12345) & 0x7fffffff) >> 8) / 2 ** 23;
  const learned = [];
  const port = { name: "cable", onbytes: () => {}, onclose: () => {}, close: () => {} };
  const carry = (bytes, arrive) => {
    if (random() < rate) return;
    const copy = bytes.slice();
    if (random() < rate) copy[Math.floor(random() * copy.length)] ^= 1 << Math.floor(random() * 8);
    setTimeout(() => arrive(copy));
    if (random() < rate) setTimeout(() => arrive(copy));
  };
  const answer = (code, sequence, flags, payload) => {
    const frame = encode(code, sequence, payload);
    frame[3] |= flags; // a reply
    const view = new DataView(frame.buffer);
    view.setUint16(8, crc32(frame.subarray(0, 8)) & 0xffff, true);
    view.setUint32(frame.length - 4, crc32(frame.subarray(0, -4)), true);
    carry(frame, (bytes) => port.onbytes(bytes));
  };
  const board = (frame) => {
    const view = new DataView(frame.buffer);
    const end = frame.length - 4;
    if (end < 10 || view.getUint32(end, true) !== crc32(frame.subarray(0, end))) return;
    const [code, sequence] = [frame[2], view.getUint16(4, true)];
    if (code === NAMES) answer(code, sequence, 1, pack("HHH", [0, 65535, 0]));
    if (code !== LEARN) return;
    const position = view.getUint32(14, true);
    if (position > learned.length) {
      answer(code, sequence, 3, pack("BBII", [6, 0, 0, learned.length], packText("gap")));
      return;
    }
    const isRepeated = position < learned.length;
    if (!isRepeated) learned.push(frame[end - 1]);
    answer(code, sequence, 1, pack("BBHIIII", [Number(isRepeated) | 2, 0, 0, 0, position + 1, learned.length, 0]));
  };
  port.send = (bytes) => carry(bytes, board);
  return { port, learned };
}

test("a sample is learned exactly once over a bad cable", async () => {
  for (const [rate, seed] of [[0, 1], [0.1, 2], [0.3, 3]]) {
    const { port, learned } = badCable(rate, seed);
    const client = new Client(port, { silence: 10, patience: 5000 });
    for (let i = 0; i < 60; i++) await client.learn(0, i, 0, Uint8Array.of(i));
    assert.deepEqual(learned, Array.from({ length: 60 }, (_, i) => i));
    assert.equal(client.exchange.repeated > 0, rate > 0);
  }
});

test("what the board refuses is an error with its reason", async () => {
  const client = new Client(badCable(0, 1).port);
  const refused = await client.learn(0, 5, 0, Uint8Array.of(1)).catch((error) => error);
  assert.ok(refused instanceof Refused);
  assert.deepEqual([refused.code, refused.position, refused.message], [6, 0, "gap"]);
});

test("a silent board is an error after a while, a lost one at once", async () => {
  const { port } = badCable(1, 1);
  const client = new Client(port, { silence: 5, patience: 30 });
  await assert.rejects(client.hello(), /cable does not answer/);
  const asking = client.hello();
  setTimeout(() => port.onclose("unplugged"), 2);
  await assert.rejects(asking, /unplugged/);
  await assert.rejects(client.hello(), /unplugged/);
});
