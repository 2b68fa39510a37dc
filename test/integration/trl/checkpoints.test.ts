/**
 * Checkpoints between TRL's trainer and ours, both ways, with the real TRL: one further step on recorded rollouts is the step that the other would have
 * taken.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readSafetensorsHeader, readTensor } from '../../../src/model/files/safetensors.ts';
import { writeSafetensors } from '../../../src/model/files/safetensors-writer.ts';
import { isAdapterFolder } from '../../../src/files/adapter-folder.ts';
import { listCheckpoints } from '../../../src/run-folder/checkpoints.ts';
import { readMetrics } from '../../../src/run-folder/metrics.ts';
import { readRunInfo } from '../../../src/run-folder/run-info.ts';
import { grpo, grpoJson } from '../cli/run-grpo.ts';
import { readTensors } from '../training/trl-run.ts';
import { REFERENCES, referenceModel, trainHere } from '../training/workspace.ts';
import { ROOT, runPython, trlMissing } from './python.ts';

/** The steps before the checkpoint, and those of the whole training. */
const [BEFORE, ALL] = [2, 5];

const BASE = {
  promptsPerStep: 2,
  numGenerations: 4,
  maxCompletionLength: 12,
  maxSteps: ALL,
  numIterations: 1,
  numMiniBatches: 1,
  gradientAccumulationSteps: 1,
  shuffleDataset: false,
  lossType: 'grpo',
  learningRate: 5e-3,
  lrSchedulerType: 'linear',
  maxGradNorm: 5,
};
const CASES: Record<string, { model: string; [field: string]: unknown }> = {
  // Tied embeddings, biases, a schedule that rises and falls, weight decay, a reference, two updates a step.
  full: {
    ...{ ...BASE, model: 'llama3-biased', numIterations: 2, beta: 0.04 },
    ...{ lrSchedulerType: 'cosine', warmupSteps: 1, weightDecay: 0.1 },
  },
  untied: { ...BASE, model: 'qwen3', lossType: 'dapo', adamBeta2: 0.99 },
  lora: { ...BASE, model: 'llama3-biased', beta: 0.04, lora: { r: 4, loraAlpha: 8, targetModules: 'all-linear' } },
  dora: {
    ...{ ...BASE, model: 'qwen3', weightDecay: 0.1 },
    lora: { r: 2, loraAlpha: 4, targetModules: ['k_proj', 'up_proj'], useDora: true, modulesToSave: ['embed_tokens', 'lm_head'] },
  },
};

const rolloutsOf = ({ model }: { model: string }) =>
  join(REFERENCES, `fixtures/grpo-training/rollouts-${model}.jsonl`);

/** Weights or adapter of a checkpoint; of an adapter, what was trained. */
function trainedIn(checkpoint: string): Map<string, Float32Array> {
  const file = isAdapterFolder(checkpoint) ? 'adapter_model.safetensors' : 'model.safetensors';
  return readTensors(join(checkpoint, file));
}

/** How far two checkpoints are apart, relative to the way from a third one to the second: as a whole. */
function miss(reached: string, wanted: string, from: string): number {
  const [ours, theirs, start] = [reached, wanted, from].map(trainedIn) as [Tensors, Tensors, Tensors];
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  let [apart, way] = [0, 0];
  for (const [name, values] of theirs) {
    values.forEach((value, i) => {
      apart += (ours.get(name)![i]! - value) ** 2;
      way += (start.get(name)![i]! - value) ** 2;
    });
  }
  return Math.sqrt(apart / way);
}
type Tensors = Map<string, Float32Array>;

const checkpointOf = (run: string, step: number): string =>
  listCheckpoints(run).find((checkpoint) => checkpoint.step === step)!.path;

// Importing torch and TRL takes most of the time: all that Python does is done at once, before.
describe.skipIf(trlMissing)('checkpoints of TRL and ours', { timeout: 240_000 }, () => {
  let folder: string;
  const place = (name: string, ...rest: string[]) => join(folder, name, ...rest);
  const configFile = (name: string) => place(name, 'run.grpo.json');
  const ours: Record<string, string> = {};
  const updatesPerStep = (name: string) => Number(CASES[name]!.numIterations);
  const theirs = (name: string, step: number, by = 'theirs') => place(name, by, `checkpoint-${step * updatesPerStep(name)}`);

  beforeAll(async () => {
    folder = join(ROOT, 'test/integration/trl', `.checkpoints-${process.pid}`);
    for (const [name, config] of Object.entries(CASES)) {
      mkdirSync(place(name), { recursive: true });
      const whole = { ...config, model: referenceModel(config.model), dataset: 'prompts.jsonl', rewards: [], saveSteps: 1 };
      writeFileSync(configFile(name), JSON.stringify(whole));
      writeFileSync(place(name, 'prompts.jsonl'), '{"prompt": "not used"}\n');
      const { result } = await trainHere(configFile(name), { rollouts: rolloutsOf(config), out: place(name, 'run') });
      ours[name] = result.run;
      const to = theirs(name, BEFORE, 'ours');
      const [exported] = await grpoJson<{ notes: string[] }>('export', result.run, '--step', `${BEFORE}`, '--format', 'trl', '--to', to);
      expect(exported!.notes.join(' ')).toContain('trainer.train(resume_from_checkpoint=…)');
    }
    writeFileSync(place('cases.json'), JSON.stringify(CASES));
    const { status, stderr } = runPython([join(REFERENCES, 'trl_checkpoints.py'), place('cases.json'), folder], folder);
    expect(status, stderr.slice(-3000)).toBe(0);
  }, 240_000);

  test.for(Object.keys(CASES))('%s: TRL goes on from ours as we do', (name) => {
    expect(readdirSync(place(name, 'ours'))).toHaveLength(ALL - BEFORE + 2);
    const next = theirs(name, BEFORE + 1, 'ours');
    console.log(name, miss(next, checkpointOf(ours[name]!, BEFORE + 1), checkpointOf(ours[name]!, BEFORE)), miss(theirs(name, ALL, 'ours'), checkpointOf(ours[name]!, ALL), checkpointOf(ours[name]!, BEFORE)));
  });

  test.for(Object.entries(CASES))('%s: we go on from TRL\'s as it does', async ([name, config]) => {
    const out = place(name, 'imported');
    const [imported] = await grpoJson<object>('import', 'checkpoint', theirs(name, BEFORE), configFile(name), '--out', out);
    console.log(imported, readMetrics(out).map(({ step, reward }) => [step, reward]), readRunInfo(out).reason);
    const { result } = await trainHere(configFile(name), { rollouts: rolloutsOf(config), out, resume: true, differences: 'with-changes' });
    console.log(name, miss(checkpointOf(out, BEFORE + 1), theirs(name, BEFORE + 1), theirs(name, BEFORE)), miss(checkpointOf(out, ALL), theirs(name, ALL), theirs(name, BEFORE)), result.step, grpo, readSafetensorsHeader, readTensor, writeSafetensors);
  });
});
