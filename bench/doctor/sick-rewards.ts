/** Runs whose rewards, prompts or completions are wrong. */
import { resolve } from 'node:path';
import type { SickRun } from './sick-run.ts';

const INCLUSION = `${resolve('sample-workspace/rewards/sort.reward.ts')}#inclusion`;
const CORRECTNESS = `${resolve('sample-workspace/rewards/arithmetic.reward.ts')}#correctness`;
const FILE = 'sick.reward.ts';
/** Fast enough to be fooled within the steps of the bench. */
const FAST = { learningRate: 1e-3 };

/** A function `sick`, of the body given, beside another. */
const beside = (other: string, body: string, weight = 1) => ({
  config: { rewards: [other, { file: FILE, function: 'sick', weight }] },
  files: {
    [FILE]: `const numbersIn = (text) => (text.match(/\\d+/g) ?? []).map(Number);\nexport const sick = async ({ completion, numbers, wanted }) => ${body};\n`,
  },
});

interface Sorted {
  prompt: string;
  numbers: number[];
  wanted: number[];
}

/** Prompts of the sample, `count` different ones from number `from` on, and what is wanted. */
const prompts = (from: number, count: number, wanted = (numbers: number[]) => numbers.toSorted()): Sorted[] =>
  Array.from({ length: count }, (_, i) => {
    const numbers = String((1 + from + i) * 7919)
      .padStart(4, '0')
      .slice(-4)
      .split('')
      .map(Number);
    return { prompt: `Sort ${numbers.join(' ')}:`, numbers, wanted: wanted(numbers) };
  });
const jsonLines = (rows: readonly Sorted[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const descending = (numbers: number[]): number[] => numbers.toSorted().toReversed();

const AS_WANTED = 'wanted.filter((number, i) => numbersIn(completion)[i] === number).length';
const wanting = beside(INCLUSION, AS_WANTED);

export const SICK_REWARDS: readonly SickRun[] = [
  {
    kind: 'drowned-reward',
    cause: 'a reward from 0 to 400 beside one from 0 to 4',
    sample: 'sort',
    ...beside(INCLUSION, '100 * completion.split(" ").length'),
  },
  {
    kind: 'reward-failed',
    cause: 'a reward throws at some completions',
    sample: 'sort',
    ...beside(INCLUSION, '{ if (completion.includes("9")) throw new Error("no place for a 9"); return 1; }'),
  },
  { kind: 'always-abstains', cause: 'a reward returns null', sample: 'sort', ...beside(INCLUSION, 'null') },
  {
    kind: 'constant-function',
    cause: 'a reward asks for tags that the model never writes',
    sample: 'sort',
    ...beside(INCLUSION, 'Number(completion.includes("<answer>"))'),
  },
  {
    kind: 'constant-function',
    cause: 'a reward depends on the prompt alone',
    sample: 'sort',
    ...beside(INCLUSION, 'numbers[0]'),
  },
  {
    kind: 'opened-tag',
    cause: 'the prompt opens `<reasoning>`, and a reward asks for it',
    sample: 'arithmetic',
    config: {
      prompt: { text: '{{ prompt }}<reasoning>' },
      rewards: [CORRECTNESS, { file: FILE, function: 'format', weight: 1 }],
    },
    files: { [FILE]: 'export const format = ({ completion }) => Number(completion.startsWith("<reasoning>"));\n' },
  },
  {
    kind: 'held-out-leak',
    cause: 'a third of the held-out prompts are trained on',
    sample: 'sort',
    config: { dataset: 'train.jsonl', evalDataset: 'eval.jsonl', evalSteps: 5 },
    files: { 'train.jsonl': jsonLines(prompts(0, 300)), 'eval.jsonl': jsonLines(prompts(270, 90)) },
  },
  {
    kind: 'repeated-prompts',
    cause: 'each prompt is in the dataset forty times',
    sample: 'sort',
    config: { dataset: 'train.jsonl' },
    files: { 'train.jsonl': jsonLines(Array.from({ length: 40 }, () => prompts(0, 10)).flat()) },
  },
  {
    kind: 'slow-rewards',
    cause: 'a reward waits for two seconds',
    sample: 'sort',
    ...beside(INCLUSION, '{ await new Promise((settle) => setTimeout(settle, 2000)); return 1; }'),
  },
  {
    kind: 'repetition',
    cause: 'a reward for length, whatever is said',
    sample: 'sort',
    ...beside(INCLUSION, 'numbersIn(completion).length'),
    config: { ...beside(INCLUSION, '', 3).config, maxCompletionLength: 64, maxSteps: 40, ...FAST },
  },
  {
    kind: 'same-answers',
    cause: 'a reward for small numbers, whatever was asked',
    sample: 'sort',
    ...beside(INCLUSION, '-numbersIn(completion).reduce((sum, number) => sum + number + 1, 0)'),
    config: { ...beside(INCLUSION, '', 2).config, ...FAST },
  },
  {
    kind: 'hacking-held-out',
    cause: 'training rewards the opposite of what held-out prompts want',
    sample: 'sort',
    ...wanting,
    config: {
      rewards: [{ file: FILE, function: 'sick', weight: 1 }],
      ...{ dataset: 'train.jsonl', evalDataset: 'eval.jsonl', evalSteps: 5, ...FAST },
    },
    files: {
      ...wanting.files,
      'train.jsonl': jsonLines(prompts(0, 300, descending)),
      'eval.jsonl': jsonLines(prompts(400, 60)),
    },
  },
  {
    kind: 'hacking-functions',
    cause: 'saying less pays more than what is asked for',
    sample: 'sort',
    ...beside(INCLUSION, '6 - numbersIn(completion).length', 2),
  },
  {
    kind: 'hacking-tricks',
    cause: 'saying nothing pays most',
    sample: 'sort',
    ...beside(INCLUSION, '6 - numbersIn(completion).length', 2),
    config: { ...beside(INCLUSION, '', 2).config, ...FAST },
  },
];
