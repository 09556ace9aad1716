import type { Drill } from '../config/drill-arguments.ts';
import { openLibc } from '../host/libc.ts';
import { openRawUdp } from '../host/raw-udp.ts';
import { drillChecksum } from './checksum.ts';

const drillList = `checksum  Sends 200 VXLAN packets with a wrong outer checksum, 50 a second, which the node that receives them drops and
          counts: nicwatch drill checksum --to=ADDRESS [--port=4789]

Events of the kernel log cannot be tried out: what a process writes to /dev/kmsg is never of facility 0, the kernel's own,
and nicwatch counts no other.
`;

/** Runs a drill, which needs no broken NIC, and reports what it did. @throws {SourceError} when it fails. */
export async function runDrill(drill: Drill, write: (text: string) => void): Promise<void> {
  if (drill.name === 'list') {
    write(drillList);
    return;
  }
  const { address, port } = drill;
  const socket = openRawUdp(await openLibc(), address);
  try {
    const count = await drillChecksum({ send: socket.send, port });
    write(`sent ${count} packets with a wrong checksum to ${address}, UDP port ${port}\n`);
  } finally {
    socket.close();
  }
}
