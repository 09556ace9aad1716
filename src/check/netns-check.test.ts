import { describe, expect, test } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import { namespaceCheck, readNamespaces } from './netns-check.ts';

/** Two processes in one network namespace, and one in another. */
function hostWith(udp: Readonly<Record<number, number>>): Host {
  return {
    ...createRecordedHost('debian-6.12.95-qemu'),
    processNamespaces: () => [
      { pid: 10, namespace: 1 },
      { pid: 11, namespace: 1 },
      { pid: 20, namespace: 2 },
    ],
    readProcNet: (name, pid = 0) => {
      if (name === 'snmp6' || udp[pid] === undefined) {
        throw new SourceError('absent', 'there is none');
      }
      return `Udp: InCsumErrors\nUdp: ${udp[pid]}\n`;
    },
  };
}

describe('namespaceCheck()', () => {
  test('names the namespaces that dropped packets meanwhile, once each', () => {
    const check = namespaceCheck(
      readNamespaces(hostWith({ 10: 5, 11: 5, 20: 7 })),
      readNamespaces(hostWith({ 10: 8, 11: 8, 20: 7 })),
    );
    expect(check.result).toBe('warning');
    expect(check.headline).toMatch(/^3 packets .* in 1 network namespace other/);
    expect(check.evidence).toEqual([{ text: '/proc/10/net/snmp: udp InCsumErrors 8 (+3)' }]);
  });

  test('says nothing of one that is new, and of one that has ended', () => {
    const check = namespaceCheck(
      readNamespaces(hostWith({ 10: 5 })),
      readNamespaces(hostWith({ 20: 7 })),
    );
    expect(check.result).toBe('ok');
  });

  test('could not look where the processes of the host are not visible', () => {
    const closed: Host = {
      ...hostWith({}),
      processNamespaces: () => {
        throw new SourceError('denied', 'the processes of the host are not visible');
      },
    };
    expect(namespaceCheck(readNamespaces(closed), readNamespaces(closed)).result).toBe('unknown');
  });
});
