import { basename, join } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import { type CardConfig, cardConfigs, type SplitPatterns } from './dataset-card.ts';
import { DATASET_ENDINGS, type DatasetEnding, datasetEnding } from './dataset-endings.ts';
import { filesBelow, matching } from './file-patterns.ts';

/** What a dataset's files are wanted for. */
export type Purpose = 'training' | 'evaluation';

/** Of a folder with several splits, the first of these that it has. */
const WANTED: Record<Purpose, string[]> = { training: ['train'], evaluation: ['validation', 'test'] };

/** What files and folders of a split are called, as in `datasets`. */
const KEYWORDS = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'dev', 'val'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};
const SEPARATOR = '[-._ 0-9]';
const IN_FOLDERS = (word: string) => [
  `**/${word}/**`,
  `**/${word}${SEPARATOR}*/**`,
  `**/*${SEPARATOR}${word}/**`,
  `**/*${SEPARATOR}${word}${SEPARATOR}*/**`,
];
const IN_NAMES = (word: string) => [`**/${word}${SEPARATOR}*`, `**/*${SEPARATOR}${word}${SEPARATOR}*`];
const SHARD = /^data\/(\w+(?:\.\w+)*)-\d{5}-of-\d{5}[^/]*\.[^/]*$/;

/** Files beside a dataset's own. */
const NO_DATA = new Set(['README.md', 'config.json', 'dataset_info.json', 'dataset_infos.json', 'dataset_dict.json']);

/** Endings of one format count together. */
const formatOf = (ending = ''): string => (/json/.test(ending) ? 'json' : ending);

/**
 * The files of one split of a dataset's folder as the Hugging Face Hub has it, by the rules of `datasets`: what its card's `configs` say, else
 * the names of its files and folders (data/train-00000-of-00003.parquet, train.jsonl, test/…); what has no such name is for training. Paths are
 * absolute. Throws BadInput where that leaves a choice, and says how to make it.
 */
export function filesOfFolder(folder: string, purpose: Purpose): string[] {
  const paths = filesBelow(folder).filter((path) => !NO_DATA.has(basename(path)));
  if (paths.includes('state.json') && paths.some((path) => path.endsWith('.arrow')))
    throw new BadInput(
      `The folder ${folder} was written by save_to_disk; write it as Parquet in Python: load_from_disk(…).to_parquet.`,
    );
  const config = chosenConfig(folder, cardConfigs(folder));
  const splits = config?.splits ?? splitsByName(paths, config?.folder ?? '');
  const split = chosenSplit(folder, splits, purpose);
  const patterns = splits.get(split)!;
  const filesOf = config?.splits ? filesOnCard : matching;
  const found = new Set(patterns.flatMap((pattern) => filesOf(paths, pattern, folder)));
  const files = ofOneFormat([...found]);
  if (files.length === 0)
    throw new BadInput(
      `The folder ${folder} has no dataset files; those end in ${DATASET_ENDINGS.map((ending) => `.${ending}`).join(', ')}, optionally followed by .gz.`,
    );
  return files.map((path) => join(folder, path));
}

function chosenConfig(folder: string, configs: CardConfig[]): CardConfig | undefined {
  const chosen = configs.find(({ isDefault }) => isDefault);
  if (chosen || configs.length === 0) return chosen;
  const names = configs.map(({ name }) => name).join(', ');
  const [first] = configs;
  const example = [...(first!.splits?.values() ?? [])][0]?.[0] ?? first!.folder;
  throw new BadInput(
    `The folder ${folder} has several configs (${names}); name the files of one instead, such as "${basename(folder)}/${example}".`,
  );
}

function chosenSplit(folder: string, splits: SplitPatterns, purpose: Purpose): string {
  const names = [...splits.keys()];
  const chosen = WANTED[purpose].find((name) => splits.has(name)) ?? (names.length === 1 ? names[0] : undefined);
  if (chosen !== undefined) return chosen;
  const example = [...splits.values()][0]?.[0];
  throw new BadInput(
    `The folder ${folder} has no split for ${purpose} (${WANTED[purpose].join(' or ')}), but ${names.join(', ')}; name the files to use, such as "${basename(folder)}/${example}".`,
  );
}

function splitsByName(paths: readonly string[], inside: string): SplitPatterns {
  const start = inside === '' ? '' : `${inside.replace(/\/+$/, '')}/`;
  const shards = new Set(
    paths.flatMap((path) => SHARD.exec(path.startsWith(start) ? path.slice(start.length) : '')?.[1] ?? []),
  );
  const digits = '[0-9]'.repeat(5);
  if (shards.size > 0)
    return new Map([...shards].map((split) => [split, [`${start}data/${split}-${digits}-of-${digits}*.*`]]));
  for (const patternsOf of [IN_FOLDERS, IN_NAMES]) {
    const splits = Object.entries(KEYWORDS).map(([split, words]): [string, string[]] => [
      split,
      words.flatMap(patternsOf).map((pattern) => start + pattern),
    ]);
    const found = splits.filter(([, patterns]) => patterns.some((pattern) => matching(paths, pattern).length > 0));
    if (found.length > 0) return new Map(found);
  }
  return new Map([['train', [`${start}**`]]]);
}

function filesOnCard(paths: readonly string[], pattern: string, folder: string): string[] {
  const plain = pattern.replace(/^\.\//, '');
  const files = paths.includes(plain) ? [plain] : matching(paths, plain);
  if (files.length > 0) return files;
  throw new BadInput(`The card of the dataset names ${pattern}, which ${folder} does not have.`, {
    file: join(folder, 'README.md'),
  });
}

/** Those of the most frequent ending, with others of its format. */
function ofOneFormat(paths: string[]): string[] {
  const counts = new Map<DatasetEnding, number>();
  for (const path of paths) {
    const ending = datasetEnding(path);
    if (ending !== undefined) counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const rank = (ending: DatasetEnding) =>
    (counts.get(ending) ?? 0) - DATASET_ENDINGS.indexOf(ending) / DATASET_ENDINGS.length;
  const [first] = [...counts.keys()].sort((a, b) => rank(b) - rank(a));
  if (first === undefined) return [];
  return paths.filter((path) => formatOf(datasetEnding(path)) === formatOf(first));
}
