/** The tasks of `sample-workspace/remedies`, with which docs/remedies.md measures what helps against what. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadExperiment } from '../../../src/config/load-experiment.ts';
import { mean } from '../../../src/grpo/statistics.ts';
import { temporaryFolder } from '../cli/run-grpo.ts';
import { metricsOf, runGrpo } from './workspace.ts';

const FOLDER = 'sample-workspace/remedies';

/** What a run of these settings measured, step by step. */
async function trained(base: string, set: readonly string[]) {
  const run = join(temporaryFolder(), 'run');
  const overrides = set.flatMap((text) => ['--set', text]);
  const { status, stderr } = await runGrpo('train', base, '--out', run, ...overrides, '--json');
  expect(status, stderr).toBe(0);
  return metricsOf(run) as Record<string, number | null | undefined>[];
}

describe.each(['length', 'normalization', 'difficulty', 'updates'])('the experiment %s', (name) => {
  test('has settings that train, and metrics that their runs have', async () => {
    const { settings, seeds, base, metrics } = loadExperiment(`${FOLDER}/${name}.experiment.json`);
    expect(seeds).toHaveLength(3);
    expect(settings.length).toBeGreaterThan(3);
    // With the last of its settings: the first is the base config as it is.
    const rows = await trained(base, [...settings.at(-1)!.set, 'maxSteps=2']);
    expect(rows.at(-1)!.step).toBe(2);
    const written = new Set(rows.flatMap((row) => Object.keys(row)));
    expect(Object.values(metrics).filter((key) => !written.has(key))).toEqual([]);
  });
});

test('divided by the deviation of its group, a small bonus for short answers shortens them', async () => {
  /** The mean length at the end of a short run. */
  const length = async (seed: number, scale: string) => {
    const set = [`seed=${seed}`, `scaleRewards=${scale}`, 'maxSteps=16', 'evalDataset=null'];
    const rows = await trained(`${FOLDER}/difficulty.grpo.json`, set);
    return mean(rows.slice(-4).map((row) => row['completions/mean_length']!))!;
  };
  const pairs = await Promise.all([1, 2, 3].map((seed) => Promise.all([length(seed, 'group'), length(seed, 'none')])));
  for (const [group, none] of pairs) expect(group).toBeLessThan(none);
});
