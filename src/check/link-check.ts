import type { Check } from '../model/check-report.ts';
import { parseEthtoolLink } from '../parsers/ethtool-link.ts';
import { ok } from './offload-facts.ts';

const id = 'link-speed';

/**
 * Whether a link is as fast as both ends can.
 *
 * @param output what `ethtool DEVICE` printed; undefined where it could not be asked
 */
export function linkChecksOf(output: string | undefined): readonly Check[] {
  const link = parseEthtoolLink(output ?? '');
  const { speedMegabits: speed, isHalfDuplex, supportedMegabits, partnerMegabits } = link;
  if (speed === undefined) {
    return [];
  }
  // Links without negotiation, as most of fibre, say nothing of the other end.
  const possible = Math.min(supportedMegabits ?? speed, partnerMegabits ?? speed);
  if (possible <= speed && !isHalfDuplex) {
    return [ok(id, `the link has ${speedText(speed)}`)];
  }
  const isLimited = (link.advertisedMegabits ?? possible) < possible;
  return [
    {
      id,
      result: 'warning',
      headline: isHalfDuplex
        ? `The link has ${speedText(speed)}, half duplex.`
        : `The link has ${speedText(speed)}, and both ends can ${speedText(possible)}.`,
      evidence: [
        {
          text: [
            ...modeText('the device supports', supportedMegabits),
            ...modeText('it offers', link.advertisedMegabits),
            ...modeText('the other end offers', partnerMegabits),
          ].join(', '),
        },
      ],
      why: isLimited
        ? 'The device offers less than it can: somebody or something has limited it (ethtool -s).'
        : 'A bad pair in the cable, a bad transceiver or port; two ends of which only one negotiates become half duplex.',
      read: 'docs/runbooks/link-down.md',
    },
  ];
}

function modeText(words: string, megabits: number | undefined): readonly string[] {
  return megabits === undefined ? [] : [`${words} ${speedText(megabits)}`];
}

function speedText(megabits: number): string {
  return megabits >= 1000 ? `${megabits / 1000} Gbit/s` : `${megabits} Mbit/s`;
}
