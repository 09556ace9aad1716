import { describe, expect, test } from 'vitest';

import { persistentFix } from '../src/check/recipe.ts';
import { featuresNamed } from '../src/declared/feature-names.ts';
import { inForce, predictDeclarations } from '../src/declared/predict.ts';
import type { PredictionInput } from '../src/declared/predict.ts';
import type { ConfigFile, DeviceIdentity, Setting } from '../src/model/declaration.ts';
import type { FileEdit } from '../src/model/check-report.ts';
import ifupdownCases from './declarations/ifupdown.json' with { type: 'json' };
import otherCases from './declarations/udev-and-network-manager.json' with { type: 'json' };
import { declaredHost } from './support/declared-host.ts';

const names = ['tso', 'gso', 'tx-udp_tnl-segmentation'];
const cases = [
  ...ifupdownCases.map((row) => ({ ...row, device: 'eno1' })),
  ...otherCases.filter(({ system }) => system !== 'networkmanager'),
].map((row) => [`${row.system}: ${row.case}`, row] as const);

describe('pasting the proposed lines keeps the features off after a reboot', () => {
  test.each(cases)('%s', (_, row) => {
    const { device: eno1, ...input } = declaredHost(row);
    const device = { ...eno1, busAddress: '0000:00:1f.6' };
    const host = { ...input, devices: input.devices.map((one) => (one === eno1 ? device : one)) };
    const wanted = settingsOf(device);
    const declarations = predictDeclarations(host);
    const fix = persistentFix({ device, wanted, declarations, input: host, isImmutable: false });
    // Where the package is missing, the note says to install it first.
    const installed = { ...host.installed, ethtool: true };
    const edited = { ...host, installed, tree: applyEdits(host, fix.edits) };
    const state = inForce(predictDeclarations(edited), device);
    // Neither .link files nor NetworkManager know the others; without the two there is no TSO.
    const judged = wanted.filter(({ feature }) => !/-(?:ecn|mangleid|accecn)-/.test(feature));
    expect(judged.map(({ feature }) => [feature, state.get(feature)?.enabled])).toEqual(
      judged.map(({ feature }) => [feature, false]),
    );
  });
});

test('no new .link file is ever proposed', () => {
  const files = cases.flatMap(([, row]) => {
    const { device, ...input } = declaredHost(row);
    const declarations = predictDeclarations(input);
    return persistentFix({
      device,
      wanted: settingsOf(device),
      declarations,
      input,
      isImmutable: false,
    }).edits.map(({ file }) => file);
  });
  expect(files.filter((file) => file.endsWith('.link'))).toEqual([]);
  expect(new Set(files.map((file) => file.replace(/\/[^/]+$/, '')))).toContain('/etc/udev/rules.d');
});

function settingsOf(device: DeviceIdentity): readonly Setting[] {
  return names.flatMap((name) =>
    (featuresNamed(name, device) ?? []).map((feature) => ({ feature, enabled: false })),
  );
}

function applyEdits(
  { tree }: Pick<PredictionInput, 'tree'>,
  edits: readonly FileEdit[],
): PredictionInput['tree'] {
  const edited = new Map<string, ConfigFile>(tree);
  for (const { file } of edits) {
    const own = edits.filter((edit) => edit.file === file);
    const removed = new Set(own.flatMap((edit) => edit.remove));
    const lines = (tree.get(file)?.text ?? '').replace(/\n$/, '').split('\n');
    const insertsAfter = (number: number): readonly string[] =>
      own.flatMap(({ insert }) => (insert?.after === number ? insert.lines : []));
    const text = [
      ...insertsAfter(0),
      ...lines.flatMap((line, index) => [
        ...(removed.has(index + 1) ? [] : [line]),
        ...insertsAfter(index + 1),
      ]),
    ].join('\n');
    edited.set(file, { path: file, text: `${text}\n`, mode: 0o644 });
  }
  return edited;
}
