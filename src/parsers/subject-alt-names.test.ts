import { expect, test } from 'vitest';

import { parseSubjectAltNames } from './subject-alt-names.ts';

test.each([
  ['', []],
  ['DNS:a.example', ['a.example']],
  [
    'DNS:a.example, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:10.0.0.1, email:a@b.example, URI:spiffe://x/y',
    ['a.example', '2001:db8::1', '10.0.0.1', 'a@b.example', 'spiffe://x/y'],
  ],
  // Names made to look like two, as Node writes them.
  ['DNS:"a.example, DNS:b.example"', ['a.example, DNS:b.example']],
  [String.raw`URI:"x\", DNS:b.example", DNS:c`, ['x", DNS:b.example', 'c']],
  ['DirName:CN = "DNS:b.example", DNS:c', ['c']],
  ['othername:<unsupported>, DNS:c', ['c']],
  // Not as Node writes them: an end that is missing, an escape that is none.
  ['DNS:a, DNS:"b', []],
  [String.raw`DNS:a, DNS:"\q, DNS:b"`, []],
])('parseSubjectAltNames(%j) gives %j', (text, names) => {
  expect(parseSubjectAltNames(text)).toEqual(names);
});
