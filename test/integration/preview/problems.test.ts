import { expect, test } from 'vitest';
import type { PreviewRequest } from '../../../src/protocol/preview.ts';
import { codes, completionsOf, Preview, samplesOf } from './preview.ts';

/** The problems that a reward file has with these samples. */
async function problemsOf(text: string, samples: string, dataset?: string) {
  const preview = new Preview({ 'a.reward.ts': text, ...(dataset !== undefined && { 'data.jsonl': dataset }) });
  const result = await preview.result({
    rewards: ['a.reward.ts'],
    samples,
    dataset: dataset === undefined ? null : preview.path('data.jsonl'),
  });
  const names = { [preview.path('a.reward.ts')]: 'reward', [preview.path('a.samples.jsonl')]: 'samples' };
  return result.problems.map((problem) => ({ ...problem, file: names[problem.file] ?? problem.file }));
}

test('a parameter that no column provides is underlined, with the nearest column', async () => {
  const text = `import { batchReward, type RewardInput } from 'grpo/rewards';
export function row({ completion, anwser, numbers: wanted, missing = 3, ...rest }: RewardInput) { return completion.length + (anwser ?? 0); }
const inner = ({ completion, completions }: { completion: string; completions: string }) => completion.length;
export { inner as outer };
export const batch = batchReward(({ completions, promts }) => completions.map((text) => text.length));
`;
  const dataset = '{"prompt": "p", "answer": 1, "numbers": [1]}\n';
  const problems = await problemsOf(text, completionsOf(['a', 'bb'], { answer: 1, numbers: [1] }), dataset);
  expect(problems.filter(({ code }) => code === 'unknown-column')).toMatchObject([
    { file: 'reward', line: 2, column: 35, endLine: 2, endColumn: 41, severity: 'warning', fix: 'answer' },
    { line: 3, column: 30, endColumn: 41, fix: 'completion' },
    { line: 5, column: 50, fix: 'prompts' },
  ]);
  expect(problems.find(({ line }) => line === 2)!.message).toContain('data.jsonl');
  const without = await problemsOf(text, completionsOf(['a', 'bb'], { answer: 1 }), dataset);
  expect(without.find(({ line, column }) => line === 2 && column === 43)!.message).toMatch(
    /The samples have no column "numbers"/,
  );
});

test('a function that always abstains, and one that gives everything the same', async () => {
  const text = `export const silent = () => null;
export const constant = () => 1;
export const length = ({ completion }: { completion: string }) => completion.length;
`;
  const problems = await problemsOf(text, completionsOf(['a', 'bb', 'ccc']));
  expect(problems).toMatchObject([
    { file: 'reward', line: 1, severity: 'warning', code: 'always-abstains' },
    { file: 'reward', line: 2, severity: 'warning', code: 'constant' },
  ]);
  // Too few to tell, or nothing to tell apart.
  expect(await problemsOf(text, completionsOf(['a', 'bb']))).toMatchObject([{ code: 'always-abstains' }]);
  const alike = await problemsOf(text, completionsOf(['a', 'a', 'a']));
  expect(alike.filter(({ code }) => code === 'constant')).toEqual([]);
});

test('an order that contradicts what is expected, and expectations that are not met', async () => {
  const samples = samplesOf([
    { prompt: 'p', completion: 'long', expect: { length: 4 } },
    { prompt: 'p', completion: 'x', expect: { length: [0, 1] } },
    { prompt: 'q', completion: 'yy', expect: { length: 9 } },
  ]);
  const text = 'export const length = ({ completion }: { completion: string }) => -completion.length;\n';
  const problems = await problemsOf(text, samples);
  expect(problems).toMatchObject([
    { file: 'reward', line: 1, severity: 'warning', code: 'contradicts-expect' },
    { file: 'samples', line: 1, severity: 'information', code: 'expectation' },
    { file: 'samples', line: 2, code: 'expectation' },
    { file: 'samples', line: 3, code: 'expectation' },
    { file: 'samples', line: 3, severity: 'information', code: 'no-signal' },
  ]);
  expect(problems[0]!.message).toMatch(/"length" puts line 1 \(-4\) below line 2 \(-1\)/);
  expect(problems[1]!.message).toMatch(/expected length 4, got -4/);
  const right = await problemsOf(text.replace('-c', 'c'), samples);
  expect(right.map(({ code }) => code)).toEqual(['expectation', 'no-signal']);
});

test('what throws is named once for each place and reason, at its line', async () => {
  const text = `export function picky({ completion }: { completion: string }) {
  if (completion.startsWith('b'))
    throw new Error('starts with b');
  return completion.length;
}
`;
  const problems = await problemsOf(text, completionsOf(['a', 'b', 'bb', 'cc']));
  expect(problems).toMatchObject([{ file: 'reward', line: 3, column: 11, severity: 'error', code: 'failure' }]);
  expect(problems[0]!.message).toBe('"picky" failed on 2 samples, lines 2, 3: Error: starts with b');
});

