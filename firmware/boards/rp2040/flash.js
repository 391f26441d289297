// The Pico's SPI flash: commands over the SSI erase and program it; a file keeps what it holds.
//
// The boot ROM's flash functions force chip select through IO_QSPI, so a command ends there. The
// second boot stage lets the SSI select the chip, so there a command ends with SSIENR.

import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';

import { BasePeripheral } from 'rp2040js';

export const FLASH_BYTES = 2 * 1024 * 1024;
const PAGE = 256;

const [READ_STATUS, READ_STATUS_2, WRITE_ENABLE, UNIQUE_ID] = [0x05, 0x35, 0x06, 0x4b];
const PROGRAM = 0x02;
const ERASES = { 0x20: 4096, 0xd8: 65536 };
const WRITE_ENABLED = 2;
const QUAD_ENABLED = 2;

const SS_CTRL = 0x0c; // GPIO_QSPI_SS_CTRL in IO_QSPI
const OUTPUT_OVERRIDE = (value) => (value >> 8) & 3;
const DRIVEN_LOW = 2;

const [SSIENR, TXFLR, RXFLR, SR, DR0] = [0x08, 0x20, 0x24, 0x28, 0x60];
const [NOT_FULL, EMPTY, NOT_EMPTY] = [2, 4, 8];

/** The chip: what its commands do to `memory`, and to the file at `path`. */
export class FlashChip {
  constructor(path) {
    this.memory = new Uint8Array(FLASH_BYTES).fill(0xff);
    this.command = [];
    this.isWritable = false;
    const isNew = !existsSync(path);
    this.file = openSync(path, isNew ? 'w+' : 'r+');
    if (isNew) writeSync(this.file, this.memory, 0, FLASH_BYTES, 0);
    else readSync(this.file, this.memory, 0, FLASH_BYTES, 0);
  }

  /** Shift a byte in; return the byte that the chip shifts out. */
  exchange(byte) {
    const [code] = this.command;
    const position = this.command.push(byte) - 1;
    if (position === 0) return 0xff;
    if (code === READ_STATUS) return this.isWritable ? WRITE_ENABLED : 0;
    if (code === READ_STATUS_2) return QUAD_ENABLED;
    if (code === UNIQUE_ID && position > 4) return 0xe0 + position;
    return 0xff;
  }

  /** Carry out the command that was shifted in. */
  deselect() {
    const [code, high, middle, low, ...data] = this.command;
    const address = ((high << 16) | (middle << 8) | low) % FLASH_BYTES;
    this.command = [];
    if (code === WRITE_ENABLE) {
      this.isWritable = true;
      return;
    }
    if (!this.isWritable || low === undefined) return;
    if (code in ERASES) {
      const begin = address - (address % ERASES[code]);
      this.memory.fill(0xff, begin, begin + ERASES[code]);
      this.keep(begin, ERASES[code]);
    } else if (code === PROGRAM) {
      const page = address - (address % PAGE); // programming clears bits, and wraps in its page
      data.forEach((byte, index) => {
        this.memory[page + ((address + index) % PAGE)] &= byte;
      });
      this.keep(page, PAGE);
    } else return;
    this.isWritable = false;
  }

  keep(begin, count) {
    this.onChange?.(begin, count);
    writeSync(this.file, this.memory, begin, count, begin);
  }

  close() {
    closeSync(this.file);
  }
}

/** The SSI's registers, as far as its FIFO carries commands to the chip. */
export class Ssi extends BasePeripheral {
  constructor(rp2040, chip) {
    super(rp2040, 'SSI');
    this.chip = chip;
    this.registers = new Map();
    this.received = [];
  }

  readUint32(offset) {
    switch (offset) {
      case TXFLR:
        return 0;
      case RXFLR:
        return this.received.length;
      case SR:
        return EMPTY | NOT_FULL | (this.received.length ? NOT_EMPTY : 0);
      case DR0:
        return this.received.shift() ?? 0;
      default:
        return this.registers.get(offset) ?? 0;
    }
  }

  writeUint32(offset, value) {
    if (offset === DR0) {
      this.received.push(this.chip.exchange(value & 0xff));
      return;
    }
    if (offset === SSIENR) {
      this.chip.command = [];
      this.received = [];
    }
    this.registers.set(offset, value);
  }
}

/** IO_QSPI: its chip select frames the commands. */
export class QspiPins extends BasePeripheral {
  constructor(rp2040, chip) {
    super(rp2040, 'IO_QSPI');
    this.chip = chip;
    this.registers = new Map();
  }

  readUint32(offset) {
    return this.registers.get(offset) ?? 0;
  }

  writeUint32(offset, value) {
    if (offset === SS_CTRL) {
      const was = OUTPUT_OVERRIDE(this.readUint32(offset)) === DRIVEN_LOW;
      const is = OUTPUT_OVERRIDE(value) === DRIVEN_LOW;
      if (is && !was) this.chip.command = [];
      if (was && !is) this.chip.deselect();
    }
    this.registers.set(offset, value);
  }
}
