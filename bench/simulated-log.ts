import { EventEmitter, once } from 'node:events';

import type { Device } from '../src/model/device.ts';
import type { KernelLogBatch, KernelRecord } from '../src/model/kernel-record.ts';

/** A kernel log in simulated time. */
export interface SimulatedLog {
  /** Logs a record about one of these devices at intervals. */
  advance(milliseconds: number, devices: readonly Device[]): void;
  follow(signal: AbortSignal): AsyncIterable<KernelLogBatch>;
}

/** Steps between records. */
const recordSteps = 13;

/** Records about a device, in rotation: events and other lines. */
const texts: readonly ((device: Device) => string)[] = [
  ({ driver, busAddress, name }) =>
    `${driver} ${busAddress ?? ''} ${name}: Detected Hardware Unit Hang:\n  TDH                  <d>\n  TDT                  <11>\n  next_to_use          <11>\n  next_to_clean        <d>`,
  ({ name }) => `ip_tunnel_core: Dead loop on virtual device ${name}, fix it urgently!`,
  ({ driver, busAddress, name }) => `${driver} ${busAddress ?? ''} ${name}: NIC Link is Down`,
  ({ driver, name }) => `NETDEV WATCHDOG: ${name} (${driver}): transmit queue 0 timed out 5040 ms`,
  ({ name }) => `${name}: hw csum failure`,
  () => 'net_ratelimit: 12 callbacks suppressed',
];

/** Makes a log whose first record is written this long after the simulated boot. */
export function createSimulatedLog(sinceBootMilliseconds: number): SimulatedLog {
  const written = new EventEmitter();
  let pending: KernelRecord[] = [];
  let step = 0;
  let sequence = 0;
  let elapsed = sinceBootMilliseconds;
  return {
    advance: (milliseconds, devices) => {
      step += 1;
      elapsed += milliseconds;
      if (step % recordSteps !== 0) {
        return;
      }
      sequence += 1;
      const device = devices[sequence % devices.length];
      const text = texts[sequence % texts.length];
      if (device !== undefined && text !== undefined) {
        pending.push(recordOf(text(device), sequence, elapsed));
        written.emit('record');
      }
    },
    follow: async function* (signal) {
      while (!signal.aborted) {
        const records = pending;
        pending = [];
        yield { records, caughtUp: true };
        if (pending.length === 0) {
          await once(written, 'record', { signal }).catch(() => {});
        }
      }
    },
  };
}

function recordOf(text: string, sequence: number, elapsedMilliseconds: number): KernelRecord {
  return {
    sequence,
    cursor: undefined,
    timestampMicroseconds: Math.round(elapsedMilliseconds * 1000),
    realtimeMicroseconds: undefined,
    facility: 0,
    level: 3,
    text,
    subsystem: undefined,
    device: undefined,
  };
}
