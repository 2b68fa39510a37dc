/** Figures of completions with the vocabulary in chunks and as a whole: equal, with the gradients of all parameters. */
import { add, mul, type Scalar, sum, type Tensor, valueAndGrads } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { normals } from '../../../../src/data/random.ts';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { floats, type NdArray } from '../../../../src/engine/tree.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { activationBytes } from '../../../../src/model/network/activations.ts';
import { layOutSequences } from '../../../../src/model/network/batch.ts';
import { completionFigures, type SequenceTensors } from '../../../../src/model/network/completion-logprobs.ts';
import type { Parameters } from '../../../../src/model/network/decoder.ts';
import { LARGE_VOCABULARY, randomModel } from '../../../webgpu/random-model.ts';

const sequences = [
  { promptIds: [5, 6, 7], completionIds: [69_999, 3, 5, 40_000] },
  { promptIds: [5, 6, 7], completionIds: [20_000, 0] },
];

test.each([
  ['a head with an adapter, a scale and a temperature', undefined, 'observed'],
  ['one with entropies that are learned', undefined, 'learned'],
  ['one with capped logits', 1.5, 'observed'],
  ['one with capped logits and entropies that are learned', 1.5, 'learned'],
] as const)('%s gives the same in chunks', async (_, logitCap, entropies) => {
  const { config, weights } = await readModel(await randomModel(LARGE_VOCABULARY));
  const [rank, { vocabSize, hiddenSize }] = [2, config];
  const random = (name: string, shape: number[]) =>
    floats(
      normals(
        1,
        [name],
        shape.reduce((a, b) => a * b),
      ).map((value) => 0.2 * value),
      shape,
    );
  const params = {
    ...weights,
    'lm_head.lora_A.weight': random('a', [rank, hiddenSize]),
    'lm_head.lora_B.weight': random('b', [vocabSize, rank]),
    'lm_head.lora_factor': random('factor', [vocabSize]),
  };
  const model = { ...config, logitScale: 0.5, ...(logitCap && { logitCap }) };
  const program =
    (inChunks: boolean) =>
    ({ params, sequences }: { params: Parameters; sequences: SequenceTensors }) => {
      const asked = { entropies, hits: true, gradients: true };
      const names = Object.keys(params);
      const figures = (tensors: Tensor[]) => {
        const current = Object.fromEntries(names.map((name, index) => [name, tensors[index]!]));
        return completionFigures(current, model, sequences, 0.7, asked, inChunks);
      };
      const lossOf = (...tensors: Tensor[]) => {
        const { logProbs, entropies: spread } = figures(tensors);
        return sum(entropies === 'learned' ? add(logProbs, mul(spread!, 0.3)) : logProbs) as Scalar;
      };
      const { grads } = valueAndGrads(lossOf)(Object.values(params));
      const gradients = Object.fromEntries(names.map((name, index) => [name, grads[index]!]));
      return { figures: { ...figures(Object.values(params)) } as Record<string, Tensor>, gradients };
    };
  const engine = new OnnxEngine();
  const inputs = { params, sequences: layOutSequences(sequences, 2, model) };
  const [whole, chunks] = await Promise.all(
    [false, true].map((inChunks) => engine.compile('figures', program(inChunks)).run(inputs as never)),
  );
  for (const kind of ['figures', 'gradients'] as const) {
    const [expected, actual] = [whole![kind], chunks![kind]] as Record<string, NdArray>[];
    expect(Object.keys(actual!)).toEqual(Object.keys(expected!));
    const names = Object.keys(expected!);
    // Single tensors whose gradients are small are rounded more coarsely, on either side.
    for (const name of names) expect(distance([[expected![name]!, actual![name]!]]), name).toBeLessThan(2e-6);
    if (kind === 'gradients')
      expect(distance(names.map((name) => [expected![name]!, actual![name]!]))).toBeLessThan(1e-6);
  }
});

test('a large vocabulary needs hardly more memory than a small one', async () => {
  const { config } = await readModel(await randomModel({ ...LARGE_VOCABULARY, vocab_size: 290 }));
  const bytes = (vocabSize: number) => activationBytes({ ...config, vocabSize }, sequences, 2, { forGradient: true });
  expect(bytes(262_144)).toBeLessThan(1.1 * bytes(32_768));
});

/** The norm of the difference, relative to theirs. */
function distance(pairs: [NdArray, NdArray][]): number {
  let [size, apart] = [0, 0];
  for (const [a, b] of pairs)
    for (const [index, one] of a.data.entries()) {
      size += one ** 2;
      apart += (one - b.data[index]!) ** 2;
    }
  return size === 0 ? apart : Math.sqrt(apart / size);
}
