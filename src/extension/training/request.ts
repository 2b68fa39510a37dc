import { readFile } from 'node:fs/promises';
import { workspace } from 'vscode';
import type { TrainerOptions } from './trainer-process.ts';

/** A training someone asked for. */
export interface TrainingRequest {
  configFile: string;
  /** The config's name. */
  name: string;
  /** The run to go on with; without it a new one starts. */
  resume?: string;
}

export const trainingRequest = (configFile: string, resume?: string): TrainingRequest => ({
  configFile,
  name: configName(configFile),
  ...(resume !== undefined && { resume }),
});

/** `/work/sort.grpo.json` -> `sort` */
export const configName = (file: string): string => file.replace(/^.*[\\/]/, '').replace(/(\.grpo)?\.jsonc?$/, '');

/** The editor's Python interpreter is for configs that name none. */
export async function trainerOptions({ configFile, resume }: TrainingRequest): Promise<TrainerOptions> {
  const python = workspace.getConfiguration('grpo').get<string>('pythonPath', '').trim();
  const set = python !== '' && !(await namesPython(configFile)) ? [`python=${JSON.stringify(python)}`] : [];
  return { configFile, set, ...(resume !== undefined && { out: resume, resume: true }) };
}

async function namesPython(configFile: string): Promise<boolean> {
  const { parse } = await import('jsonc-parser');
  // A config that cannot be read is the trainer's to complain about.
  const config: unknown = parse(await readFile(configFile, 'utf8').catch(() => ''), [], { allowTrailingComma: true });
  return typeof (config as { python?: unknown } | undefined)?.python === 'string';
}
