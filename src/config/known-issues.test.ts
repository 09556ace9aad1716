import { describe, expect, test } from 'vitest';

import { parseKnownIssues } from './known-issues.ts';

const entry = `known_issues:
  - id: x710-bad-nvm
    driver: i40e
    firmware: { from: 8.30, below: "8.50" }
    kernel:
      below: 6.6
    features: [tx-udp_tnl-csum-segmentation, tx-gso-partial]
    severity: critical
    symptom: Every hundredth VXLAN packet is corrupt.
    mitigation: ethtool -K DEVICE tx-udp_tnl-csum-segmentation off
    source: https://wiki.example.org/x710
`;
const none = { file: 'issues.yml', taken: new Set<string>() };

describe('parseKnownIssues()', () => {
  test('accepts every field, and versions as written', () => {
    expect(parseKnownIssues(entry, none)).toEqual([
      {
        id: 'x710-bad-nvm',
        drivers: ['i40e'],
        firmware: { from: '8.30', below: '8.50' },
        kernel: { from: undefined, below: '6.6' },
        features: ['tx-udp_tnl-csum-segmentation', 'tx-gso-partial'],
        severity: 'critical',
        symptom: 'Every hundredth VXLAN packet is corrupt.',
        mitigation: 'ethtool -K DEVICE tx-udp_tnl-csum-segmentation off',
        sources: ['https://wiki.example.org/x710'],
      },
    ]);
  });

  test('accepts an issue with only the required fields', () => {
    const minimal = entry
      .split('\n')
      .filter((line) => !/firmware|kernel:|below|features|source/.test(line))
      .join('\n');
    expect(parseKnownIssues(minimal, none)).toMatchObject([
      { firmware: undefined, kernel: undefined, features: [], sources: [] },
    ]);
  });

  test('accepts a policy with selectors', () => {
    const policy = entry.replace(
      '    severity',
      '    required: off\n    device: eno.*\n    bus: 0000:01:.*\n    severity',
    );
    expect(parseKnownIssues(policy, none)).toMatchObject([
      { required: 'off', device: /^(?:eno.*)$/, bus: /^(?:0000:01:.*)$/ },
    ]);
  });

  test('follows an alias', () => {
    const aliased = entry
      .replace('Every', '&text Every')
      .replace(/mitigation: .*/, 'mitigation: *text');
    const [issue] = parseKnownIssues(aliased, none);
    expect(issue?.mitigation).toBe(issue?.symptom);
  });

  test('accepts an empty list', () => {
    expect(parseKnownIssues('known_issues: []\n', none)).toEqual([]);
  });

  test.each([
    ['id: x710-bad-nvm', 'id: X710', 2, 'known_issues[0].id', '"X710"'],
    ['id: x710-bad-nvm', 'id: 710', 2, 'known_issues[0].id', '"710"'],
    ['driver: i40e', 'driver: [i40e]', 3, 'known_issues[0].driver', 'a text, got a list'],
    ['driver: i40e', 'driver:', 3, 'known_issues[0].driver', 'nothing'],
    ['    driver: i40e\n', '', 2, 'known_issues[0]', 'the field driver, got nothing'],
    ['from: 8.30', 'from: "0x8000"', 4, 'known_issues[0].firmware.from', '"0x8000"'],
    ['from: 8.30', 'since: 8.30', 4, 'known_issues[0].firmware.since', 'from, below'],
    ['{ from: 8.30, below: "8.50" }', '{}', 4, 'known_issues[0].firmware', 'neither'],
    ['{ from: 8.30, below: "8.50" }', '8.30', 4, 'known_issues[0].firmware', 'a text'],
    ['below: 6.6', 'below: six', 6, 'known_issues[0].kernel.below', '"six"'],
    ['tx-gso-partial', 'tso', 7, 'known_issues[0].features[1]', '"tso"'],
    ['severity: critical', 'severity: page', 8, 'known_issues[0].severity', '"page"'],
    ['severity: critical', 'required: no', 8, 'known_issues[0].required', 'on, off, got "no"'],
    ['severity: critical', 'device: "["', 8, 'known_issues[0].device', 'regular expression'],
    ['symptom: Every', 'symtom: Every', 9, 'known_issues[0].symtom', 'unknown field'],
    ['symptom: Every', `symptom: ${'x'.repeat(500)}`, 9, 'known_issues[0].symptom', '"xxx'],
    ['https://', 'file://', 11, 'known_issues[0].source', '"file://'],
    ['known_issues:', 'known-issues:', 1, 'known-issues', 'unknown field, expected known_issues'],
    ['from: 8.30', 'from:', 4, 'known_issues[0].firmware.from', 'nothing'],
    ['features: [', 'features: # [', 7, 'known_issues[0].features', 'nothing'],
    ['driver: i40e', 'driver: *a', 3, 'known_issues[0].driver', 'no anchor "a"'],
    ['driver: i40e', 'driver: i40e\n    driver: i40e', 4, 'Map keys', 'unique'],
    ['driver: i40e', 'driver: "i40e', 3, 'Missing', 'quote'],
    ['driver: i40e', 'driver: !!js/function i40e', 3, 'Unresolved', 'tag'],
  ])('refuses %j as %j, in line %i', (was, is, line, field, got) => {
    const parse = () => parseKnownIssues(entry.replace(was, is), none);
    expect(parse).toThrow(expect.objectContaining({ name: 'ConfigError' }));
    expect(parse).toThrow(`issues.yml:${line}: ${field}`);
    expect(parse).toThrow(got);
  });

  test.each([
    { what: 'nothing', text: '' },
    { what: 'a list', text: '- id: x\n' },
    { what: 'a text', text: 'known_issues' },
    { what: 'two documents', text: `${entry}---\n${entry}` },
    { what: 'too many issues', text: `known_issues: [${'{}, '.repeat(101)}]` },
    { what: 'a mapping where the list should be', text: 'known_issues: { id: x }' },
    { what: 'an issue that is none', text: 'known_issues: [x]' },
    { what: 'control characters', text: 'known_issues: \u0000\u0007' },
    { what: 'nesting without end', text: `known_issues: ${'['.repeat(100_000)}` },
    { what: 'a file that is too long', text: `${entry}#${' '.repeat(132_000)}` },
  ])('refuses $what', ({ text }) => {
    expect(() => parseKnownIssues(text, none)).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message: expect.stringMatching(/^issues\.yml:[1-9]\d*: .{1,200}$/),
      }),
    );
  });

  test('rejects an id that is taken, in the file or elsewhere', () => {
    const twice = `${entry}${entry.replace('known_issues:\n', '')}`;
    expect(() => parseKnownIssues(twice, none)).toThrow(
      'issues.yml:12: known_issues[1].id: expected an id no other issue has, got "x710-bad-nvm"',
    );
    expect(() => parseKnownIssues(entry, { ...none, taken: new Set(['x710-bad-nvm']) })).toThrow(
      'known_issues[0].id',
    );
  });
});
