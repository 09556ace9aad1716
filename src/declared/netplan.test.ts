import { describe, expect, test } from 'vitest';

import type { ConfigFile } from '../model/declaration.ts';
import { predictNetplan } from './netplan.ts';

const offloads = '      tcp-segmentation-offload: false\n      generic-segmentation-offload: no\n';
const ethernets = 'network:\n  version: 2\n  ethernets:\n';
const keys = 'TCPSegmentationOffload=false GenericSegmentationOffload=no';

function tree(...texts: readonly string[]): ReadonlyMap<string, ConfigFile> {
  return new Map(
    texts.map((text, index) => {
      const path = `/etc/netplan/0${index}.yaml`;
      return [path, { path, text, mode: 0o600 }];
    }),
  );
}

/** What netplan 1.1.2 wrote of these files, but for keys that are about something else. */
describe('predictNetplan() makes the .link file netplan would of', () => {
  test.each([
    ['a device by its name', `    eno1:\n${offloads}`, 'eno1: OriginalName=eno1', keys],
    [
      'a device by its address',
      `    x:\n      match: { macaddress: "02:00:00:00:00:01" }\n${offloads}`,
      'x: PermanentMACAddress=02:00:00:00:00:01',
      keys,
    ],
    [
      'a device by name and driver',
      `    x:\n      match: { name: "eno*", driver: [veth, foo] }\n${offloads}`,
      'x: OriginalName=eno* Driver=veth foo',
      keys,
    ],
    ['only another name', '    eno1: { set-name: eno7 }\n', 'eno1: OriginalName=eno1', ''],
    ['only an MTU', '    eno1: { mtu: 1400 }\n', 'eno1: OriginalName=eno1', ''],
  ])('%s', (_, device, match, settings) => {
    const { files } = predictNetplan(tree(ethernets + device));
    expect(files.map(shown)).toEqual([[match, settings]]);
  });

  test('several files, of which the last wins', () => {
    const { files } = predictNetplan(
      tree(
        `${ethernets}    eno1:\n${offloads}`,
        `${ethernets}    eno1:\n      tcp-segmentation-offload: true\n`,
      ),
    );
    expect(
      files[0]?.settings.map(({ origin, value }) => [origin.file, origin.line, value]),
    ).toEqual([
      ['/etc/netplan/01.yaml', 5, 'true'],
      ['/etc/netplan/00.yaml', 6, 'no'],
    ]);
  });

  test.each([
    [
      'a key it does not know',
      `${ethernets}    eno1:\n      tx-udp_tnl-segmentation: false\n${offloads}`,
    ],
    ['a value that is none', `${ethernets}    eno1:\n      tcp-segmentation-offload: maybe\n`],
    ['a device that is no NIC', `network:\n  vlans:\n    v5:\n      id: 5\n${offloads}`],
    ['what is no YAML', `${ethernets}    eno1: {\n${offloads}`],
  ])('nothing at all, for %s', (_, refused) => {
    const { files } = predictNetplan(tree(refused, `${ethernets}    eno2:\n${offloads}`));
    expect(files.every(({ isRefused, match }) => isRefused === true && match.length === 0)).toBe(
      true,
    );
    expect(files.length).toBeGreaterThan(0);
  });
});

function shown({
  name,
  match,
  settings,
}: ReturnType<typeof predictNetplan>['files'][number]): readonly string[] {
  return [`${name.replace(/^10-netplan-|\.link$/g, '')}: ${wordsOf(match)}`, wordsOf(settings)];
}

function wordsOf(rows: readonly { readonly key: string; readonly value: string }[]): string {
  return rows.map(({ key, value }) => `${key}=${value}`).join(' ');
}
