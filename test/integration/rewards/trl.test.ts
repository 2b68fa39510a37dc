/** A Python reward file means the same here and in TRL: TRL's own trainer calls it, then our worker does, and both are compared. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Prompt, ScoreTable } from '../../../src/protocol/rewards.ts';
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

const FORMS: Record<string, [Prompt, Prompt]> = {
  text: ['3 1 0 2', 'What is 1 + 1?'],
  chat: [chat('3 1 0 2'), chat('What is 1 + 1?')],
};

/** Two completions for each prompt. */
const rowsOf = (form: string) =>
  [
    { completion_ids: [5, 6, 7], answer: 1, level: 'easy' },
    { completion_ids: [8], answer: 1, level: 'easy' },
    { completion_ids: [9, 10], answer: 2, level: 'hard' },
    { completion_ids: [11, 12, 13, 14], answer: 2, level: 'hard' },
  ].map((row, i) => ({ prompt: FORMS[form]![Math.floor(i / 2)]!, ...row }));

const known = new Map<string, Seen>();

/** What TRL makes of the rows of a form. */
function inTrl(form: string): Seen {
  const before = known.get(form);
  if (before) return before;
  const model = join(REFERENCES, 'fixtures/models/qwen3');
  const script = spawnSync(python, [join(REFERENCES, 'trl_rewards.py'), model, ...FUNCTIONS], {
    input: JSON.stringify(rowsOf(form)),
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  });
  expect(script.status, script.stderr.slice(-3000)).toBe(0);
  const seen = JSON.parse(script.stdout.trim().split('\n').at(-1)!) as Seen;
  known.set(form, seen);
  return seen;
}

type Row = ReturnType<typeof rowsOf>[number] & { completion: string };

const withCompletions = (form: string): Row[] =>
  rowsOf(form).map((row, i) => ({ ...row, completion: inTrl(form).completions[i]! }));

async function here(rows: Row[]): Promise<ScoreTable> {
  const file = join(REFERENCES, 'rewards.py');
  const set = await open(
    FUNCTIONS.map((name) => ({ file, name })),
    { pythonPath: python },
  );
  return set.score({
    prompts: rows.map(({ prompt }) => prompt),
    completions: rows.map(({ completion }) => completion),
    completionIds: rows.map(({ completion_ids }) => completion_ids),
    columns: { answer: rows.map(({ answer }) => answer), level: rows.map(({ level }) => level) },
    trainerState: { globalStep: 0, maxSteps: 1 },
  });
}

/** TRL keeps rewards in 32 bits. */
const in32Bits = ({ columns }: ScoreTable) =>
  columns.map(({ outcomes }) =>
    brief(outcomes).map((score) => (typeof score === 'number' ? Math.fround(score) : score)),
  );

describe.skipIf(trlMissing)('rewards in TRL and here (needs GRPO_TEST_PYTHON with trl)', () => {
  test.each(Object.keys(FORMS))(
    'the same arguments, rewards and logs: %s prompts',
    { timeout: 300_000 },
    async (form) => {
      const seen = inTrl(form);
      const table = await here(withCompletions(form));
      expect(table.columns.map(({ name }) => name)).toEqual(FUNCTIONS);
      expect(in32Bits(table)).toEqual(seen.rewards);
      expect(table.metrics).toEqual(seen.metrics);
      expect(table.extra).toEqual(seen.extra);
      // Not only alike, but as documented.
      expect(table.extra.others![0]).toEqual(['level']);
      expect(table.extra.completions![0]).toEqual(
        form === 'text' ? seen.completions[0] : [{ role: 'assistant', content: seen.completions[0] }],
      );
    },
  );

  test('a batch of both forms: each as TRL has it', { timeout: 300_000 }, async () => {
    const [text, chats] = [withCompletions('text'), withCompletions('chat')];
    const table = await here(text.flatMap((row, i) => [row, chats[i]!]));
    const ofForm = <Value>(values: Value[], form: number) => values.filter((_, row) => row % 2 === form);
    for (const [index, form] of Object.keys(FORMS).entries()) {
      const seen = inTrl(form);
      expect(in32Bits(table).map((scores) => ofForm(scores, index))).toEqual(seen.rewards);
      expect(ofForm(table.extra.completions!, index)).toEqual(seen.extra.completions);
      expect(ofForm(table.extra.prompts!, index)).toEqual(seen.extra.prompts);
    }
  });
});
