/**
 * Prints by how many bytes this process grows while it computes figures of a vocabulary, with gradients by the states. Arguments: words, numbers for
 * each, and "chunks" or "whole"; or "trained": in chunks, with gradients by the words' own numbers too, added to what is there.
 */
import { add, grads, matMul, sum, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { uniforms } from '../../src/data/random.ts';
import { pickLogProb } from '../../src/engine/fused/pick-log-prob.ts';
import { vocabularyFigures } from '../../src/engine/fused/vocabulary-figures.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { floats, ints } from '../../src/engine/tree.ts';
import { sumsLike } from '../../src/engine/zeros.ts';
import { embeddingName } from '../../src/model/modules.ts';
import { inChunks, wordRows } from '../../src/model/network/word-rows.ts';

const rows = 1024;
const [words, width] = process.argv.slice(2, 4).map(Number) as [number, number];
const kind = process.argv[4];
const NAME = `${embeddingName({})}.weight`;
type Params = Record<string, Tensor>;
type Inputs = { states: Tensor2D; params: Params; ids: Tensor1D; accumulated: Params };

const logProbs = (states: Tensor2D, params: Params, ids: Tensor1D): Tensor1D => {
  const weight = wordRows(params, NAME)!;
  if (kind === 'whole') return pickLogProb(matMul(states, weight[0], false, true), ids);
  const asked = { entropies: 'none', hits: false, gradients: true } as const;
  return vocabularyFigures([{ states, weight }], ids, asked).logProbs;
};
const program = new OnnxEngine().compile('peak', ({ states, params, ids, accumulated }: Inputs) => {
  const names = kind === 'trained' ? Object.keys(params) : [];
  const loss = (states: Tensor, ...trained: Tensor[]) => {
    const own = Object.fromEntries(names.map((name, index) => [name, trained[index]!]));
    return sum(logProbs(states as Tensor2D, { ...params, ...own }, ids));
  };
  const [byStates, ...others] = grads(loss)([states, ...names.map((name) => params[name]!)]);
  const sums = names.map((name, index) => [name, add(accumulated[name]!, others[index]!)]);
  return { byStates: byStates!, sums: Object.fromEntries(sums) as Params };
});
const weights = { [NAME]: floats(uniforms(1, ['weight'], words * width), [words, width]) };
const params = kind === 'trained' ? inChunks(weights, { vocabSize: words }) : weights;
const accumulated = sumsLike(params);
for (const { data } of Object.values(accumulated)) data.fill(1);
const inputs = {
  states: floats(uniforms(1, ['states'], rows * width), [rows, width]),
  ids: ints(Int32Array.from(uniforms(1, ['ids'], rows), (u) => Math.floor(u * words))),
  ...{ params, accumulated },
};
const peak = () => process.resourceUsage().maxRSS * 1024;
const before = peak();
await program.run(inputs, kind === 'trained' ? { sums: accumulated } : {});
console.log(peak() - before);
