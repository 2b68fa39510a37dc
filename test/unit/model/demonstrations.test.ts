import { expect, test } from 'vitest';
import { trainOnDemonstrations } from '../../../scripts/sample-models/supervised.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { Scorer } from '../../../src/model/network/scorer.ts';

test('a fresh model learns what it is shown, as the sample models were made', async () => {
  const config = readModelConfig('test/references/fixtures/models/qwen3');
  const demonstration = { promptIds: [5, 6, 7], completionIds: [9, 3, 9, 3, 2] };
  const engine = new OnnxEngine();
  const options = { steps: 150, learningRate: 1e-2, seed: 1, batchOf: () => [demonstration] };
  const weights = await trainOnDemonstrations(engine, config, options);
  const [logProbs] = await new Scorer(engine, config, 1).logProbs(weights, [demonstration]);
  for (const logProb of logProbs!) expect(logProb).toBeGreaterThan(Math.log(0.9));
});
