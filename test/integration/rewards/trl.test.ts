/** A Python reward file means the same here and in TRL: TRL's own trainer calls it, then our worker does, and both are compared. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Prompt, ScoreTable } from '../../../src/protocol/rewards.ts';
import { hasPackages, PYTHON } from '../../helpers/python-packages.ts';
import { printedByPython } from '../../helpers/run-python.ts';
import { brief, open } from './workspace.ts';

const REFERENCES = join(import.meta.dirname, '../../references');
const hasTrl = hasPackages(['trl', 'torch', 'datasets'], 'rewards were not compared with TRL');

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
async function inTrl(form: string): Promise<Seen> {
  const before = known.get(form);
  if (before) return before;
  const model = join(REFERENCES, 'fixtures/models/qwen3');
  const input = JSON.stringify(rowsOf(form));
  const printed = await printedByPython([join(REFERENCES, 'trl_rewards.py'), model, ...FUNCTIONS], { input });
  const seen = JSON.parse(printed.trim().split('\n').at(-1)!) as Seen;
  known.set(form, seen);
  return seen;
}

type Row = ReturnType<typeof rowsOf>[number] & { completion: string };

async function withCompletions(form: string): Promise<Row[]> {
  const { completions } = await inTrl(form);
  return rowsOf(form).map((row, i) => ({ ...row, completion: completions[i]! }));
}

async function here(rows: Row[]): Promise<ScoreTable> {
  const file = join(REFERENCES, 'rewards.py');
  const set = await open(
    FUNCTIONS.map((name) => ({ file, name })),
    { pythonPath: PYTHON },
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

describe.skipIf(!hasTrl)('rewards in TRL and here (needs GRPO_TEST_PYTHON with trl)', () => {
  test.each(Object.keys(FORMS))(
    'the same arguments, rewards and logs: %s prompts',
    { timeout: 300_000 },
    async (form) => {
      const seen = await inTrl(form);
      const table = await here(await withCompletions(form));
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

  test('a batch of both forms: each as TRL has it', async () => {
    const [text, chats] = [await withCompletions('text'), await withCompletions('chat')];
    const table = await here(text.flatMap((row, i) => [row, chats[i]!]));
    const ofForm = <Value>(values: Value[], form: number) => values.filter((_, row) => row % 2 === form);
    for (const [index, form] of Object.keys(FORMS).entries()) {
      const seen = await inTrl(form);
      expect(in32Bits(table).map((scores) => ofForm(scores, index))).toEqual(seen.rewards);
      expect(ofForm(table.extra.completions!, index)).toEqual(seen.extra.completions);
      expect(ofForm(table.extra.prompts!, index)).toEqual(seen.extra.prompts);
    }
  });
});
