import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { describeIssue } from '../config/config-issue.ts';
import { applyOverride, parseOverride } from '../config/config-override.ts';
import { type LoadedConfig, loadRunConfig } from '../config/load-config.ts';
import { differenceText } from '../protocol/difference-text.ts';
import { BadInput } from '../protocol/errors.ts';
import type { TrainerEvent } from '../protocol/events.ts';
import { trainedElsewhere } from '../protocol/imported-run.ts';
import { runConfigSchema } from '../protocol/run-config.ts';
import type { DifferenceChoice, RunDifference } from '../protocol/run-differences.ts';
import type { RunInfo } from '../protocol/run-folder.ts';
import { type Checkpoint, listCheckpoints } from './checkpoints.ts';
import { compareRun, isFree } from './compare-run.ts';
import { type RunSettings, recordedSettings } from './recorded-settings.ts';
import { recordedConfig } from './run-changes.ts';
import { holdsRun, readRunInfo } from './run-info.ts';
import { type DigestTokenizer, digestInputs, recordedModels } from './run-inputs.ts';
import { latestRun } from './run-places.ts';

export interface ResumeOptions {
  configFile: string;
  set?: string[];
  out?: string;
  rollouts?: string;
  /** What to do where the run was recorded with other settings; without it that is an error. */
  differences?: DifferenceChoice;
}

/** How a run continues. */
export interface ResumePlan extends RunSettings {
  run: string;
  complete?: undefined;
}

/** A run that has come to its end: there is nothing to train. */
export interface CompleteRun {
  run: string;
  complete: Checkpoint;
}

/**
 * Finds the run to resume and the settings to do it with: today's, if they are those that the run recorded, except for what may change
 * freely; else those of `differences`. Reads, and writes nothing. Throws BadInput where there is no such run, and where someone has to
 * choose, which a `differences` event tells in full.
 */
export function planResume(
  options: ResumeOptions,
  digestTokenizer: DigestTokenizer,
  emit: (event: TrainerEvent) => void,
): ResumePlan | CompleteRun {
  const run = findRun(options);
  const info = readRunInfo(run);
  if (info.imported) throw new BadInput(trainedElsewhere(info.imported));
  const checkpoint = listCheckpoints(run).at(-1);
  const { configFile, set = [], differences: choice } = options;
  const stepsDone = checkpoint?.step ?? 0;
  if (choice === undefined && !existsSync(configFile))
    throw new BadInput(
      `There is no run config at ${resolve(configFile)} any more; continue with the one that the run recorded (--as-recorded).`,
    );
  const today =
    choice === 'as-recorded' ? freeSettings(options, info, stepsDone) : loadRunConfig(configFile, { set, stepsDone });
  const { config } = today;
  // By how many steps it takes, which only its prompts tell, the same number of epochs is over.
  const sameEpochs = config.numTrainEpochs !== null && config.numTrainEpochs === info.config.numTrainEpochs;
  const steps = sameEpochs ? info.config.maxSteps : config.numTrainEpochs === null ? config.maxSteps : Infinity;
  if (info.state === 'done' && checkpoint && checkpoint.step >= steps) return { run, complete: checkpoint };

  const recorded = () =>
    recordedSettings(run, info, { directory: today.directory, config, stepsDone, digestTokenizer });
  if (choice === 'as-recorded') return { run, ...recorded() };
  const rollouts = options.rollouts === undefined ? undefined : resolve(options.rollouts);
  const known = { past: recordedModels(info, today.directory, stepsDone), digestTokenizer };
  const inputs = digestInputs(config, rollouts, known);
  const before = { ...info, config: recordedConfig(info), directory: dirname(info.configFile) };
  const differences = compareRun(before, { config, directory: today.directory, inputs });
  if (choice === 'with-changes' || differences.length === 0)
    return { run, loaded: today, inputs, rollouts, texts: new Map() };
  const step = stepsDone + 1;
  const problem = sentenceOf(recorded);
  emit({ type: 'differences', run, step, differences, problem });
  throw new BadInput(question(differences, step, problem));
}

function findRun({ configFile, out }: ResumeOptions): string {
  const file = resolve(configFile);
  const run = out === undefined ? latestRun(file) : resolve(out);
  if (run === undefined)
    throw new BadInput(`There is no run of ${basename(file)} to resume; start one without --resume.`);
  if (!holdsRun(run)) throw new BadInput(`There is no run in ${run} to resume; start one without --resume.`);
  return run;
}

/** What `--as-recorded` takes of today's settings, whose file may be broken or gone: where it is, and what is free to change. */
function freeSettings({ configFile, set = [] }: ResumeOptions, info: RunInfo, stepsDone: number): LoadedConfig {
  const overrides = set.map(parseOverride);
  const other = overrides.find(({ path }) => !isFree(String(path[0])));
  if (other) throw new BadInput(`--set ${other.text} changes what --as-recorded keeps; use only one of the two.`);
  try {
    return loadRunConfig(configFile, { set, stepsDone });
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
  }
  const config: Record<string, unknown> = { ...info.config };
  for (const override of overrides) applyOverride(config, override);
  const parsed = runConfigSchema.safeParse(config);
  if (!parsed.success) throw new BadInput(describeIssue(parsed.error.issues[0]!, config).message);
  const file = info.configFile;
  return { config: parsed.data, file, directory: dirname(file), name: info.name, locate: () => ({ file }) };
}

function sentenceOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof BadInput) return error.message;
    throw error;
  }
}

function question(differences: readonly RunDifference[], step: number, problem: string | null): string {
  const what = differences.map(differenceText).join('; ');
  const changed = `continue with today's from step ${step} (--with-changes)`;
  const choice =
    problem === null
      ? `continue as it was (--as-recorded), or ${changed}.`
      : `${changed}; --as-recorded is not possible: ${problem}`;
  return `The run was recorded with other settings, code or data than today's (${what}): ${choice}`;
}
