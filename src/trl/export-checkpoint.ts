import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describeIssue } from '../config/config-issue.ts';
import { isGguf } from '../model/files/gguf.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { replaceFolder } from '../model/files/save.ts';
import { BadInput } from '../protocol/errors.ts';
import { type RunConfig, runConfigSchema } from '../protocol/run-config.ts';
import { RUN_FILES, stepOfName } from '../protocol/run-folder.ts';
import { readMetrics } from '../run-folder/metrics.ts';
import { holdsRun, readRunInfo } from '../run-folder/run-info.ts';
import { readCheckpoint } from '../trainer/policy/checkpoint.ts';
import { writeTrlCheckpoint } from '../trainer/policy/trl-checkpoint-writer.ts';
import { translate } from './fields.ts';

/**
 * Writes a checkpoint of a run as a folder that TRL's trainer resumes from, with the optimizer as it is. Gives the sentences about what is not the
 * same there. Throws BadInput for a checkpoint that is not in its run's folder, whose config says how it was trained.
 */
export async function exportTrlCheckpoint(checkpoint: string, to: string): Promise<string[]> {
  const run = dirname(dirname(checkpoint));
  if (stepOfName(basename(checkpoint)) === undefined || !holdsRun(run))
    throw new BadInput(
      "only a checkpoint in a run's folder can be continued by TRL: the run says how it was trained; for the weights alone use --format merged",
      { file: checkpoint, isFolder: true },
    );
  const config = configOf(run);
  const base = readModelConfig(config.lora ? config.model : checkpoint);
  const model = config.lora ? { ...base, lora: config.lora } : base;
  const saved = await readCheckpoint(checkpoint, model, config);
  const source = config.lora ? config.model : checkpoint;
  const metrics = readMetrics(run);
  await replaceFolder(to, (folder) => writeTrlCheckpoint(folder, model, config, saved, { source, metrics }));

  const { impossible } = translate(config);
  return [
    'TRL continues from it with trainer.train(resume_from_checkpoint=…) and the arguments of this run (grpo export trl).',
    'Random numbers are others from there on, and so is the order of prompts unless "shuffleDataset" is false.',
    ...(saved.policy.syncedReference
      ? ["The reference model is not in it: TRL's begins again as the start model."]
      : []),
    ...(saved.policy.entropyControl
      ? ['The coefficient of "useAdaptiveEntropy" is not in it: TRL\'s begins again at "entropyCoef".']
      : []),
    ...(config.lora && isGguf(config.model)
      ? ['TRL loads model folders, not .gguf files: start it with the folder that the model was made from.']
      : []),
    ...impossible.map((sentence) => `TRL cannot train this run's config as it is. ${sentence}`),
  ];
}

function configOf(run: string): RunConfig {
  const info = readRunInfo(run);
  const at = { file: join(run, RUN_FILES.info) };
  const parsed = runConfigSchema.safeParse(info.config);
  if (!parsed.success) {
    const { message } = describeIssue(parsed.error.issues[0]!, info.config);
    throw new BadInput(`The config that the run recorded is not one of this release: ${message}`, at);
  }
  if (parsed.data.stages)
    throw new BadInput('TRL cannot continue a run with stages: it has a trainer for each way of training.', at);
  if (parsed.data.lora && !existsSync(parsed.data.model))
    throw new BadInput(`The run's start model is not at ${parsed.data.model} any more, and its adapter needs it.`, at);
  return parsed.data;
}
