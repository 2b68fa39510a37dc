/** Prints by how many bytes this process grows while it computes figures of a vocabulary, with gradients by the states. Arguments: words, and "chunks" or "whole". */
import { grad, matMul, sum, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { uniforms } from '../../src/data/random.ts';
import { pickLogProb } from '../../src/engine/fused/pick-log-prob.ts';
import { vocabularyFigures } from '../../src/engine/fused/vocabulary-figures.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { floats, ints } from '../../src/engine/tree.ts';

const [rows, width, words] = [1024, 16, Number(process.argv[2])];
type Inputs = { states: Tensor2D; weight: Tensor2D; ids: Tensor1D };

const logProbs = (states: Tensor2D, { weight, ids }: Inputs): Tensor1D => {
  if (process.argv[3] === 'whole') return pickLogProb(matMul(states, weight, false, true), ids);
  const asked = { entropies: 'none', hits: false, gradients: true } as const;
  return vocabularyFigures([{ states, weight }], ids, asked).logProbs;
};
const program = new OnnxEngine().compile('peak', (inputs: Inputs) => ({
  gradient: grad((states) => sum(logProbs(states as Tensor2D, inputs)))(inputs.states),
}));
const inputs = {
  states: floats(uniforms(1, ['states'], rows * width), [rows, width]),
  weight: floats(uniforms(1, ['weight'], words * width), [words, width]),
  ids: ints(Int32Array.from(uniforms(1, ['ids'], rows), (u) => Math.floor(u * words))),
};
const peak = () => process.resourceUsage().maxRSS * 1024;
const before = peak();
await program.run(inputs);
console.log(peak() - before);
