import { ParseError } from '../model/errors.ts';
import type { Feature } from '../model/device.ts';
import { groupSummary } from './feature-groups.ts';
import { numberedLines, quote } from './lines.ts';

const headingPattern = /^Features for .*:$/;
const linePattern = /^(\t?)([^\t:]+): (on|off)( \[fixed\]| \[requested (on|off)\])?$/;

interface Group {
  readonly feature: Feature;
  readonly members: Feature[];
}

/**
 * Parses the output of `ethtool -k DEVICE`: features at column 0, members of a group indented by a tab. The summary line of a
 * group has no suffix: a group is never fixed, and its requested state follows from its members.
 *
 * One real line: `	tx-tcp-segmentation: off [requested on]`
 *
 * @throws {ParseError} when the heading is missing or a line is not a feature.
 * @see ethtool(8), net/ethtool/common.c for the kernel's names
 */
export function parseEthtoolFeatures(text: string): readonly Feature[] {
  const [heading, ...lines] = numberedLines(text);
  if (heading === undefined || !headingPattern.test(heading[1])) {
    throw new ParseError(1, `expected "Features for DEVICE:", got ${quote(heading?.[1] ?? '')}`);
  }
  const groups: Group[] = [];
  for (const [number, line] of lines) {
    const match = linePattern.exec(line);
    const [, tab, name, state, suffix, requested] = match ?? [];
    if (name === undefined || state === undefined) {
      throw new ParseError(number, `expected "feature: on" or "feature: off", got ${quote(line)}`);
    }
    const feature = {
      name,
      enabled: state === 'on',
      requested: (requested ?? state) === 'on',
      fixed: suffix === ' [fixed]',
    };
    if (tab === '') {
      groups.push({ feature, members: [] });
      continue;
    }
    const group = groups.at(-1);
    if (group === undefined) {
      throw new ParseError(
        number,
        `expected a feature group before its member, got ${quote(line)}`,
      );
    }
    group.members.push(feature);
  }
  return groups.flatMap(({ feature, members }) => [
    members.length === 0 ? feature : groupSummary(feature.name, members),
    ...members,
  ]);
}
