import { listAt, valueAt } from '../../support/value-at.ts';
import { nics } from '../nics.ts';
import type { Case } from './case.ts';

/** `nicwatch check` in the guest, after the hangs of the cases before. */
export const check: Case = {
  name: 'nicwatch check',
  run: async (lab, report) => {
    const printed = await lab.machine.run(
      'cd /agent; node nicwatch.cjs check --format=json >/run/check.json 2>/run/check.err; echo "exit $?"; cat /run/check.json',
    );
    const [status = '', json = ''] = printed.split(/\n(.*)/s);
    report.equal('exit status', status, 'exit 1');
    const counts = await lab.log.counts();
    const devices = listAt(JSON.parse(json), 'data', 'devices');
    for (const nic of Object.values(nics)) {
      const device = devices.find((entry) => valueAt(entry, 'name') === nic.name);
      report.equal(`${nic.name}: driver`, String(valueAt(device, 'driver')), nic.driver);
      const found = listAt(device, 'checks').some(
        (entry) => valueAt(entry, 'id') === 'hang-now' && valueAt(entry, 'result') === 'critical',
      );
      report.equal(`${nic.name}: finding of a hang`, found, counts.has(`${nic.name} unit_hang`));
    }
  },
};
