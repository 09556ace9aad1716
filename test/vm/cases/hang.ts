import { setTimeout } from 'node:timers/promises';

import { compareCounts } from '../agreement.ts';
import { busAddresses, recordsOf } from '../kernel-log.ts';
import type { CountedEvent, LogRecord, Mark } from '../kernel-log.ts';
import type { Lab } from '../lab.ts';
import { nics } from '../nics.ts';
import type { Nic } from '../nics.ts';
import type { Report } from '../report.ts';
import { createTransmitter } from '../transmitter.ts';
import type { Case } from './case.ts';

/** How soon the agent is to say that a transmitter hangs, and that it does so no longer. */
const activeSeconds = 5;
const recoveredSeconds = 40;
/** A driver that has not reset its card by then may never do. */
const patienceSeconds = 45;

/** Stops transmitters once, at the same time, and lets the drivers recover by themselves if they do. */
export function hangOnce(cards: readonly Nic[], patience: number = patienceSeconds): Case {
  return {
    name: `${cards.map(({ driver }) => driver).join(', ')} hanging once`,
    run: async (lab, report) => {
      const mark = await lab.log.mark();
      await Promise.all(
        cards.map(async (nic) => {
          const transmitter = createTransmitter(lab.machine, nic);
          await transmitter.keepSending();
          await transmitter.hang();
          await expectActive(lab, report, { nic, mark });
          const reset = await waitForRecords(lab, { nic, mark, event: 'adapter_reset' }, patience);
          await observeHang(lab, report, { nic, mark });
          if (reset.length === 0) {
            await transmitter.recover();
          }
          await expectRecovered(lab, report, { nic, after: reset[0]?.at ?? Date.now() });
          await transmitter.stopSending();
        }),
      );
      await compareCounts(lab, report);
      expectOthersWell(lab, report, { cards, mark });
    },
  };
}

/** Stops the transmitter each time the driver has reset the card. */
export const hangAgainAndAgain: Case = {
  name: 'e1000e hanging again and again',
  run: async (lab, report) => {
    const nic = nics.eno1;
    const transmitter = createTransmitter(lab.machine, nic);
    const start = await lab.log.mark();
    await transmitter.keepSending();
    for (let round = 0; round < 3; round += 1) {
      const mark = await lab.log.mark();
      await transmitter.hang();
      await waitForRecords(lab, { nic, mark, event: 'unit_hang' }, patienceSeconds);
      if (round === 0) {
        await expectActive(lab, report, { nic, mark });
      }
      const reset = await waitForRecords(lab, { nic, mark, event: 'adapter_reset' }, 30);
      if (reset.length === 0) {
        await transmitter.recover();
        // Until there is a link.
        await setTimeout(4000);
      }
    }
    const lastAt = Date.now();
    const began = lab.timeline.firstAt('nic_hang_active', {
      device: nic.name,
      value: 1,
      after: start.at,
    });
    const pause = lab.timeline.firstAt('nic_hang_active', {
      device: nic.name,
      value: 0,
      after: began ?? Number.NaN,
    });
    report.equal(
      'nic_hang_active stays 1 between hangs',
      pause === undefined || pause > lastAt,
      true,
    );
    await expectRecovered(lab, report, { nic, after: lastAt });
    await transmitter.stopSending();
    await compareCounts(lab, report);
    expectOthersWell(lab, report, { cards: [nic], mark: start });
  },
};

/** Kills the agent while the card hangs for good. What is logged meanwhile counts as well. */
export const killWhileHanging: Case = {
  name: 'agent killed while e1000e hangs',
  run: async (lab, report) => {
    const nic = nics.eno1;
    const transmitter = createTransmitter(lab.machine, nic);
    const mark = await lab.log.mark();
    await transmitter.keepSending();
    await transmitter.keepHung();
    await expectActive(lab, report, { nic, mark });
    await lab.killAgent();
    const killed = await lab.log.mark();
    const unseen = await waitForRecords(lab, { nic, mark: killed, event: 'unit_hang' }, 60);
    report.equal('hang records while no agent runs', unseen.length > 0, true);
    await lab.startAgent();
    const answeredAt = Date.now();
    const active = await lab.timeline.waitFor(
      'nic_hang_active',
      { device: nic.name, value: 1, after: answeredAt },
      activeSeconds + 5,
    );
    report.within(
      'nic_hang_active 1 after the first answer',
      secondsBetween(answeredAt, active),
      activeSeconds,
    );
    await compareCounts(lab, report);
    await transmitter.recover();
    await expectRecovered(lab, report, { nic, after: Date.now() });
    await transmitter.stopSending();
    await compareCounts(lab, report);
    expectOthersWell(lab, report, { cards: [nic], mark });
  },
};

