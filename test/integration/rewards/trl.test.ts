/** A Python reward file means the same here and in TRL: TRL's own trainer calls it, then our worker does, and both are compared. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Prompt } from '../../../src/protocol/rewards.ts';
import { brief, open } from './workspace.ts';

const REFERENCES = join(import.meta.dirname, '../../references');
/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const trlMissing = spawnSync(python, ['-c', 'import trl, torch, datasets']).status !== 0;
if (trlMissing)
  console.log(`Skipped: ${python} has no trl, so rewards were not compared with it (set GRPO_TEST_PYTHON).`);

const FUNCTIONS = ['see', 'length', 'some', 'later', 'doubled', 'judge'];
const chat = (content: string) => [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content },
];

interface Seen {
  completions: string[];
  rewards: (number | null)[][];
  extra: Record<string, unknown[]>;
  metrics: Record<string, number>;
}

describe.skipIf(trlMissing)('rewards in TRL and here (needs GRPO_TEST_PYTHON with trl)', () => {
  test.each<{ form: string; prompts: [Prompt, Prompt] }>([
    { form: 'text prompts', prompts: ['3 1 0 2', 'What is 1 + 1?'] },
    { form: 'chat prompts', prompts: [chat('3 1 0 2'), chat('What is 1 + 1?')] },
  ])('the same arguments, rewards and logs: $form', { timeout: 300_000 }, async ({ prompts }) => {
    const rows = [
      { completion_ids: [5, 6, 7], answer: 1, level: 'easy' },
      { completion_ids: [8], answer: 1, level: 'easy' },
      { completion_ids: [9, 10], answer: 2, level: 'hard' },
      { completion_ids: [11, 12, 13, 14], answer: 2, level: 'hard' },
    ].map((row, i) => ({ prompt: prompts[Math.floor(i / 2)]!, ...row }));
    const model = join(REFERENCES, 'fixtures/models/qwen3');
    const script = spawnSync(python, [join(REFERENCES, 'trl_rewards.py'), model, ...FUNCTIONS], {
      input: JSON.stringify(rows),
      encoding: 'utf8',
      env: { ...process.env, HF_HUB_OFFLINE: '1' },
    });
    expect(script.status, script.stderr.slice(-3000)).toBe(0);
    const inTrl = JSON.parse(script.stdout.trim().split('\n').at(-1)!) as Seen;

    const file = join(REFERENCES, 'rewards.py');
    const set = await open(
      FUNCTIONS.map((name) => ({ file, name })),
      { pythonPath: python },
    );
    const here = await set.score({
      prompts: rows.map(({ prompt }) => prompt),
      completions: inTrl.completions,
      completionIds: rows.map(({ completion_ids }) => completion_ids),
      columns: { answer: rows.map(({ answer }) => answer), level: rows.map(({ level }) => level) },
      trainerState: { globalStep: 0, maxSteps: 1 },
    });
    expect(here.columns.map(({ name }) => name)).toEqual(FUNCTIONS);
    // TRL keeps rewards in 32 bits.
    const in32Bits = here.columns.map(({ outcomes }) =>
      brief(outcomes).map((score) => (typeof score === 'number' ? Math.fround(score) : score)),
    );
    expect(in32Bits).toEqual(inTrl.rewards);
    expect(here.metrics).toEqual(inTrl.metrics);
    expect(here.extra).toEqual(inTrl.extra);
    // Not only alike, but as documented.
    expect(here.extra.others![0]).toEqual(['level']);
    expect(here.extra.completions![0]).toEqual(
      typeof prompts[0] === 'string' ? inTrl.completions[0] : [{ role: 'assistant', content: inTrl.completions[0] }],
    );
  });
});
