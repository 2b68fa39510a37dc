import type { DifferenceChoice } from '../../protocol/run-differences.ts';
import type { RunInfo } from '../../protocol/run-folder.ts';
import type { TrainerOptions } from '../../protocol/trainer-options.ts';
import { fileAndFunction } from '../../text/file-and-function.ts';
import { configName } from '../../text/files-by-name.ts';
import type { Interpreters } from './interpreter.ts';

/** A training someone asked for. */
export interface TrainingRequest {
  configFile: string;
  /** The config's name. */
  name: string;
  /** The run to continue; without it a new one starts. */
  resume?: string;
  /** `field=value` overrides of config fields. */
  set?: string[];
  /** What to do where that run was recorded with other settings than today's; without it the trainer asks. */
  differences?: DifferenceChoice;
}

export const trainingRequest = (configFile: string, resume?: string): TrainingRequest => ({
  configFile,
  name: configName(configFile),
  ...(resume !== undefined && { resume }),
});

/** To continue a run with what has trained it, unless its config names another backend. */
export async function resumeRequest(folder: string, info: RunInfo): Promise<TrainingRequest> {
  const { overridesToResume } = await import('./trl-request.ts');
  const set = await overridesToResume(info);
  return { ...trainingRequest(info.configFile, folder), ...(set.length > 0 && { set }) };
}

export async function trainerOptions(
  { configFile, resume, set: given = [], differences }: TrainingRequest,
  interpreters: Interpreters,
): Promise<TrainerOptions> {
  const resumed = { ...(resume !== undefined && { out: resume, resume: true }), ...(differences && { differences }) };
  // It keeps the interpreter that it recorded.
  if (differences === 'as-recorded') return { configFile, set: given, ...resumed };
  const { configText, trainsWithTrl } = await import('./trl-request.ts');
  // TRL needs one of its own.
  const python = trainsWithTrl(await configText(configFile), given) ? null : await pythonFor(configFile, interpreters);
  const set = [...(python === null ? [] : [`python=${JSON.stringify(python)}`]), ...given];
  return { configFile, set, ...resumed };
}

/** `--set` with the interpreter for the rewards, for a `grpo` command that takes a config. */
export async function pythonArgs(configFile: string, interpreters: Interpreters): Promise<string[]> {
  const python = await pythonFor(configFile, interpreters);
  return python === null ? [] : ['--set', `python=${JSON.stringify(python)}`];
}

/** `--python` with it, for `grpo score` and `grpo audit`, which take a config or a reward file. */
export async function scorePythonArgs(target: string, interpreters: Interpreters): Promise<string[]> {
  const { file } = fileAndFunction(target);
  const isConfig = file.endsWith('.json');
  if (!isConfig && !file.endsWith('.py')) return [];
  const python = isConfig ? await pythonFor(file, interpreters) : (await interpreters.find(file)).path;
  return python === null ? [] : ['--python', python];
}

/** The editor's Python interpreter, which is for configs with Python rewards that name none; null for others. */
export async function pythonFor(configFile: string, interpreters: Interpreters): Promise<string | null> {
  const { readConfigLinks } = await import('./config-links.ts');
  const { configText } = await import('./trl-request.ts');
  const links = readConfigLinks(configFile, await configText(configFile));
  const wanted = links?.settings.python === null && links.rewards.some(({ file }) => /\.py$/.test(file));
  return wanted ? (await interpreters.find(configFile)).path : null;
}
