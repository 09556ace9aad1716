import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { dashboards } from '../dashboards/index.ts';
import { layoutPicture } from '../dashboards/picture.ts';
import { generated } from '../scripts/pages/index.ts';

test.each([...generated.dashboards()])(
  '%s is what `npm run dashboards` makes of the code',
  (file, text) => {
    expect(readFileSync(file, 'utf8')).toBe(text);
  },
);

test.each(Object.entries(dashboards))('the picture of %s is well-formed', (_name, create) => {
  for (const [tag] of layoutPicture(create()).matchAll(/<[^>]+>/g)) {
    const attributes = [...tag.matchAll(/ ([\w:-]+)="[^"]*"/g)].map(([, attribute]) => attribute);
    expect(new Set(attributes).size, tag).toBe(attributes.length);
  }
});
