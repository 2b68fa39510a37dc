/** Rewards that take their time are called while completions are still being written, and the run is the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { metricsOf, rolloutsOf, timeless, tinyWorkspace, trainHere } from './workspace.ts';

const STEPS = [1, 2, 3];
const COMPLETIONS = 8;

/** The engine draws the first token, and then so many in each of its runs. */
const PER_RUN = 32;

/** More tokens than that, and a model that ends some completions before: they end at different times. */
const CONFIG = { maxCompletionLength: 120, maxSteps: STEPS.length, evalDataset: 'held-out.jsonl', evalSteps: 1 };
const HELD_OUT = Array.from({ length: 20 }, (_, n) => ({ prompt: `${n} + 1`, n: 100 + n }));

/** A reward that takes so long for a completion, and one of whole batches beside it; both write down what they are called with. */
const rewards = (milliseconds: number, calls: string): string => `
import { appendFileSync } from 'node:fs';
import { batchReward } from 'grpo/rewards';

const called = (call: object) => appendFileSync(${JSON.stringify(calls)}, JSON.stringify(call) + '\\n');

export async function letters({ completion, completionIds, n }: { completion: string; completionIds: number[]; n: number }) {
  called({ by: 'letters', n, length: completionIds.length });
  await new Promise((resolve) => setTimeout(resolve, ${milliseconds}));
  return { score: [...completion].filter((letter) => letter <= 'n').length, reason: String(n) };
}

export const longest = batchReward(({ completions }: { completions: string[] }) => {
  called({ by: 'longest', completions: completions.length });
  const most = Math.max(...completions.map(({ length }) => length));
  return completions.map(({ length }) => (length === most ? 1 : 0));
});
`;

type Call = { by: 'letters'; n: number; length: number } | { by: 'longest'; completions: number };

async function trained(milliseconds: number): Promise<{ run: string; calls: Call[] }> {
  const folder = tinyWorkspace(CONFIG, { 'held-out.jsonl': HELD_OUT });
  const calls = join(folder, 'calls.jsonl');
  writeFileSync(join(folder, 'letters.reward.ts'), rewards(milliseconds, calls));
  const { run } = (await trainHere(join(folder, 'run.grpo.json'))).result;
  const lines = readFileSync(calls, 'utf8').trim().split('\n');
  return { run, calls: lines.map((line) => JSON.parse(line)) };
}

/** Lengths of a step's completions, in the order in which `letters` got them. */
const lengths = (calls: Call[], step: number): number[] =>
  calls
    .flatMap((call) => (call.by === 'letters' && call.n < 100 ? [call.length] : []))
    .slice(COMPLETIONS * (step - 1), COMPLETIONS * step);

/** After which of the engine's runs completions of these lengths had ended. */
const ends = (completions: number[]): number[] => completions.map((length) => Math.ceil((length - 1) / PER_RUN));

test('the run is the same, and slow rewards get first what ended first', async () => {
  const [fast, slow] = [await trained(0), await trained(60)];
  expect(metricsOf(slow.run).map(timeless)).toEqual(metricsOf(fast.run).map(timeless));
  for (const step of STEPS) expect(rolloutsOf(slow.run, step)).toEqual(rolloutsOf(fast.run, step));

  // The same calls, of which those of the batch reward are of whole batches.
  const sorted = (calls: Call[]) => calls.map((call) => JSON.stringify(call)).sort();
  expect(sorted(slow.calls)).toEqual(sorted(fast.calls));

  for (const step of STEPS) {
    const recorded = rolloutsOf(slow.run, step).map(({ length }) => length);
    const called = lengths(slow.calls, step);
    const inOrder = ends(recorded).toSorted((a, b) => a - b);
    expect(ends(recorded)).not.toEqual(inOrder);
    // That the rewards are slow is known after the first step.
    if (step === 1) expect(called).toEqual(recorded);
    else expect(ends(called)).toEqual(inOrder);
  }
});
