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
import { runConfigSchema } from '../../../../src/protocol/run-config.ts';
import type { MetricsRow } from '../../../../src/protocol/run-folder.ts';
import { LocalLearner } from '../../../../src/trainer/policy/local-learner.ts';
import { SftStage } from '../../../../src/trainer/stages/sft.ts';

const MODEL = 'test/references/fixtures/models/qwen3';
const demonstration = { promptIds: [5, 6, 7], completionIds: [9, 3, 9, 3, 2] };
const model = readModelConfig(MODEL);
const engine = new OnnxEngine();
const config = runConfigSchema.parse({
  ...{ model: MODEL, dataset: 'd.jsonl', rewards: [], maxSteps: 150, learningRate: 1e-2 },
  ...{ lrSchedulerType: 'cosine', warmupSteps: 100, adamBeta2: 0.98, weightDecay: 0.01 },
});
const learnerOf = () =>
  new LocalLearner({ engine, model, config, eosTokenIds: [2], weights: freshWeights(model, 1), supervised: true });
const fresh = (learner = learnerOf()) => new SftStage(learner, () => [demonstration]);
const loop = { emit() {} };

const timeless = ({ step_time: _, 'time/update': __, ...row }: MetricsRow) => row;

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
  const [ofWhole, ofResumed] = [learnerOf(), learnerOf()];
  const whole = fresh(ofWhole);
  for (let step = 1; step <= 3; step++) await whole.step(loop);
  await whole.save(folder);
  const resumed = fresh(ofResumed);
  await resumed.restore(folder);
  expect(resumed.progress).toEqual({ step: 3, numTokens: 24 });
  expect(timeless((await resumed.step(loop)).metrics)).toEqual(timeless((await whole.step(loop)).metrics));
  expect(ofResumed.policy.state.weights).toEqual(ofWhole.policy.state.weights);
});

test('says how far an update moves the weights, relative to them', async () => {
  const learner = learnerOf();
  const stage = fresh(learner);
  await stage.step(loop);
  const numbers = () => Object.values(learner.policy.state.weights).flatMap(({ data }) => [...data]);
  const before = numbers();
  const { metrics } = await stage.step(loop);
  const after = numbers();
  const norm = (values: number[]) => Math.hypot(...values);
  const moved = norm(after.map((value, index) => value - before[index]!)) / norm(after);
  expect(moved).toBeGreaterThan(0);
  expect(metrics['update/relative_change']! / moved).toBeCloseTo(1, 4);
});
