import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import type { DifferenceChoice } from '../../protocol/run-differences.ts';
import type { TrainerOptions } from '../../protocol/trainer-options.ts';
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

export async function trainerOptions(
  { configFile, resume, set: given = [], differences }: TrainingRequest,
  interpreters: Interpreters,
): Promise<TrainerOptions> {
  const resumed = { ...(resume !== undefined && { out: resume, resume: true }), ...(differences && { differences }) };
  // It keeps the interpreter that it recorded.
  if (differences === 'as-recorded') return { configFile, set: given, ...resumed };
  const python = await pythonFor(configFile, interpreters);
  const set = [...(python === null ? [] : [`python=${JSON.stringify(python)}`]), ...given];
  return { configFile, set, ...resumed };
}

/** The editor's Python interpreter, which is for configs with Python rewards that name none; null for others. */
export async function pythonFor(configFile: string, interpreters: Interpreters): Promise<string | null> {
  const { readConfigLinks } = await import('./config-links.ts');
  // A config that cannot be read is the trainer's to complain about.
  const links = readConfigLinks(configFile, await readTextLater(configFile, CONFIG_FILE).catch(() => ''));
  const wanted = links?.settings.python === null && links.rewards.some(({ file }) => /\.py$/.test(file));
  return wanted ? (await interpreters.find(configFile)).path : null;
}
