import { basename, dirname, join, relative } from 'node:path';

const SHARD = /\d{5}-of-\d{5}/;
const TRAIN = /(?<![a-z])train(ing)?(?![a-z])/i;
/** Names of splits that are not trained on, the more likely one to evaluate on first. */
const HELD_OUT = ['validation', 'valid', 'val', 'dev', 'test', 'eval'];

/** One file of several that make up a split, `train-00000-of-00003.parquet`, as the pattern of all of them; any other path as it is. */
export function wholeSplit(path: string): string {
  const name = basename(path);
  if (!SHARD.test(name) || name.includes('-of-00001')) return path;
  return join(dirname(path), name.replace(/\d{5}(?=-of-\d{5})/, '*'));
}

/** Files, those of one split as one. */
export const wholeSplits = (paths: readonly string[]): string[] => [...new Set(paths.map(wholeSplit))];

/** The file, or the pattern, next to one with training prompts that has the same name but for its split; undefined for none. `siblings`: what its folder has. */
export function heldOutBeside(dataset: string, siblings: readonly string[]): string | undefined {
  const name = plain(basename(dataset));
  for (const split of HELD_OUT) {
    const wanted = name.replace(TRAIN, split);
    const found = wanted === name ? undefined : siblings.find((sibling) => plain(sibling) === wanted);
    if (found !== undefined) return wholeSplit(join(dirname(dataset), found));
  }
  return undefined;
}

const SPLIT = new RegExp(`(?<![a-z])(train(ing)?|${HELD_OUT.join('|')})(?![a-z])`, 'i');
const HELD_OUT_SPLIT = new RegExp(`(?<![a-z])(${HELD_OUT.join('|')})(?![a-z])`, 'i');

/** The datasets of a folder whose files these are: its folders with files, those of splits and `data` aside. */
export function partsOf(folder: string, files: readonly string[]): string[] {
  const parts = files.map((file) => {
    let part = dirname(file);
    while (part !== folder && (SPLIT.test(basename(part)) || basename(part) === 'data')) part = dirname(part);
    return part;
  });
  return [...new Set(parts)].sort();
}

/** Whether a folder, which has these files, has a split to evaluate on. */
export const hasHeldOut = (folder: string, files: readonly string[]): boolean =>
  files.some((file) => HELD_OUT_SPLIT.test(relative(folder, file)));

/** Splits have different numbers of files. */
const plain = (name: string): string => name.replace(/(\d{5}|\*)-of-\d{5}/, '#');
