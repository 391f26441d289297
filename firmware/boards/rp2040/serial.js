// The Pico's USB serial port, on TCP: one client after another.

import { createServer } from 'node:net';

import { USBCDC } from 'rp2040js';

const FULL = 65536; // bytes that wait for the board before the client has to wait

export class SerialPort {
  /** `wake` is called when bytes came for the board. */
  constructor(wake) {
    this.client = null;
    this.waiting = []; // buffers for the board
    this.cable = 0; // resets of the board: each enumerates USB anew
    this.server = createServer((socket) => {
      this.client?.destroy();
      this.client = socket;
      this.waiting = [];
      socket.setNoDelay(true);
      socket.on('data', (bytes) => {
        if (socket !== this.client) return;
        this.waiting.push(bytes);
        if (this.size() > FULL) socket.pause();
        this.offer?.();
        wake();
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        if (socket === this.client) this.client = null;
      });
    });
  }

  size() {
    return this.waiting.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** Plug the controller of a board that starts in. */
  plug(controller) {
    const cdc = new USBCDC(controller);
    let wanted = 0; // bytes that the board's OUT transfer takes; the host holds an idle one
    this.offer = () => {
      if (!wanted || !this.waiting.length) return;
      const [first] = this.waiting;
      const packet = first.subarray(0, wanted);
      if (packet.length === first.length) this.waiting.shift();
      else this.waiting[0] = first.subarray(wanted);
      if (this.client?.isPaused() && this.size() < FULL) this.client.resume();
      wanted = 0;
      controller.endpointReadDone(cdc.outEndpoint, packet);
    };
    controller.onEndpointRead = (endpoint, size) => {
      if (endpoint !== cdc.outEndpoint) return;
      wanted = size;
      this.offer();
    };
    cdc.onSerialData = (bytes) => {
      if (bytes.length) this.client?.write(bytes.slice());
    };
  }

  /** The board leaves the bus: the client's port is gone. */
  unplug() {
    this.offer = undefined;
    this.waiting = [];
    this.client?.destroy();
    this.client = null;
  }

  listen(port, ready) {
    this.server.listen(port, '127.0.0.1', () => ready(this.server.address().port));
  }
}
