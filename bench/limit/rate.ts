import { matMul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../src/engine/engine.ts';
import { floats, type NdArray } from '../../src/engine/tree.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { layerName } from '../../src/model/modules.ts';
import { productsOf } from '../../src/model/packing.ts';

const TIMES = 5;

/** A matrix product's shape: x [rows, inputs] with a matrix [outputs, inputs]. */
interface Product {
  rows: number;
  inputs: number;
  outputs: number;
}

/**
 * Floating-point operations a second of a model's own matrix products over so many rows, layers and head, each the fastest of some
 * times and with nothing else in its graph.
 */
export async function productRate(engine: Engine, config: ModelConfig, rows: number): Promise<number> {
  const layer = [...productsOf(config)]
    .filter(([name]) => name.startsWith(`${layerName(config, 0)}.`))
    .map(([, modules]) => modules);
  const shapes = layer.map((modules) => ({
    rows,
    inputs: modules[0]!.inputs,
    outputs: modules.reduce((outputs, module) => outputs + module.outputs, 0),
  }));
  const all = [
    ...shapes.map((product) => ({ product, times: config.layers.length })),
    { product: { rows, inputs: config.hiddenSize, outputs: config.vocabSize }, times: 1 },
  ];
  let [flops, seconds] = [0, 0];
  for (const { product, times } of all) {
    flops += times * 2 * product.rows * product.inputs * product.outputs;
    seconds += times * (await secondsOf(engine, product));
  }
  return flops / seconds;
}

async function secondsOf(engine: Engine, { rows, inputs, outputs }: Product): Promise<number> {
  const program = engine.compile('product', ({ x, weight }: { x: Tensor2D; weight: Tensor2D }) => ({
    y: matMul(x, weight, false, true),
  }));
  const filled = (shape: [number, number]): NdArray => floats(new Float32Array(shape[0] * shape[1]).fill(0.01), shape);
  const arrays = { x: filled([rows, inputs]), weight: filled([outputs, inputs]) };
  let fastest = Number.POSITIVE_INFINITY;
  for (let time = 0; time <= TIMES; time++) {
    const start = performance.now();
    const result = await program.run(arrays);
    // The first run compiles.
    if (time > 0) fastest = Math.min(fastest, performance.now() - start);
    engine.release(result);
  }
  await program.dispose();
  return fastest / 1000;
}
