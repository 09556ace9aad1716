import type { Machine } from './machine.ts';
import type { Nic } from './nics.ts';

/** The transmitter of an Intel card, which its driver believes to be running. */
export interface Transmitter {
  /** Sends a packet a second from now on. */
  keepSending(): Promise<void>;
  stopSending(): Promise<void>;
  /** Stops it, so that the next packets stay in its ring. The driver's reset starts it again. */
  hang(): Promise<void>;
  /** Stops it again whenever the driver has started it, until it is recovered. */
  keepHung(): Promise<void>;
  /** Takes the device down and up, which resets the card. */
  recover(): Promise<void>;
}

/** TCTL, Transmit Control, in which bit 1, EN, lets the card transmit: alike in all cards of these drivers. */
const register = '0x400';
const enable = 2;

/** How to stop the transmitter of e1000e, e1000 and igb. */
export function createTransmitter(machine: Machine, { name, peer }: Nic): Transmitter {
  const device = `/sys/class/net/${name}`;
  const address = `register=$(($(head -n 1 ${device}/device/resource | cut -d ' ' -f 1) + ${register}))`;
  const stop = `value=$(devmem $register 32); [ $((value & ${enable})) = 0 ] || devmem $register 32 $((value & ~${enable}))`;
  /** With the limit of an idle queue, the first packet that is stuck stops it, and the driver never looks. */
  const warmUp = `
    for queue in ${device}/queues/tx-*; do echo 1000000 >$queue/byte_queue_limits/limit_min; done
    ping -c 4 -i 0.2 -W 1 -I ${name} ${peer} >/dev/null 2>&1 || true`;
  return {
    keepSending: async () => {
      await machine.run(
        `${warmUp}\nping -i 1 -I ${name} ${peer} >/dev/null 2>&1 & echo $! >/run/ping.${name}`,
      );
    },
    stopSending: async () => {
      await machine.run(end(`ping.${name}`));
    },
    hang: async () => {
      await machine.run(`${warmUp}\n${address}\n${stop}`);
    },
    keepHung: async () => {
      await machine.run(
        `${warmUp}\n(${address}; while :; do ${stop}; sleep 0.02; done) >/dev/null 2>&1 & echo $! >/run/hang.${name}`,
      );
    },
    recover: async () => {
      await machine.run(`${end(`hang.${name}`)}\nip link set ${name} down; ip link set ${name} up`);
    },
  };
}

/** Ends a process whose id is in a file. */
function end(file: string): string {
  return `[ ! -e /run/${file} ] || { kill "$(cat /run/${file})" 2>/dev/null; rm /run/${file}; }`;
}