interface Hang {
  readonly nic: Nic;
  readonly mark: Mark;
}

/** Waits for the first hang record since a mark, and for the agent to say so. */
export async function expectActive(lab: Lab, report: Report, { nic, mark }: Hang): Promise<void> {
  const [first] = await waitForRecords(lab, { nic, mark, event: 'unit_hang' }, patienceSeconds);
  if (first === undefined) {
    report.equal(`${nic.driver}: hang record`, 'none', 'one');
    return;
  }
  const active = await lab.timeline.waitFor(
    'nic_hang_active',
    { device: nic.name, value: 1, after: mark.at },
    activeSeconds + 5,
  );
  report.within(
    `${nic.driver}: nic_hang_active 1 after the record`,
    secondsBetween(first.at, active),
    activeSeconds,
  );
}

/** Waits until the agent says that the card has recovered. */
export async function expectRecovered(
  lab: Lab,
  report: Report,
  { nic, after }: Readonly<{ nic: Nic; after: number }>,
): Promise<void> {
  const recovered = await lab.timeline.waitFor(
    'nic_hang_active',
    { device: nic.name, value: 0, after },
    recoveredSeconds + 10,
  );
  report.within(
    `${nic.driver}: nic_hang_active 0 after the recovery`,
    secondsBetween(after, recovered),
    recoveredSeconds,
  );
}

/** Of all but these cards, none hangs or stalls. */
export function expectOthersWell(
  lab: Lab,
  report: Report,
  { cards, mark }: Readonly<{ cards: readonly Nic[]; mark: Mark }>,
): void {
  const names = new Set(cards.map(({ name }) => name));
  for (const gauge of ['nic_hang_active', 'nic_tx_stalled'] as const) {
    const others = lab.timeline.devicesWith(gauge, mark.at).filter((name) => !names.has(name));
    report.equal(`other cards with ${gauge} 1`, others.join(', '), '');
  }
}

/** Waits for records of a card since a mark, and gives all there are then. */
export async function waitForRecords(
  lab: Lab,
  { nic, mark, event }: Hang & Readonly<{ event: CountedEvent }>,
  seconds: number,
): Promise<readonly LogRecord[]> {
  const names = await namesOf(lab, nic);
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const records = recordsOf(await lab.log.since(mark), event, names);
    if (records.length > 0 || Date.now() > deadline) {
      return records;
    }
    await setTimeout(500);
  }
}

/** Keeps how the hang that began after a mark has looked so far. */
async function observeHang(lab: Lab, report: Report, { nic, mark }: Hang): Promise<void> {
  const [names, records] = [await namesOf(lab, nic), await lab.log.since(mark)];
  const [first, ...next] = recordsOf(records, 'unit_hang', names);
  if (first === undefined) {
    return;
  }
  const seconds = (end: number | undefined): number | undefined =>
    end === undefined ? undefined : Math.round((end - first.at) / 100) / 10;
  const gauge = (name: 'nic_hang_active' | 'nic_tx_stalled'): number | undefined =>
    seconds(lab.timeline.firstAt(name, { device: nic.name, value: 1, after: mark.at }));
  report.observations.hangs.push({
    driver: nic.driver,
    watchedSeconds: Math.round((Date.now() - first.at) / 1000),
    record: first.text,
    everySeconds: seconds(next[0]?.at),
    watchdogSeconds: seconds(recordsOf(records, 'tx_timeout', names)[0]?.at),
    resetSeconds: seconds(recordsOf(records, 'adapter_reset', names)[0]?.at),
    activeSeconds: gauge('nic_hang_active'),
    stalledSeconds: gauge('nic_tx_stalled'),
  });
}

/** A record may have the name of a card, its address on the bus, or both. */
async function namesOf({ machine }: Lab, { name }: Nic): Promise<readonly string[]> {
  const address = (await busAddresses(machine)).get(name);
  return address === undefined ? [name] : [name, address];
}

function secondsBetween(start: number, end: number | undefined): number | undefined {
  return end === undefined ? undefined : Math.max(0, (end - start) / 1000);
}
