import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load-config.ts';
import { digestTokenizer } from '../model/tokenizer/tokenizer-digest.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { type MetricsRow, RUN_FILES } from '../protocol/run-folder.ts';
import { tryTo } from '../run-folder/atomic-write.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { digestInputs } from '../run-folder/run-inputs.ts';
import { checkedModel } from '../trainer/checked-model.ts';
import { writeCheckpoint } from '../trainer/policy/checkpoint.ts';
import { readState, STATE_FILE } from '../trainer/policy/checkpoint-files.ts';
import { dropoutOf, isTrlState, readTrlCheckpoint, readTrlOptimizer } from '../trainer/policy/trl-checkpoint.ts';
import { versions } from '../trainer/versions.ts';
import { trlBatches } from './batches.ts';
import { readLogHistory } from './log-history.ts';

export interface ImportedCheckpoint {
  run: string;
  /** Of ours. */
  step: number;
  /** What does not go on as it was, a sentence each. */
  notes: string[];
}

/**
 * Makes a stopped run of a checkpoint that TRL has written: with its weights or adapter, its optimizer and its log, it is continued as any other. `out`
 * names its folder. Throws BadInput where the config or the checkpoint does not allow it; then nothing is written.
 */
export async function importCheckpoint(
  checkpoint: string,
  loaded: LoadedConfig,
  out: string | undefined,
): Promise<ImportedCheckpoint> {
  const { config, file: configFile, name, locate } = loaded;
  requireTrl(checkpoint);
  if (config.stages)
    throw new BadInput(
      'A run with stages cannot begin in the middle of one; remove "stages" to continue a checkpoint of TRL\'s.',
      locate(['stages']),
    );
  const model = checkedModel(loaded);
  const { policy, progress } = readTrlCheckpoint(checkpoint, model, config);
  const notes = [
    ...differences(config, readTrlOptimizer(checkpoint, model).settings),
    ...notTheSame(checkpoint, loaded),
  ];
  const { step } = progress;
  if (config.numTrainEpochs === null && step >= config.maxSteps)
    notes.push(`It has taken ${step} steps, and "maxSteps" is ${config.maxSteps}: raise that to train on.`);
  if (config.backend === 'trl')
    notes.push('The built-in engine continues it, and "backend" is "trl" in the run config: set that to "builtin".');

  const described = {
    name,
    configFile,
    device: null,
    versions: versions(),
    config,
    // Whatever trained it, it continues here.
    inputs: digestInputs({ ...config, backend: 'builtin' }, undefined, { digestTokenizer }),
  };
  const folder = RunFolder.create(described, out);
  try {
    folder.setMetrics(rowsOf(checkpoint, step, trlBatches(config).updatesPerStep));
    await folder.writeCheckpoint(step, (to) => writeCheckpoint(to, model, config, policy, progress));
    const reason = `It was imported from ${checkpoint}; resume it to train on.`;
    folder.update({ state: 'stopped', step, reason });
    folder.log(`imported after step ${step} from TRL's checkpoint ${checkpoint}`);
    return { run: folder.path, step, notes };
  } catch (error) {
    // Without its checkpoint it would be resumed from the start model.
    tryTo(() => rmSync(join(folder.path, RUN_FILES.info), { force: true }));
    throw error;
  } finally {
    folder.close();
  }
}

function requireTrl(folder: string): void {
  const refuse = (message: string): never => {
    throw new BadInput(message, { file: folder, isFolder: true });
  };
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) refuse('there is no folder of a checkpoint here');
  const newest = readdirSync(folder)
    .flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
    .at(-1);
  if (newest !== undefined)
    refuse(`this is a folder of checkpoints; name one of them, such as ${join(folder, `checkpoint-${newest}`)}`);
  if (!existsSync(join(folder, STATE_FILE)))
    refuse(
      `this is no checkpoint of TRL's trainer (there is no ${STATE_FILE}); name a folder such as output/checkpoint-200`,
    );
  if (!isTrlState(readState(folder)))
    refuse('this checkpoint is one of our own; continue its run with grpo train --resume');
}

/** What the optimizer was made with, where the config says otherwise. From now on it is as the config says. */
function differences(config: RunConfig, settings: ReadonlyMap<unknown, unknown>): string[] {
  const betas = settings.get('betas');
  const [beta1, beta2] = Array.isArray(betas) ? betas : [];
  const pairs: [keyof RunConfig, unknown][] = [
    ['learningRate', settings.get('initial_lr')],
    ['adamBeta1', beta1],
    ['adamBeta2', beta2],
    ['adamEpsilon', settings.get('eps')],
    ['weightDecay', settings.get('weight_decay')],
  ];
  return pairs
    .filter(([field, theirs]) => typeof theirs === 'number' && theirs !== config[field])
    .map(
      ([field, theirs]) =>
        `"${field}" was ${theirs} there, and is ${config[field]} in the run config: that applies from now on.`,
    );
}

function notTheSame(checkpoint: string, { config }: LoadedConfig): string[] {
  const dropout = dropoutOf(checkpoint);
  return [
    config.shuffleDataset
      ? 'Random numbers are others from here on, and so is the order of prompts ("shuffleDataset").'
      : 'Random numbers are others from here on; prompts go on in the order of the dataset.',
    ...(dropout > 0 ? [`The adapter was trained with a dropout of ${dropout}; here there is none.`] : []),
    ...(config.syncRefModel && config.beta > 0
      ? ['TRL does not save the reference model: until it is next updated, it is the start model.']
      : []),
    ...(config.useAdaptiveEntropy
      ? ['TRL does not save the coefficient of "useAdaptiveEntropy": it begins at "entropyCoef" again.']
      : []),
    ...(existsSync(join(checkpoint, 'ref'))
      ? ['Training there began with an adapter, which was the reference; here that is the model without one.']
      : []),
  ];
}

/** The log of the trainer in steps of ours: the last of the updates of a step, and what is said with one of them alone. */
function rowsOf(checkpoint: string, last: number, updatesPerStep: number): MetricsRow[] {
  const states = [join(checkpoint, STATE_FILE)];
  const { rows } = readLogHistory({ path: checkpoint, completions: [], events: [], states });
  const ours = new Map<number, MetricsRow>();
  for (const [update, row] of [...rows].sort(([a], [b]) => a - b)) {
    const step = Math.ceil(update / updatesPerStep);
    if (step <= last) ours.set(step, { ...ours.get(step), ...row, step });
  }
  return [...ours.values()];
}
