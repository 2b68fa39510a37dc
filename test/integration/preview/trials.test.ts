/** Functions that no run config names yet: just typed, say. They are tried on the samples, and count for nothing. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { completionsOf, Preview, samplesOf } from './preview.ts';

const HEAD = "import { numericMatch, tagged, type RewardInput } from 'grpo/rewards';\n";
const LENGTH = 'export const length = ({ completion }: { completion: string }) => completion.length;\n';

test('a function that is just typed is scored, and changes no total, advantage or signal', async () => {
  const preview = new Preview({ 'a.reward.ts': LENGTH });
  const asked = { rewards: ['a.reward.ts#length'], samples: completionsOf(['a', 'bbb']) };
  const before = await preview.result(asked);
  const draft = 'export function draft({ completion }: { completion: string }) { return -completion.length; }\n';
  const now = await preview.result({ ...asked, texts: { 'a.reward.ts': LENGTH + draft } });
  expect(now.functions).toMatchObject([
    { name: 'length', mean: 2 },
    { name: 'draft', trial: true, mean: -2, samples: 2, line: 2 },
  ]);
  expect(now.functions[0]!.trial).toBeUndefined();
  expect(now.rows.map(({ outcomes }) => outcomes.draft)).toMatchObject([{ score: -1 }, { score: -3 }]);
  const worth = ({ rows, groups }: typeof now) => [rows.map(({ reward, advantage }) => [reward, advantage]), groups];
  expect(worth(now)).toEqual(worth(before));
  // Once it is named it counts.
  const named = await preview.result({
    ...asked,
    rewards: ['a.reward.ts#length', 'a.reward.ts#draft'],
    texts: { 'a.reward.ts': LENGTH + draft },
  });
  expect(named.rows.map(({ reward }) => reward)).toEqual([0, 0]);
});

test('one that fails says so at its line, and the total stays', async () => {
  const preview = new Preview({ 'a.reward.ts': LENGTH });
  const draft = "export const draft = (input: any) => { if (input.completion) throw new Error('not yet'); };\n";
  const result = await preview.result({
    ...{ rewards: ['a.reward.ts#length'], samples: completionsOf(['a', 'bbb']) },
    texts: { 'a.reward.ts': LENGTH + draft },
  });
  expect(result.rows.map(({ reward }) => reward)).toEqual([1, 3]);
  expect(result.problems).toMatchObject([{ line: 2, code: 'failure', severity: 'error' }]);
});

test('an expectation of it counts', async () => {
  const preview = new Preview({ 'a.reward.ts': LENGTH });
  const samples = samplesOf([
    { prompt: 'p', completion: 'a', expect: { draft: 1, total: 1 } },
    { prompt: 'p', completion: 'bbb', expect: { draft: 2, total: 3 } },
  ]);
  const draft = 'export const draft = ({ completion }: { completion: string }) => completion.length;\n';
  const result = await preview.result({
    ...{ rewards: ['a.reward.ts#length'], samples, texts: { 'a.reward.ts': LENGTH + draft } },
  });
  expect(result.rows.map(({ mismatches }) => mismatches)).toEqual([[], [{ name: 'draft', expected: 2, actual: 3 }]]);
});

test('a file alone is not held to the total that samples of a run config expect', async () => {
  const preview = new Preview({ 'draft.reward.ts': LENGTH });
  const samples = samplesOf([{ prompt: 'p', completion: 'a', expect: { total: 7 } }]);
  const totalsFor = async (file: string) => {
    const asked = { rewards: ['draft.reward.ts'], subject: preview.path('draft.reward.ts') };
    const { rows } = await preview.result({ ...asked, samples, samplesFile: file });
    return rows.flatMap(({ mismatches }) => mismatches.map(({ name }) => name));
  };
  expect(await totalsFor('draft.samples.jsonl')).toEqual(['total']);
  expect(await totalsFor('run.samples.jsonl')).toEqual([]);
});

test('helpers that are exported are not taken for rewards, and not called', async () => {
  const called = "throw new Error('called');";
  const file = `${HEAD}${LENGTH}
export function numbersIn(text: string) { ${called} }
export const difference = (a: number, b: number) => { ${called} };
export const clean = ({ text }: { text: string }) => { ${called} };
export const log = () => { ${called} };
export const answer = tagged('answer');
export const typed = (sample: RewardInput<{ answer: number }>) => sample.answer;
export const right = numericMatch({ column: 'answer' });
export const loose = (sample: any, weight = 1) => sample.completion.length * weight;
`;
  const preview = new Preview({ 'a.reward.ts': file });
  const samples = completionsOf(['1', '22'], { answer: 1 });
  const { functions, problems } = await preview.result({ rewards: ['a.reward.ts#length'], samples });
  expect(functions.map(({ name, failed }) => [name, failed])).toEqual([
    ['length', 0],
    ['typed', 0],
    ['right', 0],
    ['loose', 0],
  ]);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
});

const pythonMissing = spawnSync('python3', ['--version']).status !== 0;
test.skipIf(pythonMissing)("in Python it has TRL's signature (needs python3)", async () => {
  const file = `
def length(completions, **kwargs):
    return [float(len(text)) for text in completions]

def draft(prompts, completions, **kwargs):
    return [-float(len(text)) for text in completions]

def render(prompts, **kwargs):
    raise ValueError("called")

def clean(completion):
    raise ValueError("called")

def log(**kwargs):
    raise ValueError("called")
`;
  const preview = new Preview({ 'a.py': file });
  const { functions, rows } = await preview.result({
    ...{ rewards: ['a.py#length'], samples: completionsOf(['a', 'bbb']) },
  });
  expect(functions).toMatchObject([{ name: 'length' }, { name: 'draft', trial: true, mean: -2, line: 5 }]);
  expect(rows.map(({ reward }) => reward)).toEqual([1, 3]);
});
