import { beforeEach, expect, test } from 'vitest';
import { RunFindings } from '../../../../src/extension/training/run-findings.ts';
import type { RunFinding } from '../../../../src/protocol/run-finding.ts';
import { settled } from '../fake-clock.ts';
import { FakeWindow } from './fake-training.ts';

let window: FakeWindow;
let shown: RunFinding[];
let asked: string[];
let told: string[];
let findings: RunFindings;
beforeEach(() => {
  window = new FakeWindow();
  [shown, asked, told] = [[], [], []];
  findings = new RunFindings(
    window.training,
    async (folder) => {
      asked.push(folder);
      return shown;
    },
    window.clock,
  );
  findings.onDidFind(({ run, finding }) => told.push(`${run.folder} ${finding.kind}`));
});

const finding = (kind: string, severity: RunFinding['severity'] = 'error'): RunFinding => ({
  ...{ kind, severity, title: kind, evidence: `${kind}.`, steps: { first: 1, last: 3 }, metrics: [] },
});
async function steps(from: number, to: number): Promise<void> {
  for (let step = from; step <= to; step++) {
    window.trainer.emit({ type: 'step', step, metrics: { step } });
    await window.clock.go(500);
  }
}

test('looks at the run in training every few seconds, and only when it has gone on', async () => {
  await window.running('a');
  await window.clock.go(20_000);
  expect(asked).toEqual([]);
  await steps(1, 24);
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.length).toBeLessThan(6);
  await window.clock.go(20_000);
  const { length } = asked;
  await window.clock.go(60_000);
  expect(asked).toHaveLength(length);
});

test('the run has what was found, and each kind of error is told once', async () => {
  await window.running('a');
  shown = [finding('all-truncated'), finding('entropy', 'warning')];
  await steps(1, 30);
  expect(window.training.active!.findings).toEqual(shown);
  expect(told).toEqual(['/runs/a all-truncated']);
  shown = [finding('nan'), ...shown];
  await steps(31, 50);
  expect(told).toEqual(['/runs/a all-truncated', '/runs/a nan']);
  window.trainer.end();
  await settled();
  await window.running('b');
  expect(window.training.active!.findings).toEqual([]);
  await steps(1, 10);
  expect(told.slice(2)).toEqual(['/runs/b nan', '/runs/b all-truncated']);
});

test('what the run paused for has been asked already', async () => {
  await window.running('a');
  const why = [finding('all-truncated')];
  window.trainer.emit({ type: 'state', state: 'paused', reason: 'Nothing.', findings: why });
  window.trainer.emit({ type: 'state', state: 'running' });
  shown = [finding('all-truncated')];
  await steps(1, 20);
  expect(window.training.active!.findings).toEqual(shown);
  expect(told).toEqual([]);
});

test('a run that ends while it is looked at is left alone', async () => {
  await window.running('a');
  shown = [finding('all-truncated')];
  window.trainer.emit({ type: 'step', step: 1, metrics: { step: 1 } });
  window.trainer.end();
  await window.clock.go(10_000);
  expect(asked).toEqual([]);
  expect(told).toEqual([]);
});
