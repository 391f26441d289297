#!/usr/bin/env node
// A Raspberry Pi Pico: firmware in rp2040js, its flash in a file, its USB serial port on TCP.
//
//     node board.js --flash FILE --bootrom FILE [--port N]
//
// Prints the port's name when clients can connect, and ends when standard input does.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { ConsoleLogger, LogLevel, RP2040 } from 'rp2040js';

import { FlashChip, QspiPins, Ssi } from './flash.js';
import { SerialPort } from './serial.js';

const NANOS_PER_CYCLE = 8; // 125 MHz
const SLICE = 200_000; // instructions between looks at the serial port
const NAP = 200_000; // nanoseconds of sleep that are not worth a timer
const LONGEST_SLEEP = 50_000_000;
const [SSI, IO_QSPI, WATCHDOG] = [0x18000, 0x40018, 0x40058]; // addresses / 4096
const BOOT_STAGE_2 = 0x10000000;

class Board {
  constructor(flashPath, bootrom) {
    this.bootrom = bootrom;
    this.chip = new FlashChip(flashPath);
    this.serial = new SerialPort(() => this.wake());
    this.powerUp();
  }

  /** Start from the second boot stage, after power-up or, with `last`, a watchdog's reset. */
  powerUp(last) {
    const rp2040 = new RP2040();
    rp2040.logger = new ConsoleLogger(LogLevel.Error);
    rp2040.bootrom.set(this.bootrom);
    rp2040.flash.set(this.chip.memory);
    this.chip.onChange = (begin, count) =>
      rp2040.flash.set(this.chip.memory.subarray(begin, begin + count), begin);
    rp2040.peripherals[SSI] = new Ssi(rp2040, this.chip);
    rp2040.peripherals[IO_QSPI] = new QspiPins(rp2040, this.chip);
    const watchdog = rp2040.peripherals[WATCHDOG];
    if (last) {
      watchdog.reason = last.reason;
      watchdog.scratchData.set(last.scratchData);
    }
    watchdog.onWatchdogTrigger = () => {
      this.isResetting = true;
    };
    rp2040.onBreak = (code) => {
      console.error(`breakpoint ${code} at ${rp2040.core.PC.toString(16)}`);
      process.exit(1);
    };
    rp2040.core.reset(); // the stack pointer, as the boot ROM has it
    rp2040.core.PC = BOOT_STAGE_2;
    this.isResetting = false;
    this.rp2040 = rp2040;
    this.serial.plug(rp2040.usbCtrl);
  }

  /** Run for a while, then again: while the board sleeps, its clock follows the computer's. */
  run() {
    const { core, clock } = this.rp2040;
    for (let left = SLICE; left > 0 && !this.isResetting; left--) {
      if (core.waiting) {
        const gap = clock.nextAlarm ? clock.nanosToNextAlarm : LONGEST_SLEEP;
        if (gap > NAP) return this.sleep(Math.min(gap, LONGEST_SLEEP));
        clock.tick(gap);
      } else {
        clock.nanosCounter += core.executeInstruction() * NANOS_PER_CYCLE;
        if (clock.nextAlarm && clock.nextAlarm.nanos <= clock.nanosCounter) clock.tick(0);
      }
    }
    if (this.isResetting) {
      this.serial.unplug();
      this.powerUp(this.rp2040.peripherals[WATCHDOG]);
    }
    setImmediate(() => this.run());
  }

  sleep(nanos) {
    const began = process.hrtime.bigint();
    this.wake = () => {
      clearTimeout(timer);
      this.wake = () => {};
      this.rp2040.clock.tick(Math.min(Number(process.hrtime.bigint() - began), nanos));
      this.run();
    };
    const timer = setTimeout(() => this.wake(), Math.ceil(nanos / 1e6));
  }

  wake() {}
}

const { values } = parseArgs({
  options: {
    flash: { type: 'string' },
    bootrom: { type: 'string' },
    port: { type: 'string', default: '0' },
  },
});
const rom = readFileSync(values.bootrom);
const board = new Board(values.flash, new Uint32Array(rom.buffer, rom.byteOffset, rom.length / 4));
process.stdin.on('end', () => process.exit(0)).resume();
board.serial.listen(Number(values.port), (port) => {
  console.log(`socket://127.0.0.1:${port}`);
  board.run();
});
