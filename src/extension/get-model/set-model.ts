import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import { readConfigLinks } from '../workspace/config-links.ts';

/** The model that a run config names, as an absolute path. */
export async function modelIn(config: string): Promise<string | null | undefined> {
  return readConfigLinks(resolve(config), await readTextLater(config, CONFIG_FILE))?.model;
}

/** A model's path as a run config writes it: relative to the config where the model is in its folder or below. */
export function modelPath(config: string, model: string): string {
  const path = relative(dirname(config), model);
  return (path.startsWith('..') || isAbsolute(path) ? model : path).replaceAll('\\', '/');
}
