import { randomBytes } from 'node:crypto';

import { beforeEach, describe, expect, test } from 'vitest';

import { datagramSizes, encodeDatagram, maxDatagrams, parseDatagram } from './datagram.ts';
import type { Datagram } from './datagram.ts';
import { createDatagramAnswers } from './datagram-answers.ts';

const session = { session: randomBytes(8), key: randomBytes(32) };
const source = { address: '192.0.2.1', port: 40_000 };
const request: Datagram = { kind: 'request', size: 'large', sequence: 7 };

describe('createDatagramAnswers()', () => {
  let answers = createDatagramAnswers();

  beforeEach(() => {
    answers = createDatagramAnswers();
    answers.open({ ...session, address: source.address });
  });

  test.each(['small', 'large'] as const)('answers a %s datagram with as many bytes', (size) => {
    const reply = answers.answer(encodeDatagram({ ...request, size }, session), source);
    expect(reply).toHaveLength(datagramSizes[size]);
    expect(parseDatagram(reply ?? Buffer.alloc(0), session, () => true)).toEqual({
      kind: 'reply',
      size,
      sequence: 7,
    });
    expect(answers.arrived()[size]).toBe(1);
  });

  test('answers each once', () => {
    const bytes = encodeDatagram(request, session);
    expect(answers.answer(bytes, source)).toBeDefined();
    expect(answers.answer(bytes, source)).toBeUndefined();
    expect(answers.answer(encodeDatagram(request, session), source)).toBeUndefined();
    expect(answers.arrived().large).toBe(1);
  });

  test.each([
    ['a reply', encodeDatagram({ ...request, kind: 'reply' }, session), source],
    ['another session', encodeDatagram(request, { ...session, session: randomBytes(8) }), source],
    ['another key', encodeDatagram(request, { ...session, key: randomBytes(32) }), source],
    ['another address', encodeDatagram(request, session), { ...source, address: '192.0.2.2' }],
    ['the port of a service', encodeDatagram(request, session), { ...source, port: 53 }],
    [
      'more than a session has',
      encodeDatagram({ ...request, sequence: maxDatagrams }, session),
      source,
    ],
    ['a cut datagram', encodeDatagram(request, session).subarray(0, 1199), source],
    ['nothing', Buffer.alloc(0), source],
  ])('does not answer %s', (_what, bytes, from) => {
    expect(answers.answer(bytes, from)).toBeUndefined();
    expect(answers.arrived()).toEqual({ small: 0, large: 0 });
  });

  test('does not answer a datagram with any bit changed', () => {
    const small = encodeDatagram({ ...request, size: 'small' }, session);
    for (let bit = 0; bit < small.length * 8; bit += 1) {
      const changed = Buffer.from(small);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(answers.answer(changed, source), `bit ${bit}`).toBeUndefined();
    }
  });

  test('answers none once the session has ended, and keeps the counts', () => {
    answers.answer(encodeDatagram(request, session), source);
    answers.close();
    expect(
      answers.answer(encodeDatagram({ ...request, sequence: 8 }, session), source),
    ).toBeUndefined();
    expect(answers.arrived()).toEqual({ small: 0, large: 1 });
  });
});
