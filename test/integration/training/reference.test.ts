/**
 * Training from recorded rollouts against TRL's own GRPOTrainer (test/references/grpo_training.py): the weights that it reached, and
 * what it logged on the way.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensorsHeader, readTensor } from '../../../src/model/safetensors.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import {
  metricsOf,
  REFERENCES,
  readJson,
  referenceModel,
  rolloutsOf,
  tinyFiles,
  trainHere,
  workspace,
} from './workspace.ts';

type Row = Record<string, number | null>;
type Case = {
  config: {
    model: string;
    lora?: object;
    numIterations: number;
    gradientAccumulationSteps: number;
    [field: string]: unknown;
  };
  /** How far apart two runs of TRL are that sum in another order. */
  noise: { weights: number; update: number };
  advantages: number[][];
  /** One row for each optimizer step. */
  metrics: Row[];
};

const FOLDER = join(REFERENCES, 'fixtures/grpo-training');
const cases = readJson<Record<string, Case>>(FOLDER, 'cases.json');

/** What TRL logs and we do not, or otherwise, under these configs. */
function isComparable(key: string, { gradientAccumulationSteps, delta, ...config }: Case['config']): boolean {
  // Extremes over several processes, and what it says of the entropy bonus.
  if (['clip_ratio/low_min', 'clip_ratio/high_max', 'policy_loss', 'entropy_coef'].includes(key)) return false;
  // TRL: means over the tokens of a micro-batch, and then over micro-batches. Ours are over all tokens.
  if (gradientAccumulationSteps > 1 && /^(kl|entropy|clip_ratio)/.test(key)) return false;
  // TRL counts what is left above the clip range after capping, nothing if the cap is below it; we count what was above.
  if (delta !== undefined && /^clip_ratio.(high|region)/.test(key)) return false;
  // TRL looks at the batch instead of the groups.
  const byBatch = config.scaleRewards === 'batch' || config.multiObjectiveAggregation === 'normalize_then_sum';
  return !(byBatch && key === 'frac_reward_zero_std');
}

describe('training from recorded rollouts equals TRL', () => {
  test.for(Object.entries(cases))('%s', async ([name, { config, noise, advantages, metrics }]) => {
    const model = referenceModel(config.model);
    const folder = workspace({
      'run.grpo.json': { ...config, model, dataset: 'prompts.jsonl', rewards: [] },
      'prompts.jsonl': [{ prompt: 'not used' }],
      'letters.reward.ts': tinyFiles['letters.reward.ts'],
    });
    const rollouts = join(FOLDER, `rollouts-${config.model}.jsonl`);
    const configFile = join(folder, 'run.grpo.json');
    const startFile = config.lora ? join(FOLDER, `${name}-start.safetensors`) : join(model, 'model.safetensors');
    const tensorFile = config.lora ? 'adapter_model.safetensors' : 'model.safetensors';
    const out = join(folder, 'run');
    if (config.lora) await saveStart(configFile, out, startFile);
    const { result } = await trainHere(configFile, { rollouts, out, resume: config.lora !== undefined });

    const start = readTensors(startFile);
    const reached = readTensors(join(result.checkpoint!, tensorFile));
    const wanted = readTensors(join(FOLDER, `${name}.safetensors`));
    expect([...reached.keys()].sort()).toEqual([...wanted.keys()].sort());
    expect(distance(all(reached, wanted), all(wanted, wanted)) / norm(all(wanted, wanted))).toBeLessThan(1e-4);
    for (const [tensor, theirs] of wanted) {
      // Stricter: relative to the way that training went, or to how far two right answers are apart.
      const miss = distance(reached.get(tensor)!, theirs) / distance(start.get(tensor)!, theirs);
      expect(miss, `${tensor}: distance to TRL, relative to the update`).toBeLessThan(Math.max(1e-3, 5 * noise.update));
    }

    const logged = metricsOf(result.run);
    expect(logged).toHaveLength(advantages.length);
    for (const [index, row] of logged.entries()) {
      const step = index + 1;
      const ours = rolloutsOf(result.run, step).map(({ advantage }) => advantage);
      for (const [i, advantage] of advantages[index]!.entries()) expect(ours[i]).toBeCloseTo(advantage, 5);
      const passes = metrics.slice(index * config.numIterations, step * config.numIterations);
      for (const [key, value] of Object.entries(meanOf(passes))) {
        if (!isComparable(key, config)) continue;
        const miss = Math.abs(row[key]! - value!) / Math.max(1, Math.abs(value!));
        expect(miss, `${key} of step ${step} is ${row[key]}, not ${value}`).toBeLessThan(2e-4);
      }
    }
  });
});

/** Stops a run before its first step and puts TRL's start into the checkpoint that it leaves: so that a run can go on from there. */
async function saveStart(configFile: string, out: string, startFile: string): Promise<void> {
  const control = new RunControl();
  control.stop();
  const { result } = await trainHere(configFile, { control, out, set: ['rewards=["letters.reward.ts"]'] });
  copyFileSync(startFile, join(result.checkpoint!, 'adapter_model.safetensors'));
}

function readTensors(file: string): Map<string, Float32Array> {
  return new Map(readSafetensorsHeader(file).map((entry) => [entry.name, readTensor(entry)]));
}

/** All tensors as one, in the order of `order`. */
function all(tensors: Map<string, Float32Array>, order: Map<string, Float32Array>): Float32Array {
  return Float32Array.from([...order.keys()].flatMap((name) => [...tensors.get(name)!]));
}

const norm = (a: Float32Array): number => Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
const distance = (a: Float32Array, b: Float32Array): number => norm(a.map((x, i) => x - b[i]!));

/** TRL logs each pass over a rollout on its own, and what is known of the rollout with the first. */
function meanOf(passes: Row[]): Row {
  const entries = Object.keys(passes[0]!).map((key) => {
    const values = passes.flatMap((pass) => pass[key] ?? []);
    return [key, values.reduce((sum, value) => sum + value, 0) / values.length] as const;
  });
  return Object.fromEntries(entries);
}
