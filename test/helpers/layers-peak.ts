/**
 * Prints by how many bytes this process grows while it computes the gradient of twelve layers, and in how many seconds it does so again. Argument:
 * "kept" or "recomputed".
 */
import { type Scalar, sum, type Tensor, valueAndGrads } from '@tensorflow/tfjs-core';
import { uniforms } from '../../src/data/random.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import type { Attention, ModelConfig } from '../../src/model/config.ts';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { layOutSequences } from '../../src/model/network/batch.ts';
import { completionFigures, type SequenceTensors } from '../../src/model/network/completion-logprobs.ts';
import type { Parameters } from '../../src/model/network/decoder.ts';
import { Packing } from '../../src/model/packing.ts';
import { parameterShapes } from '../../src/model/parameters.ts';
import { sizeOf } from '../../src/model/shape.ts';
import type { Weights } from '../../src/model/weights-tree.ts';

const small = readModelConfig('test/references/fixtures/models/qwen3');
const [layer] = small.layers;
const mixer = { ...layer!.mixer, heads: 8, kvHeads: 4, headDim: 32, scale: 32 ** -0.5 } as Attention;
const model: ModelConfig = {
  ...small,
  hiddenSize: 256,
  rotary: { all: { ...small.rotary.all!, width: 32 } },
  layers: Array(12).fill({ ...layer, mixer, mlp: { ...layer!.mlp, intermediateSize: 768 } }),
  recomputed: process.argv[2] === 'recomputed',
};
const weights: Weights = {};
const packing = new Packing(model);
for (const [name, shape] of parameterShapes(model)) {
  const values = uniforms(1, [name], sizeOf(shape));
  packing.placeIn(weights, name).set(values.map((value) => 0.1 * (value - 0.5)));
}
const names = Object.keys(weights);
const sequences = Array.from({ length: 32 }, (_, row) => ({
  promptIds: [1, 2, 3],
  completionIds: Array.from({ length: 125 }, (_, token) => (7 * token + row) % small.vocabSize),
}));

type Inputs = { params: Parameters; sequences: SequenceTensors };
const program = new OnnxEngine().compile('layers', ({ params, sequences }: Inputs) => {
  const loss = (...tensors: Tensor[]): Scalar => {
    const current = Object.fromEntries(tensors.map((tensor, index) => [names[index]!, tensor]));
    const asked = { entropies: 'none', hits: false, gradients: true } as const;
    return sum(completionFigures(current, model, sequences, 1, asked).logProbs);
  };
  const { grads } = valueAndGrads(loss)(names.map((name) => params[name]!));
  return { gradients: Object.fromEntries(names.map((name, index) => [name, grads[index]!])) };
});
const inputs = { params: weights, sequences: layOutSequences(sequences, sequences.length, model) };
const peak = () => process.resourceUsage().maxRSS * 1024;
const before = peak();
await program.run(inputs);
const bytes = peak() - before;
const started = performance.now();
await program.run(inputs);
console.log(JSON.stringify({ bytes, seconds: (performance.now() - started) / 1000 }));
