/** Trains a run with the built command, in a process of its own. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadRunConfig } from '../../src/config/load-config.ts';
import { withField } from '../../src/extension/workspace/with-field.ts';
import type { ConfigEdit } from '../../src/protocol/remedy.ts';
import type { SickRun } from './sick-run.ts';
import { EVAL_STEPS, HEALTHY_SAMPLES, type HealthySample, SICK_STEPS } from './subjects.ts';

const GRPO = resolve('dist/grpo.js');
const sampleConfig = (sample: string): string => resolve('sample-workspace', `${sample}.grpo.json`);

/** Returns the run folder of a sick run in `folder`. */
export function trainSick({ sample, config, files = {} }: SickRun, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const file = join(folder, 'sick.grpo.json');
  // With the sample's files by their full paths.
  const healthy = loadRunConfig(sampleConfig(sample)).config;
  writeFileSync(file, JSON.stringify({ ...healthy, evalDataset: null, maxSteps: SICK_STEPS, ...config }, null, 2));
  return train(file, {}, folder);
}

/** Trains a sick run again, next to it, with the change that a finding proposes: what its button does. */
export function trainCured({ path, value }: ConfigEdit, folder: string): Promise<string> {
  // Paths in it are relative to its folder.
  const file = join(folder, 'cured.grpo.json');
  writeFileSync(file, withField(readFileSync(join(folder, 'sick.grpo.json'), 'utf8'), path, value ?? undefined));
  return train(file, {}, join(folder, 'cured'));
}

/** Returns the run folder of a sample's run in `folder`. */
export const trainHealthy = (
  sample: HealthySample,
  seed: number,
  folder: string,
  maxSteps: number = HEALTHY_SAMPLES[sample],
): Promise<string> => train(sampleConfig(sample), { seed, maxSteps, evalSteps: EVAL_STEPS }, folder);

/** One that has been trained is not trained again. A sick run may end as a failure. */
async function train(config: string, settings: Record<string, unknown>, folder: string): Promise<string> {
  const run = join(folder, 'run');
  if (existsSync(run)) return run;
  const unfinished = join(folder, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${JSON.stringify(value)}`]);
  const args = [GRPO, 'train', config, ...set, '--out', unfinished];
  const { status, message } = await new Promise<{ status: number | null; message: string }>((settle) => {
    const child = execFile(process.execPath, args, { maxBuffer: 2 ** 30 }, (_error, _stdout, stderr) =>
      settle({ status: child.exitCode, message: stderr }),
    );
  });
  if (status !== 0 && status !== 1) throw new Error(`${config} did not train: ${message}`);
  renameSync(unfinished, run);
  return run;
}
