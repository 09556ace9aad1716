import type { AgentStatus } from '../model/status.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { count, deviceName, facts, table, timestamp } from './page-parts.ts';

/** Status of the agent itself: collectors, kernel log and failed reads. */
export function agentSection(agent: AgentStatus, nowSeconds: number): Html {
  const { statePersistent, ethtoolReader, failedReads } = agent;
  return html`<section aria-labelledby="agent">
    <h2 id="agent">Agent</h2>
    ${table({
      caption: 'Collectors',
      columns: ['Collector', 'State', 'Last success'],
      rows: agent.collectors.map(({ name, success, lastSuccessTimestampSeconds: last }) => [
        html`<code>${name}</code>`,
        tag(success, 'works', 'fails'),
        last === undefined ? html`<span class="dim">never</span>` : timestamp(last, nowSeconds),
      ]),
    })}
    <h3 class="sub">Kernel log</h3>
    ${
      agent.kernelLog.length === 0
        ? html`<p class="empty">The kernel log is not read.</p>`
        : table({
            caption: 'Sources of the kernel log',
            columns: ['Source', 'State', '#Records', '#Lost'],
            rows: agent.kernelLog.map(({ source, up, records, lost }) => [
              html`<code>${source}</code>`,
              !up && agent.kernelLog.some((other) => other.up)
                ? html`<span class="dim">not read</span>`
                : tag(up, 'read', 'cannot be read'),
              count(records),
              count(lost),
            ]),
          })
    }
    ${
      failedReads.length > 0 &&
      html`<h3 class="sub">Failed reads</h3>
        ${table({
          caption: 'Failed reads of devices',
          columns: ['Device', 'Read', 'State'],
          rows: failedReads.map(({ device, read, stuck }) => [
            deviceName(device),
            html`<code>${read}</code>`,
            tag(false, '', stuck ? 'no answer' : 'fails'),
          ]),
        })}`
    }
    <dl class="facts">
      ${facts([
        ['Devices are read by', ethtoolReader],
        ...(statePersistent === undefined
          ? []
          : [['Counts survive a restart', statePersistent ? 'yes' : 'no'] as const]),
      ])}
    </dl>
  </section>`;
}

function tag(isGood: boolean, good: string, bad: string): Html {
  return isGood
    ? html`<span class="tag good">${good}</span>`
    : html`<span class="tag bad">${bad}</span>`;
}
