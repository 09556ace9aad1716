import type { Status } from '../model/status.ts';
import { checkUrl, runbookUrl } from './finding.ts';
import type { Finding } from './finding.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { deviceName, timestamp } from './page-parts.ts';

/** Maximum findings listed; the tables have all of them. */
const maxFindings = 20;

/** The first section of the page: the findings, with their times and runbooks. */
export function verdictSection(
  findings: readonly Finding[],
  { timestampSeconds: nowSeconds, agent }: Pick<Status, 'timestampSeconds' | 'agent'>,
): Html {
  const [worst] = findings;
  if (worst === undefined) {
    return html`<section class="verdict good" aria-labelledby="now">
      <h2 id="now">Nothing is wrong now</h2>
      <p>
        No device hangs, no link went down, no serious known issue applies, and the agent reads what
        it should.
        ${
          agent.kernelLog.length === 0
            ? 'The kernel log is not read.'
            : 'The kernel log has no event in the last 15 minutes.'
        }
      </p>
      ${checkHint}
    </section>`;
  }
  return html`<section class="verdict ${worst.grade}" aria-labelledby="now">
    <h2 id="now">${worst.grade === 'bad' ? 'Needs attention' : 'Worth a look'}</h2>
    <ul>
      ${findings.slice(0, maxFindings).map((finding) => findingItem(finding, nowSeconds))}
    </ul>
    ${
      findings.length > maxFindings &&
      html`<p>And ${findings.length - maxFindings} more, below.</p>`
    }
    ${checkHint}
  </section>`;
}

const checkHint = html`<p>
  Run <a href="${checkUrl}" rel="noreferrer"><code>nicwatch check</code></a> on the node: it says
  what the next reboot will bring, and which lines mend what is wrong.
</p>`;

function findingItem(
  { device, sentence, timestampSeconds: last, runbook }: Finding,
  nowSeconds: number,
): Html {
  return html`<li>
    ${device !== undefined && html`${device === '' ? 'Unnamed device' : deviceName(device)}: `}${sentence}
    ${last !== undefined && html`Last: ${timestamp(last, nowSeconds)}.`}
    ${runbook !== undefined && html`<a href="${runbookUrl(runbook)}" rel="noreferrer">Runbook ${runbook}</a>`}
  </li>`;
}