test('two functions of one name, and one that is not there', async () => {
  const preview = new Preview({
    'a.reward.ts': 'export const length = ({ completion }: { completion: string }) => completion.length;\n',
    'b.reward.ts': '\nexport const length = () => 1;\n',
  });
  const samples = completionsOf(['a', 'bb']);
  const both = await preview.result({ rewards: ['a.reward.ts', 'b.reward.ts'], samples });
  expect(both.functions).toMatchObject([{ name: 'length', file: preview.path('a.reward.ts') }]);
  expect(both.problems).toMatchObject([{ code: 'duplicate-name', file: preview.path('b.reward.ts'), line: 2 }]);
  const misnamed = await preview.result({ rewards: ['a.reward.ts#lenght'], samples });
  expect(codes(misnamed)).toEqual(['load']);
  expect(misnamed.problems[0]!.message).toMatch(/no reward function "lenght".*Did you mean "length"/);
});

test('a sample whose prompt the chat template refuses is underlined, and scored all the same', async () => {
  const preview = new Preview({
    'a.reward.ts': 'export const length = ({ completion }: { completion: string }) => completion.length;\n',
    'model/chat_template.jinja': "{{ raise_exception('No chats!') }}",
    'model/tokenizer_config.json': '{}',
  });
  const chat = [{ role: 'user', content: 'Hi' }];
  const samples = ['p', chat].map((prompt) => JSON.stringify({ prompt, completion: 'ab' })).join('\n');
  const result = await preview.result({ rewards: ['a.reward.ts'], samples, model: preview.path('model') });
  expect(result.problems.filter(({ code }) => code === 'samples')).toMatchObject([
    { file: preview.path('a.samples.jsonl'), line: 2, message: 'the chat template refuses this prompt: No chats!' },
  ]);
  expect(result.groups).toMatchObject([
    { rendered: null, mean: 2 },
    { rendered: null, mean: 2 },
  ]);
});

test('columns are those of the dataset as the config maps it, in any of its formats', async () => {
  const reward = 'export const right = ({ completion, answer, question }: any) => completion.length;\n';
  const preview = new Preview({
    'a.reward.ts': reward,
    'data.csv': 'question,label\n1+1,2\n',
    'data.jsonl': '{"question": "1+1", "reward_model": {"ground_truth": "2"}}\n',
  });
  const unknownIn = async (dataset: string, columns: Record<string, string> | null) => {
    const result = await preview.result({
      rewards: ['a.reward.ts'],
      samples: completionsOf(['a', 'bb'], { answer: '2', question: '1+1' }),
      dataset: preview.path(dataset),
      settings: { prompt: 'question', columns },
    });
    return result.problems.filter(({ code }) => code === 'unknown-column').map(({ message }) => message);
  };
  expect(await unknownIn('data.csv', null)).toEqual([
    expect.stringMatching(/No column of data\.csv provides "answer"; it has question, label/),
  ]);
  expect(await unknownIn('data.csv', { answer: 'label' })).toEqual([]);
  expect(await unknownIn('data.jsonl', { answer: 'reward_model.ground_truth' })).toEqual([]);
});

test('generated samples for a prompt that the dataset no longer gives', async () => {
  const preview = new Preview({
    'a.reward.ts': 'export const length = ({ completion }: { completion: string }) => completion.length;\n',
    'data.jsonl': '{"question": "1+1"}\n{"question": "2+2"}\n',
  });
  const samples = samplesOf([
    { prompt: 'Q: 1+1', completion: 'two', generated: true },
    { prompt: '1+1', completion: 'two', generated: true },
    { prompt: '1+1', completion: '2' },
  ]);
  const linesFor = async (prompt: PreviewRequest['settings']['prompt']) => {
    const asked = { rewards: ['a.reward.ts'], samples, dataset: preview.path('data.jsonl'), settings: { prompt } };
    const result = await preview.result(asked);
    const others = result.problems.filter(({ code }) => code === 'other-prompt');
    for (const { severity, message } of others)
      expect([severity, message]).toEqual(['information', expect.stringMatching(/data\.jsonl .* Generate Samples/)]);
    return others.map(({ line }) => line);
  };
  expect(await linesFor('question')).toEqual([1]);
  expect(await linesFor({ text: 'Q: {{ question }}' })).toEqual([2]);
  // Of a dataset that is larger than what is read, nothing is said.
  const rows = Array.from({ length: 2001 }, (_, i) => `{"question": "${i} + ${i}"}\n`);
  preview.write('data.jsonl', rows.join(''));
  expect(await linesFor('question')).toEqual([]);
});
