import { dashboards } from '../../dashboards/index.ts';
import { layoutPicture } from '../../dashboards/picture.ts';
import { dashboardsPage } from './dashboards.ts';
import { driversPage } from './drivers.ts';
import { manualPage } from './manual.ts';
import { metricsPage } from './metrics.ts';
import { hangsPage } from './observed.ts';

/** Generated files, text by path, for each script of package.json. */
export const generated: Readonly<Record<'docs' | 'dashboards', () => ReadonlyMap<string, string>>> =
  {
    docs: () =>
      new Map([
        ['docs/metrics.md', metricsPage()],
        ['docs/drivers.md', driversPage()],
        ['docs/hangs.md', hangsPage()],
        ['docs/nicwatch.1', manualPage()],
      ]),
    dashboards: () =>
      new Map([
        ...Object.entries(dashboards).flatMap(([name, create]) => [
          [`dashboards/${name}.json`, `${JSON.stringify(create(), null, 2)}\n`] as const,
          [`docs/dashboards/${name}.svg`, layoutPicture(create())] as const,
        ]),
        ['docs/dashboards.md', dashboardsPage()],
      ]),
  };
