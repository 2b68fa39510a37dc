/** The last part of a path, be it one of Windows or not. */
export const fileName = (path: string): string => path.replace(/^.*[\\/]/, '');

/** A run config's name: that of `/work/sort.grpo.json` is `sort`. */
export const configName = (file: string): string => fileName(file).replace(/(\.grpo)?\.jsonc?$/, '');

/** An experiment's name: that of `/work/sweep.experiment.json` is `sweep`. */
export const experimentName = (file: string): string => fileName(file).replace(/(\.experiment)?\.jsonc?$/, '');

/** `/work/sort.reward.ts`, `/work/sort.samples.jsonl` and `/work/sort.grpo.json` all have the stem `sort`. */
export const stemOf = (file: string): string =>
  fileName(file)
    .replace(/\.(grpo|samples)\.jsonl?$/, '')
    .replace(/(\.reward)?\.([cm]?[jt]s|py)$/, '');

/** Files of the same stem: in its folder's `folder`, in its own folder, in the `folder` next to its own. Paths are absolute. */
export function filesBeside(file: string, folder: string, endings: string[]): string[] {
  const [own, separator] = parentOf(file);
  const [above] = parentOf(own);
  const names = endings.map((ending) => stemOf(file) + ending);
  return [[own, folder], [own], [above, folder]].flatMap((parts) =>
    names.map((name) => [...parts, name].join(separator)),
  );
}

/** Where the samples of a run config or a reward file are looked for when nobody names them, the most likely first. */
export const samplesPlaces = (...files: string[]): string[] =>
  files.flatMap((file) => filesBeside(file, 'samples', ['.samples.jsonl']));

/** The file next to a run config that has its prompts' solve rates. */
export const difficultyName = (configFile: string): string => `${configName(configFile)}.difficulty.jsonl`;

/** A file's folder, and what parts its path. */
function parentOf(file: string): [folder: string, separator: string] {
  const end = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\'));
  return [file.slice(0, Math.max(end, 0)), file[end] ?? '/'];
}

/** Whether a program is named by its path rather than by what the PATH has: as shells do it, by a separator in it. */
export const isProgramPath = (program: string): boolean => /[\\/]/.test(program);
