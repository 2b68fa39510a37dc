/** Runs that TRL's own GRPOTrainer did (test/references/grpo_training.py), to be done again by ours. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readSafetensorsHeader, readTensor } from '../../../src/model/files/safetensors.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { REFERENCES, readJson, referenceModel, trainHere, workspace } from './workspace.ts';

export type MetricsRow = Record<string, number | null>;
export interface TrlRun {
  config: {
    model: string;
    lora?: object;
    numIterations: number;
    numMiniBatches?: number;
    gradientAccumulationSteps: number;
    [field: string]: unknown;
  };
  /** How far apart two runs of TRL are that sum in another order. */
  noise: { weights: number; update: number };
  advantages: number[][];
  /** One row for each optimizer step. */
  metrics: MetricsRow[];
}

const FOLDER = join(REFERENCES, 'fixtures/grpo-training');
export const trlRuns = readJson<Record<string, TrlRun>>(FOLDER, 'cases.json');

/** One of them, ready to be run. */
export interface PreparedTrlRun {
  configFile: string;
  /** The same completions that TRL learned from. */
  rollouts: string;
  out: string;
  /** Where `out` already has a checkpoint of the start: TRL's adapter was drawn by torch. */
  resume: boolean;
}

export async function prepareTrlRun(name: string): Promise<PreparedTrlRun> {
  const { config } = trlRuns[name]!;
  const folder = workspace({
    'run.grpo.json': { ...config, model: referenceModel(config.model), dataset: 'prompts.jsonl', rewards: [] },
    'prompts.jsonl': [{ prompt: 'not used' }],
  });
  const configFile = join(folder, 'run.grpo.json');
  const out = join(folder, 'run');
  const resume = config.lora !== undefined;
  const turns = name.startsWith('turns') ? '-turns' : '';
  const rollouts = join(FOLDER, `rollouts-${config.model}${turns}.jsonl`);
  if (resume) await saveStart(configFile, { out, rollouts }, startFile(name));
  return { configFile, rollouts, out, resume };
}

/** Expects the weights that TRL reached. */
export function expectTrlWeights(name: string, checkpoint: string, tolerances: Tolerances): void {
  const wanted = join(FOLDER, `${name}.safetensors`);
  expectWeights({ start: startFile(name), reached: weightsFile(name, checkpoint), wanted }, tolerances);
}

export interface Tolerances {
  /** Of the size of all weights together. */
  tolerance: number;
  /** Of each tensor, relative to the way that training went. */
  updateTolerance: number;
}

/** Compares the weights in two files, which were reached from those in a third. */
export function expectWeights(
  files: { start: string; reached: string; wanted: string },
  { tolerance, updateTolerance }: Tolerances,
): void {
  const [start, reached, wanted] = [readTensors(files.start), readTensors(files.reached), readTensors(files.wanted)];
  expect([...reached.keys()].sort()).toEqual([...wanted.keys()].sort());
  expect(distance(all(reached, wanted), all(wanted, wanted)) / norm(all(wanted, wanted))).toBeLessThan(tolerance);
  for (const [tensor, theirs] of wanted) {
    const miss = distance(reached.get(tensor)!, theirs) / distance(start.get(tensor)!, theirs);
    expect(miss, `${tensor}: distance to TRL, relative to the update`).toBeLessThan(updateTolerance);
  }
}

/**
 * How the way from the start to a checkpoint compares with that to another one, or TRL's: the cosine between the two, over all weights, and the
 * ratio of their lengths.
 */
export function compareUpdates(name: string, checkpoint: string, other?: string): { cosine: number; length: number } {
  const start = readTensors(startFile(name));
  const wanted = readTensors(other ? weightsFile(name, other) : join(FOLDER, `${name}.safetensors`));
  const from = all(start, wanted);
  const way = (to: Map<string, Float32Array>) => all(to, wanted).map((x, i) => x - from[i]!);
  const [ours, theirs] = [way(readTensors(weightsFile(name, checkpoint))), way(wanted)];
  const product = ours.reduce((sum, x, i) => sum + x * theirs[i]!, 0);
  return { cosine: product / (norm(ours) * norm(theirs)), length: norm(ours) / norm(theirs) };
}

const weightsFile = (name: string, checkpoint: string): string =>
  join(checkpoint, trlRuns[name]!.config.lora ? 'adapter_model.safetensors' : 'model.safetensors');

function startFile(name: string): string {
  const { model, lora } = trlRuns[name]!.config;
  return lora ? join(FOLDER, `${name}-start.safetensors`) : join(referenceModel(model), 'model.safetensors');
}

/** Stops a run before its first step and puts TRL's start into the checkpoint that it leaves: so that a run can go on from there. */
export async function saveStart(
  configFile: string,
  options: { out: string; rollouts: string; set?: string[] },
  startFile: string,
): Promise<void> {
  const control = new RunControl();
  control.stop();
  const { result } = await trainHere(configFile, { control, ...options });
  copyFileSync(startFile, join(result.checkpoint!, 'adapter_model.safetensors'));
}

export function readTensors(file: string): Map<string, Float32Array> {
  return new Map(readSafetensorsHeader(file).map((entry) => [entry.name, readTensor(entry)]));
}

/** All tensors as one, in the order of `order`. */
function all(tensors: Map<string, Float32Array>, order: Map<string, Float32Array>): Float32Array {
  return Float32Array.from([...order.keys()].flatMap((name) => [...tensors.get(name)!]));
}

export const norm = (a: Float32Array): number => Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
export const distance = (a: Float32Array, b: Float32Array): number => norm(a.map((x, i) => x - b[i]!));
