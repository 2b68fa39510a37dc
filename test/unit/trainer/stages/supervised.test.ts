import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freshWeights } from '../../../../scripts/sample-models/fresh-weights.ts';
import { trainPrinted } from '../../../../scripts/sample-models/printed-training.ts';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { Scorer } from '../../../../src/model/network/scorer.ts';
import { SupervisedStage } from '../../../../src/trainer/stages/supervised.ts';

const MODEL = 'test/references/fixtures/models/qwen3';
const demonstration = { promptIds: [5, 6, 7], completionIds: [9, 3, 9, 3, 2] };
const model = readModelConfig(MODEL);
const engine = new OnnxEngine();
const fresh = () =>
  new SupervisedStage({
    ...{ engine, model, source: MODEL, start: freshWeights(model, 1) },
    ...{ steps: 150, learningRate: 1e-2, batchOf: () => [demonstration] },
  });

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-supervised-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a fresh model learns what it is shown, as the sample models were made', async () => {
  const folder = temporaryFolder();
  await trainPrinted(fresh(), 150, { file: 'model.safetensors', folder });
  copyFileSync(join(MODEL, 'config.json'), join(folder, 'config.json'));
  const { weights } = await readModel(folder);
  const [logProbs] = await new Scorer(engine, model, 1).logProbs(weights, [demonstration]);
  for (const logProb of logProbs!) expect(logProb).toBeGreaterThan(Math.log(0.9));
});

test('a restored stage continues as if it had never stopped', async () => {
  const folder = join(temporaryFolder(), 'step-000003');
  mkdirSync(folder);
  const whole = fresh();
  for (let step = 1; step <= 3; step++) await whole.step();
  await whole.save(folder);
  const resumed = fresh();
  await resumed.restore(folder);
  expect(resumed.progress).toEqual({ step: 3, numTokens: 24 });
  expect((await resumed.step()).metrics).toEqual((await whole.step()).metrics);
  expect(resumed.weights).toEqual(whole.weights);
});
