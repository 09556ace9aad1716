import type { Exposition } from '../../support/exposition.ts';
import { addVxlan, badFrame, ipv6Address, vxlan } from '../frames.ts';
import type { FrameKind } from '../frames.ts';
import { scrapeUntil } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { nics } from '../nics.ts';
import type { Nic } from '../nics.ts';
import type { Case } from './case.ts';

/** Sent of each kind. */
const frameCount = 10;
/** Who in the network stack finds the checksum wrong; QEMU's cards look at what is not within a tunnel. */
const kinds: readonly Readonly<{ kind: FrameKind; protocol: string; seenByCard: boolean }>[] = [
  { kind: 'UDP', protocol: 'udp', seenByCard: true },
  { kind: 'TCP', protocol: 'tcp', seenByCard: true },
  { kind: 'ICMP', protocol: 'icmp', seenByCard: false },
  { kind: 'IPv4 header', protocol: 'ip', seenByCard: true },
  { kind: 'UDP over IPv6', protocol: 'udp6', seenByCard: true },
  { kind: 'VXLAN, outer UDP', protocol: 'udp', seenByCard: true },
  { kind: 'VXLAN, inner TCP', protocol: 'tcp', seenByCard: false },
  { kind: 'VXLAN, inner UDP', protocol: 'udp', seenByCard: false },
];
/** Drivers whose statistics count wrong checksums; those of the others stay 0, or have no such counter. */
const counting: ReadonlySet<string> = new Set(['e1000e', 'igb']);

/** Sends frames with each kind of wrong checksum to a card. */
function badChecksums(nic: Nic): Case {
  return {
    name: `wrong checksums to ${nic.driver}`,
    run: async (lab, report) => {
      await lab.machine.run(`${addVxlan(nic)}
        echo 0 >/proc/sys/net/ipv6/conf/${nic.name}/disable_ipv6
        ip address add ${ipv6Address}/64 dev ${nic.name} nodad`);
      try {
        for (const { kind, protocol, seenByCard } of kinds) {
          const counts = await send(lab, { nic, kind, protocol });
          report.observations.checksums.push({
            driver: nic.driver,
            kind,
            card: counts.card.truth,
            stack: counts.stack.truth,
          });
          const injected = seenByCard && counting.has(nic.driver) ? frameCount : 0;
          report.equal(`${kind}: ethtool -S`, counts.card.truth, injected);
          report.equal(`${kind}: nic_rx_csum_errors_total`, counts.card.agent, injected);
          report.equal(`${kind}: /proc/net`, counts.stack.truth, frameCount);
          report.equal(`${kind}: nic_stack_csum_errors_total`, counts.stack.agent, frameCount);
        }
      } finally {
        await lab.machine.run(`
          ip link delete ${vxlan.name}
          ip address delete ${ipv6Address}/64 dev ${nic.name}
          echo 1 >/proc/sys/net/ipv6/conf/${nic.name}/disable_ipv6`);
      }
    },
  };
}

/** Checksum errors that the guest and the agent tell. */
interface Counts {
  readonly card: Counted;
  readonly stack: Counted;
}

interface Counted {
  readonly truth: number;
  readonly agent: number;
}

interface Sent {
  readonly nic: Nic;
  readonly kind: FrameKind;
  readonly protocol: string;
}

/** Sends frames of one kind. @returns by how much each count rose. */
async function send(lab: Lab, { nic, kind, protocol }: Sent): Promise<Counts> {
  const read = async (): Promise<Counts> => {
    const [card, stack] = await truth(lab, nic, protocol);
    const isCurrent = (scraped: Exposition): boolean =>
      agentCard(scraped, nic) === card && agentStack(scraped, protocol) === stack;
    const scraped = await scrapeUntil(lab.machine, isCurrent, 5);
    return {
      card: { truth: card, agent: agentCard(scraped, nic) },
      stack: { truth: stack, agent: agentStack(scraped, protocol) },
    };
  };
  const before = await read();
  await lab.machine.send(
    nic,
    Array.from({ length: frameCount }, () => badFrame(nic, kind)),
  );
  await waitForFrames(lab, nic, protocol, before.stack.truth + frameCount);
  const after = await read();
  const rise = (counted: keyof Counts): Counted => ({
    truth: after[counted].truth - before[counted].truth,
    agent: after[counted].agent - before[counted].agent,
  });
  return { card: rise('card'), stack: rise('stack') };
}

async function waitForFrames(lab: Lab, nic: Nic, protocol: string, wanted: number): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const [, stack] = await truth(lab, nic, protocol);
    if (stack >= wanted) {
      return;
    }
  }
}

function agentCard(scraped: Exposition, nic: Nic): number {
  return scraped.value('nic_rx_csum_errors_total', { device: nic.name }) ?? 0;
}

function agentStack(scraped: Exposition, protocol: string): number {
  return scraped.value('nic_stack_csum_errors_total', { protocol }) ?? Number.NaN;
}

/** What the card counts under any name with "csum" and "err", and the stack for a protocol. */
async function truth(
  { machine }: Lab,
  nic: Nic,
  protocol: string,
): Promise<readonly [card: number, stack: number]> {
  const stackCounters: Readonly<Record<string, string>> = {
    udp: 'Udp: InCsumErrors',
    tcp: 'Tcp: InCsumErrors',
    icmp: 'Icmp: InCsumErrors',
    ip: 'IpExt: InCsumErrors',
    udp6: 'Udp6InCsumErrors',
  };
  const [section = '', column] = (stackCounters[protocol] ?? '').split(' ');
  const printed = await machine.run(`
    ethtool -S ${nic.name} 2>/dev/null | awk '/csum.*err/ { sum += $2 } END { print sum + 0 }'
    awk '$1 == "${section}" { if ("${column ?? ''}" == "") print $2; else if (n++) print $at; else for (i = 1; i <= NF; i++) if ($i == "${column ?? ''}") at = i }' /proc/net/snmp /proc/net/netstat /proc/net/snmp6`);
  const [card = '', stack = ''] = printed.trim().split('\n');
  return [Number(card), Number(stack)];
}

/** Cards of all drivers. */
export const checksumCases: readonly Case[] = [
  nics.eno1,
  nics.ens3,
  nics.enp6s0,
  nics.ens192,
  nics.ens5,
].map(badChecksums);
