import { looseConfig } from '../../config/partial-config.ts';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import type { RunInfo } from '../../protocol/run-folder.ts';
import { PYTHON_VARIABLE } from '../../protocol/set-up-places.ts';
import type { Interpreters } from './interpreter.ts';

/** Whether TRL trains what a config's text says; `given` are overrides of its fields. */
export function trainsWithTrl(text: string, given: readonly string[] = []): boolean {
  if (given.includes(WITH_TRL)) return true;
  const { backend, device } = looseConfig(text) ?? {};
  return backend === 'trl' || (backend === undefined && device === 'cuda');
}

/** Overrides with which TRL trains a config: its device stays, unless only the built-in engine has it. */
export function trlOverrides(text: string): string[] {
  if (trainsWithTrl(text)) return [];
  const { device } = looseConfig(text) ?? {};
  return [WITH_TRL, ...(device === 'webgpu' || device === 'tensorflow' ? ['device="auto"'] : [])];
}

/** A run goes on with what has trained it, unless its config names another one. */
export async function overridesToResume({
  configFile,
  config,
}: Pick<RunInfo, 'configFile' | 'config'>): Promise<string[]> {
  if (config.backend !== 'trl') return [];
  const text = await configText(configFile);
  return looseConfig(text)?.backend === undefined ? trlOverrides(text) : [];
}

/** What a process that looks for TRL gets into its environment: the editor's interpreter, if one is selected. */
export async function editorPython(file: string, interpreters: Interpreters): Promise<Record<string, string>> {
  const { path } = await interpreters.find(file);
  return path === null ? {} : { [PYTHON_VARIABLE]: path };
}

/** What cannot be read is the trainer's to complain about. */
export const configText = (file: string): Promise<string> => readTextLater(file, CONFIG_FILE).catch(() => '');

const WITH_TRL = 'backend="trl"';
