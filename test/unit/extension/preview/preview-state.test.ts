import { expect, test } from 'vitest';
import { next, type PreviewChange, type PreviewState } from '../../../../src/extension/preview/preview-state.ts';

const request = (id: number) => ({ id, versions: new Map<string, number>(), saved: true });
const asked: PreviewState = { is: 'asked', sent: request(1) };
const preparing: PreviewState = { is: 'preparing', id: 2, fresh: true, sent: request(1) };
const typing: PreviewState = { is: 'typing', fresh: false, sent: request(1) };

/** The state after these events. */
const after = (state: PreviewState, ...events: PreviewChange[]): PreviewState =>
  events.reduce((now, event) => next(now, event).state, state);

test('goes from being typed to being asked', () => {
  const states = [
    next(asked, { type: 'changed' }),
    next(typing, { type: 'pause over', id: 3 }),
    next({ is: 'preparing', id: 3, fresh: false, sent: request(1) }, { type: 'prepared', request: request(3) }),
  ];
  expect(states.map(({ state, task }) => [state.is, task, state.sent?.id])).toEqual([
    ['typing', 'wait', 1],
    ['preparing', 'prepare', 1],
    ['asked', undefined, 3],
  ]);
});

test.each<PreviewChange>([
  { type: 'changed' },
  { type: 'pause over', id: 9 },
  { type: 'ask', id: 9, fresh: true },
  { type: 'prepared', request: request(2) },
  { type: 'died', id: 9 },
  { type: 'gave up' },
  { type: 'close' },
])('stays closed: $type', (event) => {
  expect(next({ is: 'closed' }, event)).toEqual({ state: { is: 'closed' } });
});

test.each<[string, PreviewState, PreviewChange]>([
  ['a pause that was cancelled', asked, { type: 'pause over', id: 9 }],
  ['what was prepared for an older request', preparing, { type: 'prepared', request: request(1) }],
  ['what was prepared before someone typed', typing, { type: 'prepared', request: request(2) }],
  ['a death while nothing was sent', preparing, { type: 'died', id: 9 }],
  ['a death before the pause', typing, { type: 'died', id: 9 }],
])('takes no notice of %s', (_, state, event) => {
  expect(next(state, event)).toEqual({ state });
});

test('what someone wants called again is, whatever comes before it is sent', () => {
  const typed = after(preparing, { type: 'changed' }, { type: 'pause over', id: 3 });
  expect(typed).toMatchObject({ is: 'preparing', id: 3, fresh: true });
  expect(after(preparing, { type: 'ask', id: 3, fresh: false })).toMatchObject({ id: 3, fresh: true });
  const sent = after(typed, { type: 'prepared', request: request(3) });
  expect(after(sent, { type: 'changed' })).toMatchObject({ fresh: false });
  expect(after(sent, { type: 'died', id: 4 }), 'nothing is kept').toMatchObject({ is: 'preparing', fresh: false });
});

test('one that is broken is asked for by typing or by hand', () => {
  const broken = after(typing, { type: 'gave up' });
  expect(broken).toEqual({ is: 'broken' });
  expect(after(broken, { type: 'changed' }).is).toBe('typing');
  expect(after(broken, { type: 'ask', id: 5, fresh: true })).toMatchObject({ is: 'preparing', id: 5 });
});
