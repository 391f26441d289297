// WAV files: one channel of int16 at 16 kHz.

import { pack } from "../link/messages.js";
import { RATE } from "../input/sound.js";

const PCM = 1;
const [RIFF, WAVE, FMT, DATA] = [0x46464952, 0x45564157, 0x20746d66, 0x61746164];

/** @param {Int16Array} samples */
export function wav(samples) {
  const data = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  const format = pack("IIHHIIHH", [FMT, 16, PCM, 1, RATE, 2 * RATE, 2, 16]);
  const head = pack("III", [RIFF, 4 + format.length + 8 + data.length, WAVE], format);
  return pack("", [], head, pack("II", [DATA, data.length]), data);
}
