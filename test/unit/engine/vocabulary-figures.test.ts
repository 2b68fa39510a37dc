/** Figures of a vocabulary in chunks, against those of all of its logits, with gradients: on ONNX Runtime, sizes left open, and eagerly. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { uniforms } from '../../../src/data/random.ts';
import { entropy, pickLogProb } from '../../../src/engine/fused/pick-log-prob.ts';
import {
  chunkBounds,
  type FiguresOptions,
  type LogitsTerm,
  type WordRows,
} from '../../../src/engine/fused/vocabulary-chunk.ts';
import { type VocabularyFigures, vocabularyFigures } from '../../../src/engine/fused/vocabulary-figures.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import type { Provider } from '../../../src/engine/onnx/providers.ts';
import { type ArraysOf, floats, ints, leaveOpen, type NdArray } from '../../../src/engine/tree.ts';
import { runEagerly } from '../../helpers/eager.ts';

const provider = (process.env.GRPO_TEST_PROVIDER ?? 'cpu') as Provider;
/** Three chunks of words. */
const [WORDS, WIDTH, RANK] = [40_000, 32, 3];
/** TensorFlow.js's own CPU backend is slow. */
const ROWS = { graph: 40, eager: 5 };

/** WebGPU's shaders add up the terms of a product one after another: 40,000, where there are no chunks. */
const exact = provider === 'cpu' ? 1e-6 : 5e-6;

type Inputs = { ids: tf.Tensor1D; slopes: tf.Tensor2D; factors: Record<string, tf.Tensor2D> };
type Figures = (factors: tf.Tensor2D[], ids: tf.Tensor1D) => VocabularyFigures;

const whole =
  ({ entropies }: FiguresOptions): Figures =>
  (factors, ids) => {
    const products = [0, 2].filter((index) => factors[index]);
    const logits = products
      .map((index) => tf.matMul(factors[index]!, factors[index + 1]!, false, true) as tf.Tensor2D)
      .reduce((sum, one) => tf.add(sum, one));
    return {
      logProbs: pickLogProb(logits, ids),
      ...(entropies !== 'none' && { entropies: entropy(logits) }),
      hits: tf.cast(tf.equal(tf.argMax(logits, 1), ids), 'float32') as tf.Tensor1D,
    };
  };

const inChunks =
  (options: FiguresOptions, rowsOf: (weight: tf.Tensor2D) => WordRows = (weight) => [weight]): Figures =>
  ([states, weight, narrow, up], ids) => {
    const terms: LogitsTerm[] = [{ states: states!, weight: rowsOf(weight!) }];
    if (narrow) terms.push({ states: narrow, weight: [up!] });
    return vocabularyFigures(terms, ids, options);
  };

/** The gradients of the parts meet again here. */
const split = (weight: tf.Tensor2D) =>
  chunkBounds(WORDS).map(([from, end]) => tf.slice(weight, [from, 0], [end - from, WIDTH])) as unknown as WordRows;

/** The figures, and the gradients of Σ slope · log-probability, and + slope · entropy if that is learned. */
const program =
  (figures: Figures, { entropies, gradients }: FiguresOptions) =>
  ({ ids, slopes, factors }: Inputs) => {
    const forward = figures(Object.values(factors), ids);
    if (!gradients) return { forward };
    const loss = (...given: tf.Tensor[]): tf.Scalar => {
      const { logProbs, entropies: each } = figures(given as tf.Tensor2D[], ids);
      const slope = (index: number) => tf.reshape(tf.slice(slopes, [0, index], [-1, 1]), [ids.shape[0]]);
      const ofLogProbs = tf.mul(logProbs, slope(0));
      return tf.sum(entropies === 'learned' ? tf.add(ofLogProbs, tf.mul(each!, slope(1))) : ofLogProbs);
    };
    const names = Object.keys(factors);
    const gradient = tf.grads(loss)(Object.values(factors));
    return { forward, backward: Object.fromEntries(names.map((name, index) => [name, gradient[index]!])) };
  };

const random = (name: string, shape: number[], size: number): NdArray =>
  floats(
    uniforms(7, ['figures', name], shape[0]! * shape[1]!).map((u) => size * (2 * u - 1)),
    shape,
  );

function inputs(terms: number, rows: number): ArraysOf<Inputs> {
  const open = (array: NdArray) => leaveOpen(array, ['targets']);
  const weight = random('weight', [WORDS, WIDTH], 1);
  const states = random('states', [rows, WIDTH], 1);
  const ids = uniforms(7, ['ids'], rows).map((u) => Math.floor(u * WORDS));
  // Some words are all but certain, one of them the last of the vocabulary: their gradients are small differences.
  for (const [row, id] of [17_000, WORDS - 1, 0].entries()) {
    ids[row] = id;
    for (let k = 0; k < WIDTH; k++)
      states.data[row * WIDTH + k] = (row + 1) * 0.5 * Math.sign(weight.data[id * WIDTH + k]!);
  }
  const adapter = { narrow: open(random('narrow', [rows, RANK], 1)), up: random('up', [WORDS, RANK], 1) };
  return {
    ids: open(ints(Int32Array.from(ids))),
    slopes: open(random('slopes', [rows, 2], 1)),
    factors: { states: open(states), weight, ...(terms > 1 && adapter) },
  };
}

/** The norm of the difference, relative to theirs. */
function distance(a: NdArray, b: NdArray): number {
  expect(a.shape).toEqual(b.shape);
  let [size, apart] = [0, 0];
  for (const [index, one] of a.data.entries()) {
    size += one ** 2;
    apart += (one - b.data[index]!) ** 2;
  }
  return Math.sqrt(apart / size);
}

const ways = {
  graph: (run: ReturnType<typeof program>, given: ArraysOf<Inputs>) =>
    new OnnxEngine(provider).compile('figures', run as never).run(given as never),
  eager: async (run: ReturnType<typeof program>, given: ArraysOf<Inputs>) => runEagerly(run as never, given as never),
};

describe.each(['graph', 'eager'] as const)('%s', (way) => {
  const run = ways[way];
  test.each<[string, number, FiguresOptions]>([
    ['one term, observed entropies', 1, { entropies: 'observed', hits: true, gradients: true }],
    ['one term, learned entropies', 1, { entropies: 'learned', hits: true, gradients: true }],
    ['two terms, learned entropies', 2, { entropies: 'learned', hits: true, gradients: true }],
    ['two terms, log-probabilities alone', 2, { entropies: 'none', hits: true, gradients: false }],
  ])(
    '%s',
    async (_, terms, options) => {
      const given = inputs(terms, ROWS[way]);
      const [expected, ...others] = (await Promise.all(
        [whole(options), inChunks(options), inChunks(options, split)].map((kind) => run(program(kind, options), given)),
      )) as unknown as Record<string, Record<string, NdArray>>[];
      expect([...expected!.forward!.hits!.data.slice(0, 3)]).toEqual([1, 1, 1]);
      for (const actual of others)
        for (const part of Object.keys(expected!))
          for (const name of Object.keys(expected![part]!))
            expect(distance(expected![part]![name]!, actual[part]![name]!), `${part} ${name}`).toBeLessThan(
              // The slope of an entropy is a small difference of large numbers, on either side.
              exact * (options.entropies === 'learned' && part === 'backward' ? 2 : 1),
            );
    },
    provider === 'cpu' ? 60_000 : 300_000,
  );
});
