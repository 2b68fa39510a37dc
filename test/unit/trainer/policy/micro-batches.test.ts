/** How a rollout is cut into parts that are computed one after another. */
import { expect, test } from 'vitest';
import type { Experience } from '../../../../src/grpo/trajectory.ts';
import type { ModelConfig } from '../../../../src/model/config.ts';
import { microBatches } from '../../../../src/trainer/policy/micro-batches.ts';

/** As large as SmolLM2-135M; nothing else of a model matters here. */
const model = {
  layers: Array(30).fill({ mixer: { kind: 'attention', heads: 9 }, mlp: { intermediateSize: 1536 } }),
  rotary: { all: { width: 64, theta: 1e5, scaling: { type: 'none' } } },
  hiddenSize: 576,
  vocabSize: 49152,
} as unknown as ModelConfig;
const config = {
  numGenerations: 8,
  gradientAccumulationSteps: 1,
  lossType: 'dapo',
  topEntropyQuantile: 1,
  beta: 0,
  entropyCoef: 0,
  useAdaptiveEntropy: false,
} as const;

/** One group for each prompt length. The completions' token ids are their lengths, by which they are known again. */
const rollout = (promptLengths: number[], completionLengths: number[]): Experience[] =>
  promptLengths.flatMap((prompt) =>
    completionLengths.map((length) => ({
      promptIds: Array(prompt).fill(1),
      completionIds: Array(length).fill(length),
      advantage: length,
      mask: Array(length).fill(1),
    })),
  );

/** Of each part: the completions' lengths in the order of rows, and the grids that attention pads to. */
function describeParts(rows: Experience[], changes: object = {}) {
  return microBatches(rows, model, { ...config, ...changes }).map(({ sequences, mask, advantages }) => {
    const [width, lengths] = [mask.shape[1]!, [] as number[]];
    for (let row = 0; row < mask.shape[0]!; row++) {
      const length = Array.from(mask.data)
        .slice(row * width, (row + 1) * width)
        .filter((each) => each === 1).length;
      // A row's advantage and its tokens' log-probabilities must be the same completion's.
      expect(advantages.data[row]).toBe(length);
      if (length > 0) lengths.push(length);
    }
    expect([...sequences.targets.ids.data]).toEqual(lengths.flatMap((length) => Array(length).fill(length)));
    return { lengths, prompts: sequences.prompts.tokens.shape, completions: sequences.completions.tokens.shape, width };
  });
}

const lengths = [150, 20, 7, 120, 2, 44, 81, 5];

test('a rollout that fits is one part, padded to its own longest prompt and completion', () => {
  expect(describeParts(rollout([12, 30], [9, 4, 4, 4, 4, 4, 4, 4]))).toEqual([
    // The last token predicts nothing, and is not read.
    {
      lengths: [9, 4, 4, 4, 4, 4, 4, 4, 9, 4, 4, 4, 4, 4, 4, 4],
      prompts: [2, 30],
      completions: [2, 8, 8],
      width: 9,
    },
  ]);
});

test('groups that do not fit together are computed one after another', () => {
  const parts = describeParts(rollout([12, 30], lengths));
  expect(parts.map((part) => part.lengths)).toEqual([lengths, lengths]);
  expect(parts.map((part) => part.prompts)).toEqual([
    [1, 12],
    [1, 30],
  ]);
});

test('where a group is cut, completions of similar length are together', () => {
  const parts = describeParts(rollout([12], [1200, 20, 7, 900, 2, 44, 1100, 5]));
  expect(parts.map((part) => part.lengths)).toEqual([[2, 5, 7, 20, 44], [900], [1100], [1200]]);
  expect(parts[0]).toMatchObject({ prompts: [1, 12], completions: [1, 5, 43] });
});

test('long completions are cut for what attention keeps of them, which grows faster than they do', () => {
  const rows = (length: number) => describeParts(rollout([12], Array(8).fill(length)))[0]!.lengths.length;
  // Their tokens alone would leave room for 8, 4 and 2.
  expect([100, 200, 400].map(rows)).toEqual([8, 3, 1]);
});

test('a part has no more completions than the config lets it have', () => {
  const parts = (steps: number) =>
    describeParts(rollout([12, 30], lengths), { gradientAccumulationSteps: steps }).map((part) => part.lengths.length);
  expect([1, 4, 8].map(parts)).toEqual([[8, 8], Array(4).fill(4), Array(8).fill(2)]);
});

test.each([{ lossType: 'bnpo' }, { topEntropyQuantile: 0.2 }])(
  'what counts for a part with %o is the config alone, and the order of the rollout',
  (loss) => {
    const parts = describeParts(rollout([12], [1200, 20, 7, 900, 2, 44, 1100, 5]), {
      ...loss,
      gradientAccumulationSteps: 2,
    });
    expect(parts.map((part) => part.lengths)).toEqual([
      [1200, 20, 7, 900],
      [2, 44, 1100, 5],
    ]);
  },
);

/** Rows of each part, of a rollout of three groups of two; a row's advantage is 0 where `signal` says so. */
function rowsOf(signal: (0 | 1)[], changes: object = {}, masked: number[] = []) {
  const rows = signal.map((advantage, row): Experience => {
    const mask = Array(row + 1).fill(masked.includes(row) ? 0 : 1);
    return { promptIds: [1, 2], completionIds: Array(row + 1).fill(3), advantage, mask };
  });
  const parts = microBatches(rows, model, { ...config, numGenerations: 2, ...changes });
  return parts.map((part) => part.rows);
}

test('groups without a gradient are left out, whole', () => {
  expect(rowsOf([0, 0, 1, 0, 0, 0])).toEqual([[2, 3]]);
  expect(rowsOf([1, 1, 0, 0, 0, 1])).toEqual([[0, 1, 4, 5]]);
  expect(rowsOf([0, 0, 0, 0, 0, 0])).toEqual([]);
  // Of a truncated completion that the loss excludes, no advantage counts.
  expect(rowsOf([1, 0, 0, 0, 1, 1], {}, [0])).toEqual([[4, 5]]);
});

test('a reference and an entropy bonus pull at all tokens', () => {
  const all = [[0, 1, 2, 3, 4, 5]];
  expect(rowsOf([0, 0, 1, 0, 0, 0], { beta: 0.1 })).toEqual(all);
  expect(rowsOf([0, 0, 1, 0, 0, 0], { entropyCoef: -0.1 })).toEqual(all);
  // Its weight may start at 0, and follows the entropy of all.
  expect(rowsOf([0, 0, 1, 0, 0, 0], { useAdaptiveEntropy: true })).toEqual(all);
});

test.each([{ lossType: 'bnpo' }, { topEntropyQuantile: 0.2 }])(
  'with %o, a part is computed as a whole, or not at all',
  (loss) => {
    const halves = { ...loss, gradientAccumulationSteps: 2 };
    expect(rowsOf([0, 0, 1, 0, 0, 0], halves)).toEqual([[0, 1, 2]]);
    expect(rowsOf([0, 0, 0, 0, 0, 1], halves)).toEqual([[3, 4, 5]]);
    // A step that is not full.
    expect(rowsOf([0, 0, 1, 0, 0, 1], { ...loss, gradientAccumulationSteps: 4 })).toEqual([
      [2, 3],
      [4, 5],
    ]);
  },
);

test('rows are known by their place where a group is cut by lengths', () => {
  const parts = microBatches(rollout([12], [1200, 20, 7, 900, 2, 44, 1100, 5]), model, config);
  expect(parts.map(({ rows }) => rows)).toEqual([[4, 7, 2, 1, 5], [3], [6], [0]]);
});
