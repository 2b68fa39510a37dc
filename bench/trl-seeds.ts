/** The sort sample, trained from scratch with several seeds here and by TRL: whether they differ by more than seeds do, as Markdown tables. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mean, standardDeviation } from '../src/grpo/statistics.ts';
import type { MetricsRow } from '../src/protocol/run-folder.ts';
import { readMetrics } from '../src/run-folder/metrics.ts';
import { versions } from '../src/trainer/versions.ts';
import { trainHere, trainThere } from './both-sides.ts';
import { countOf, parseOptions } from './options.ts';
import { findPeerPython } from './peer-python.ts';
import { differenceOfMeans } from './statistics.ts';
import { listOf, row } from './words.ts';

const OPTIONS = { seeds: { type: 'string' }, set: { type: 'string', multiple: true } } as const;
const SEEDS = 5;
const CONFIG = 'sample-workspace/sort.grpo.json';
/** Of four numbers that are all there, in order. */
const REACHABLE = 7;
const SHARE = 0.9;
/** A step's mean reward is noisy; the share counts as reached when as many steps have it on average. */
const SMOOTHED = 5;

/** What one run came to. */
export interface SeedResult {
  before: number;
  after: number;
  /** Steps until training rewards are at the share of what is reachable; null: never. */
  steps: number | null;
}

export function benchTrlSeeds(args: string[]): void {
  const read = parseOptions('trl-seeds', args, OPTIONS);
  const seeds = countOf('seeds', read.seeds) ?? SEEDS;
  const python = findPeerPython();
  const results = { ours: [] as SeedResult[], trl: [] as SeedResult[] };
  console.log(row('seed', 'here', 'TRL'));
  console.log('|---|---|---|');
  for (let seed = 1; seed <= seeds; seed++) {
    const set = [...(read.set ?? []), `seed=${seed}`].flatMap((field) => ['--set', field]);
    const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
    try {
      results.ours.push(resultOf(trainHere(CONFIG, set, folder)));
      results.trl.push(resultOf(trainThere(CONFIG, set, folder, python.command)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const change = ({ before, after }: SeedResult) => `${before.toFixed(2)} → ${after.toFixed(2)}`;
    console.log(row(String(seed), change(results.ours.at(-1)!), change(results.trl.at(-1)!)));
  }
  console.log(`\n${summary(results)}`);
  console.log(
    `\n\`${['npm run bench -- trl-seeds', ...args].join(' ')}\`; ${listOf(versions())}; ${listOf(python.versions)}.`,
  );
}

const resultOf = (run: string): SeedResult => seedResult(readMetrics(run));

/** Throws when the held-out prompts were not evaluated before and after training. */
export function seedResult(rows: readonly MetricsRow[]): SeedResult {
  const heldOut = rows.flatMap(({ eval_reward: reward }) => (typeof reward === 'number' ? [reward] : []));
  if (heldOut.length < 2) throw new Error('The run has no held-out rewards of its start and its end.');
  const rewards = rows.filter(({ step }) => step > 0).map(({ reward }) => reward as number);
  const reached = rewards.findIndex(
    (_, index) => index + 1 >= SMOOTHED && mean(rewards.slice(index + 1 - SMOOTHED, index + 1))! >= SHARE * REACHABLE,
  );
  return { before: heldOut[0]!, after: heldOut.at(-1)!, steps: reached < 0 ? null : reached + 1 };
}

/** A column for each side, and their difference with its 95 % interval. */
export function summary({ ours, trl }: Record<'ours' | 'trl', SeedResult[]>): string {
  const line = (what: string, digits: number, of: (result: SeedResult) => number | null): string => {
    const sides = [ours, trl].map((results) => results.flatMap((result) => of(result) ?? []));
    const cells = sides.map((values) => {
      const spread = values.length > 1 ? ` ± ${standardDeviation(values)!.toFixed(digits)}` : '';
      const among = values.length < ours.length ? ` (${values.length} of ${ours.length} runs)` : '';
      return values.length > 0 ? `${mean(values)!.toFixed(digits)}${spread}${among}` : 'none';
    });
    if (sides.some((values) => values.length < 2)) return row(what, ...cells, '');
    const { difference, margin } = differenceOfMeans(sides[0]!, sides[1]!);
    const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
    const interval = `${signed(difference - margin)} to ${signed(difference + margin)}`;
    return row(what, ...cells, `${signed(difference)} (${interval})`);
  };
  return [
    row(`mean ± standard deviation of ${ours.length} seeds`, 'here', 'TRL', 'difference (95 % interval)'),
    '|---|---|---|---|',
    line('held-out reward before', 3, ({ before }) => before),
    line('held-out reward after', 3, ({ after }) => after),
    line(`steps to ${100 * SHARE} % of ${REACHABLE} in training`, 1, ({ steps }) => steps),
  ].join('\n');
}
