import { describe, expect, it } from 'vitest';
import { DASHBOARD_VERSION, dashboardMessage, hostMessage } from '../../../src/protocol/dashboard.ts';
import { EMPTY_QUERY } from '../../../src/protocol/rollout-query.ts';
import { restoreLayout } from '../../../webview/layout.ts';

const head = {
  folder: '/runs/1',
  name: 'sort',
  createdAt: '2026-01-01T00:00:00Z',
  state: 'running',
  reason: null,
  step: 1,
  scored: 2,
  device: 'cpu',
  config: {},
  trainer: 'ours',
};
const snapshot = {
  type: 'snapshot',
  version: DASHBOARD_VERSION,
  main: true,
  head,
  columns: { steps: Float64Array.of(1), values: { reward: Float64Array.of(Number.NaN) } },
};

describe('messages to the dashboard', () => {
  it('survive being sent', () => {
    expect(hostMessage.parse(structuredClone(snapshot))).toEqual(snapshot);
  });

  it.each([
    ['of another version', { ...snapshot, version: DASHBOARD_VERSION + 1 }],
    ['with columns as JSON', { ...snapshot, columns: { steps: [1], values: {} } }],
    ['with a state that there is not', { ...snapshot, head: { ...head, state: 'sleeping' } }],
    ['of an unknown type', { type: 'dance' }],
  ])('are refused %s', (_, message) => {
    expect(hostMessage.safeParse(message).success).toBe(false);
  });
});

const sample = { prompt: 'p', completion: 'c', columns: {} };

describe('messages from the dashboard', () => {
  it.each([
    { type: 'ready', version: DASHBOARD_VERSION },
    { type: 'control', command: 'pause' },
    { type: 'rollouts', step: 12 },
    { type: 'command', command: 'rescoreRun' },
    { type: 'sample', id: 1, sample: { prompt: 'p', completion: 'c', columns: { n: [1] }, expect: { f: 0.5 } } },
    { type: 'sample', id: 2, sample: { prompt: [{ role: 'user', content: 'p' }], completion: '', columns: {} } },
    { type: 'save', name: 'reward.svg', content: Uint8Array.of(1) },
    { type: 'search', id: 1, query: { ...EMPTY_QUERY, text: 'a', signal: 'too-easy', least: -1 } },
    { type: 'promptGroups', id: 1, prompt: [{ role: 'user', content: 'p' }] },
    { type: 'cancel', what: 'search' },
    { type: 'watchFindings', watch: true },
    { type: 'applyRemedy', key: 'all-truncated' },
    { type: 'dismissFinding', key: 'all-truncated', dismissed: true },
  ])('are understood: $type', (message) => {
    expect(dashboardMessage.parse(structuredClone(message))).toEqual(message);
  });

  it.each([
    ['any command of the editor', { type: 'command', command: 'workbench.action.quit' }],
    ['to end a trainer at once', { type: 'control', command: 'terminate' }],
    ['a sample in a file of its choice', { type: 'openSample', file: '/etc/passwd' }],
    ['a sample whose expectation is no number', { type: 'sample', id: 1, sample: { ...sample, expect: { f: 'x' } } }],
    ['a file in a folder of its choice', { type: 'save', name: '../../.config/a.csv', content: Uint8Array.of(1) }],
    ['a file of any kind', { type: 'save', name: '.bashrc', content: Uint8Array.of(1) }],
    ['a place before the first line', { type: 'open', file: 'a.reward.ts', line: 0, column: 1 }],
    ['a search for a signal that there is not', { type: 'search', id: 1, query: { ...EMPTY_QUERY, signal: 'loud' } }],
    ['a finding without a name', { type: 'applyRemedy', remedy: { action: 'set', path: ['beta'], value: 1 } }],
    ['a step that is no number', { type: 'rollouts', step: '../../secret' }],
  ])('cannot ask for %s', (_, message) => {
    expect(dashboardMessage.safeParse(message).success).toBe(false);
  });
});

describe('restoreLayout', () => {
  it('brings back what was kept, with defaults for the rest', () => {
    const layout = restoreLayout({ folder: '/runs/1', smoothing: 0.6, step: 12 });
    expect(layout).toMatchObject({ smoothing: 0.6, step: 12, tab: 'overview', compared: [] });
  });

  it('starts afresh with a layout that does not fit', () => {
    expect(restoreLayout({ smoothing: 'much' })).toEqual(restoreLayout(undefined));
  });
});
