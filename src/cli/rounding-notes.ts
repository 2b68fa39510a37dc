import { readAdapterConfig } from '../model/files/adapter-files.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { roundingSquares } from '../model/files/quantized-rows.ts';
import { checkWeights } from '../model/files/weights.ts';
import { quantizedNames } from '../model/quantized.ts';

/** What to know of an adapter that was trained on a model in 8 or 4 bits, and is merged into the model's own weights. */
export function roundingNotes(model: string): string[] {
  const adapter = readAdapterConfig(model);
  if (!adapter?.quantization) return [];
  const { base, quantization } = adapter;
  const config = readModelConfig(base);
  const quantized = quantizedNames(config);
  let [size, error] = [0, 0];
  for (const [name, tensor] of checkWeights(base, config)) {
    if (!quantized.has(name)) continue;
    const squares = roundingSquares(tensor, quantization);
    size += squares.size;
    error += squares.error;
  }
  const percent = (100 * Math.sqrt(size === 0 ? 0 : error / size)).toPrecision(2);
  return [
    `The adapter was trained on the model in ${quantization}, whose weights that had rounded by ${percent} % (root mean square). It is merged into the model's own weights, so the result differs from what was trained by that rounding.`,
  ];
}
