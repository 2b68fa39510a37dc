import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import { didYouMean } from '../text/nearest-name.ts';
import { isDatasetFile } from './dataset-endings.ts';
import { filesOfFolder, type Purpose } from './dataset-folder.ts';
import { filesMatching, isPattern, shownPattern } from './file-patterns.ts';

/**
 * The files of a dataset as a config names it: files, patterns, and folders in the Hub's layout, each once and in order. Of a folder with
 * splits, those for training are its `train`, those for evaluation its `validation`, else its `test`. Throws
 * BadInput, without a place, for what is not there and for what leaves a choice.
 */
export function datasetFiles(named: string | readonly string[], purpose: Purpose = 'training'): string[] {
  return [...new Set([named].flat().flatMap((one) => filesOf(one, purpose)))];
}

function filesOf(named: string, purpose: Purpose): string[] {
  const stats = existsSync(named) ? statSync(named) : undefined;
  if (stats?.isDirectory()) return filesOfFolder(named, purpose);
  if (stats || !isPattern(named)) return [named];
  const absolute = resolve(named);
  const pattern = process.platform === 'win32' ? absolute.replaceAll('\\', '/') : absolute;
  const found = filesMatching(pattern);
  const files = found.filter(isDatasetFile);
  if (files.length > 0) return files;
  // The pattern itself says what ending it wants: `*.txt`.
  if (found.length > 0 && /\.\w+$/.test(basename(named))) return found;
  const shown = shownPattern(pattern);
  throw new BadInput(`No dataset file matches ${shown}.${nearestFile(shown)}`);
}

/**
 * ` Did you mean "train.parquet"?`: of a path that leads nowhere, the file or folder nearest to its first part that is missing; of one as Windows
 * writes it, what it is elsewhere.
 */
export function nearestFile(path: string): string {
  const slashed = path.replaceAll('\\', '/');
  if (slashed !== path && existsSync(slashed)) return ' Write it with "/" instead of "\\".';
  let [folder, name] = [dirname(path), basename(path)];
  while (!existsSync(folder) && dirname(folder) !== folder) [folder, name] = [dirname(folder), basename(folder)];
  try {
    return didYouMean(name, readdirSync(folder));
  } catch {
    return '';
  }
}

/** Says how to download a dataset where a path that leads nowhere may be its name on the Hugging Face Hub, `openai/gsm8k`. */
export function hubHint(named: string): string {
  const name = /^(?:https:\/\/huggingface\.co\/datasets\/)?([A-Za-z][\w-]*\/[\w.-]+)$/.exec(named)?.[1];
  if (name === undefined || isDatasetFile(name)) return '';
  const folder = `data/${basename(name).toLowerCase()}`;
  return ` If this is a dataset of the Hugging Face Hub, download it (hf download ${name} --repo-type dataset --local-dir ${folder}) and name its folder.`;
}
