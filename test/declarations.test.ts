import { describe, expect, test } from 'vitest';

import { kernelFeatures } from '../src/catalogue/offload-names.ts';
import { inForce, predictDeclarations } from '../src/declared/predict.ts';
import type { Declaration } from '../src/model/declaration.ts';
import ifupdownCases from './declarations/ifupdown.json' with { type: 'json' };
import otherCases from './declarations/udev-and-network-manager.json' with { type: 'json' };
import variantCases from './declarations/variants.json' with { type: 'json' };
import { declaredHost } from './support/declared-host.ts';

/** What each column of the recordings is of `ethtool -k`, as the members it is on by. */
const columns: Readonly<Record<string, RegExp>> = {
  TXC: /^tx-checksum-ip-generic$/,
  TSO: /^tx-tcp.*-segmentation$/,
  GSO: /^generic-segmentation-offload$/,
  GRO: /^generic-receive-offload$/,
  UT: /^tx-udp_tnl-segmentation$/,
  UTC: /^tx-udp_tnl-csum-segmentation$/,
  tso4: /^tx-tcp-segmentation$/,
  tso6: /^tx-tcp6-segmentation$/,
  gso: /^generic-segmentation-offload$/,
  tx: /^tx-checksum-ip-generic$/,
  utc: /^tx-udp_tnl-csum-segmentation$/,
};

/** What the recorded command did besides what a boot does. */
const afterwards: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'P ifquery -c': { TSO: 'on' },
  'L remove post-up line and ifreload': { GSO: 'off' },
  'port without auto: device replugged then ifup vmbr0 / nothing': { GRO: 'off' },
  'hand on, test-builtin': { tso4: 'on', tso6: 'on', gso: 'on' },
};

/** What only running it can tell, and why. */
const undecided: Readonly<Record<string, string>> = {
  'post-up for loop': 'only a shell can tell what it runs',
  'own hook in /etc/network/if-up.d': '/etc/network/if-up.d/zz-off calls ethtool',
};

const cases = [
  ...ifupdownCases.map((row) => ({ ...row, device: 'eno1', features: row.features_of_eno1 })),
  ...otherCases,
  ...variantCases,
].map(
  (row) => [`${row.system} ${row.version.split(' ')[1] ?? row.version}: ${row.case}`, row] as const,
);

describe('predictDeclarations() says what a boot did', () => {
  test.each(cases)('%s', (_, row) => {
    const { device, ...host } = declaredHost(row);
    const declarations = predictDeclarations(host);
    const detail = undecided[row.case];
    const state = inForce(declarations, device);
    const predicted = Object.fromEntries(
      Object.keys(row.features).map((column) => {
        const members = kernelFeatures.filter((feature) => columns[column]?.test(feature) === true);
        const isOn = members.some((feature) => state.get(feature)?.enabled ?? true);
        return [column, afterwards[row.case]?.[column] ?? (isOn ? 'on' : 'off')];
      }),
    );
    expect({
      unknown: unknowns(declarations),
      features: detail === undefined ? predicted : row.features,
    }).toEqual({ unknown: detail === undefined ? [] : [detail], features: row.features });
  });
});

function unknowns(declarations: readonly Declaration[]): readonly string[] {
  return declarations.flatMap(({ outcome }) =>
    outcome.kind === 'unknown' ? [outcome.detail] : [],
  );
}
