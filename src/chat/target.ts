import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describeIssue } from '../config/config-issue.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { isAdapterFolder } from '../files/adapter-folder.ts';
import { BadInput } from '../protocol/errors.ts';
import { runConfigSchema } from '../protocol/run-config.ts';
import { RUN_FILES, type RunInfo, stepOfName } from '../protocol/run-folder.ts';
import { listCheckpoints } from '../run-folder/checkpoints.ts';
import { holdsRun, readRunInfo } from '../run-folder/run-info.ts';

/** A run's checkpoint to talk to, with the settings that the run recorded. */
export interface RunTarget {
  run: string;
  info: RunInfo;
  loaded: LoadedConfig;
  step: number;
  /** The checkpoint's folder. */
  model: string;
}

/** What to talk to: a checkpoint of a run, or just a model. */
export type ChatTarget = RunTarget | { run?: undefined; model: string };

/** Finds out what a path names: a run (then its newest checkpoint, or that of `step`), a checkpoint in a run's folder, or a model. Throws BadInput for what is none. */
export function findTarget(path: string, step?: number): ChatTarget {
  const given = resolve(path);
  if (holdsRun(given)) return ofRun(given, step);
  const run = dirname(dirname(given));
  const named = stepOfName(basename(given));
  if (named !== undefined && basename(dirname(given)) === RUN_FILES.checkpoints && holdsRun(run)) {
    if (step === undefined || step === named) return ofRun(run, named);
    throw new BadInput(
      `This is the checkpoint of step ${named}; give the run's folder with --step ${step}, or no step.`,
      {
        file: given,
        isFolder: true,
      },
    );
  }
  if (step !== undefined)
    throw new BadInput('--step chooses a checkpoint of a run, and this is no run folder', {
      file: given,
      isFolder: true,
    });
  if (!existsSync(given)) throw new BadInput('there is no run, checkpoint or model here', { file: given });
  return { model: given };
}

function ofRun(run: string, step: number | undefined): RunTarget {
  const info = readRunInfo(run);
  const at = { file: join(run, RUN_FILES.info) };
  const parsed = runConfigSchema.safeParse(info.config);
  if (!parsed.success) {
    const { message } = describeIssue(parsed.error.issues[0]!, info.config);
    throw new BadInput(`The config that the run recorded is not one of this release: ${message}`, at);
  }
  const checkpoints = listCheckpoints(run);
  const newest = checkpoints.at(-1);
  if (!newest) throw new BadInput('this run has no checkpoint yet', { file: run, isFolder: true });
  const chosen = step === undefined ? newest : checkpoints.find((checkpoint) => checkpoint.step === step);
  if (!chosen) {
    const steps = checkpoints.map((checkpoint) => checkpoint.step).join(', ');
    throw new BadInput(`this run has no checkpoint of step ${step}; it has ${steps}`, { file: run, isFolder: true });
  }
  const directory = dirname(info.configFile);
  const loaded = { config: parsed.data, file: info.configFile, directory, name: info.name, locate: () => at };
  return { run, info, loaded, step: chosen.step, model: chosen.path };
}

/** Whether the checkpoint holds an adapter for the run's start model, which then is in memory once. */
export const sharesBase = ({ model, loaded: { config } }: RunTarget): boolean =>
  config.lora !== null && isAdapterFolder(model);
