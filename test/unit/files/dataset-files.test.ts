import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { datasetFiles } from '../../../src/files/dataset-files.ts';
import { problem, temporaryFolder } from './folder.ts';

/** A folder in the Hub's layout, and what `datasets` takes for each config and split (test/references/dataset_files.py). */
interface Layout {
  name: string;
  files: string[];
  readme: string | null;
  configs: Record<string, Record<string, string[]>>;
  default: string | null;
}

const LAYOUTS: Layout[] = JSON.parse(readFileSync('test/references/fixtures/datasets/layouts.json', 'utf8'));

/** A folder with these files, empty ones; those that have a text are given by it. */
function folderOf(files: readonly string[], texts: Record<string, string> = {}): string {
  const folder = join(temporaryFolder(), 'set');
  mkdirSync(folder);
  for (const file of [...files, ...Object.keys(texts)]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), texts[file] ?? '');
  }
  return folder;
}

const CARD = (yaml: string): Record<string, string> => ({ 'README.md': `---\nlicense: mit\n${yaml}\n---\n# Rows\n` });

describe('a folder in the layout of the Hub gives the files that `datasets` takes', () => {
  test.each(LAYOUTS.filter((layout) => layout.default !== null))('$name', (layout) => {
    const folder = folderOf(layout.files, layout.readme === null ? {} : { 'README.md': layout.readme });
    const splits = layout.configs[layout.default!]!;
    const [only, ...others] = Object.values(splits);
    for (const [purpose, names] of [
      ['training', ['train']],
      ['evaluation', ['validation', 'test']],
    ] as const) {
      const expected =
        names.map((name) => splits[name]).find((files) => files) ?? (others.length === 0 ? only : undefined);
      const given = () => datasetFiles(folder, purpose).map((file) => file.slice(folder.length + 1));
      if (expected) expect(given()).toEqual(expected);
      else expect(given).toThrow(`has no split for ${purpose}`);
    }
  });

  test.each([
    ['nothing', 'The folder set has no dataset files'],
    [
      'card: several configs',
      'The folder set has several configs (main, socratic); name the files of one instead, such as "set/main/train*".',
    ],
    ['card: missing file', 'set/README.md: The card of the dataset names b.csv, which set does not have.'],
  ])('and refuses what it refuses: %s', (name, message) => {
    const { files, readme, default: chosen } = LAYOUTS.find((layout) => layout.name === name)!;
    expect(chosen).toBeNull();
    const folder = folderOf(files, readme === null ? {} : { 'README.md': readme });
    expect(problem(() => datasetFiles(folder))).toContain(message);
  });
});

test('a config of several is chosen by its subfolder or by a pattern', () => {
  const { files, readme } = LAYOUTS.find(({ name }) => name === 'card: several configs')!;
  const folder = folderOf(files, { 'README.md': readme! });
  expect(datasetFiles(join(folder, 'socratic'))).toEqual([join(folder, 'socratic/train.csv')]);
  expect(datasetFiles(join(folder, 'main/train*'))).toEqual([join(folder, 'main/train.csv')]);
});

test.each([
  ['configs: [', 'set/README.md:4: The front matter of the dataset card is not valid YAML: '],
  ['configs: none', 'set/README.md:1: In the front matter, "configs" must be a list.'],
  [
    'configs:\n- data_files: a.csv',
    'set/README.md:1: In the front matter, each of the "configs" must have a "config_name".',
  ],
  [
    'configs:\n- config_name: a\n  data_files:\n  - path: 3',
    'set/README.md:1: In the front matter, "data_files" of the config "a" must be paths, or a list of { split, path }.',
  ],
])('a bad card: %j', (yaml, message) => {
  expect(problem(() => datasetFiles(folderOf(['a.csv'], CARD(yaml))))).toContain(message);
});

test('a folder that save_to_disk wrote says how to write it again', () => {
  const folder = folderOf(['data-00000-of-00001.arrow', 'dataset_info.json', 'state.json']);
  expect(problem(() => datasetFiles(folder))).toBe(
    'The folder set was written by save_to_disk; write it as Parquet in Python: load_from_disk(…).to_parquet.',
  );
});

describe('patterns', () => {
  const files = [
    'a.jsonl',
    'b.jsonl',
    'b.txt',
    'README.md',
    'x/a.jsonl',
    'x/y/c.jsonl',
    '.cache/d.jsonl',
    'x/[1].jsonl',
  ];
  test.each([
    ['*.jsonl', ['a.jsonl', 'b.jsonl']],
    ['**/*.jsonl', ['a.jsonl', 'b.jsonl', 'x/[1].jsonl', 'x/a.jsonl', 'x/y/c.jsonl']],
    ['x/**', ['x/[1].jsonl', 'x/a.jsonl', 'x/y/c.jsonl']],
    ['*/a.jsonl', ['x/a.jsonl']],
    ['[!b].jsonl', ['a.jsonl']],
    ['?.jsonl', ['a.jsonl', 'b.jsonl']],
    ['.cache/*', ['.cache/d.jsonl']],
    ['*', ['a.jsonl', 'b.jsonl']],
    ['*.txt', ['b.txt']],
    ['x/[1].jsonl', ['x/[1].jsonl']],
  ])('%s', (pattern, expected) => {
    const folder = folderOf(files);
    expect(datasetFiles(join(folder, pattern)).map((file) => file.slice(folder.length + 1))).toEqual(expected);
  });

  test('a list has each file once, in its order', () => {
    const folder = folderOf(files);
    const named = ['b.jsonl', '*.jsonl', 'x/y'].map((name) => join(folder, name));
    expect(datasetFiles(named).map((file) => file.slice(folder.length + 1))).toEqual([
      'b.jsonl',
      'a.jsonl',
      'x/y/c.jsonl',
    ]);
  });

  test('what none matches is refused with the nearest name', () => {
    const folder = folderOf(['data/train.jsonl']);
    expect(problem(() => datasetFiles(join(folder, 'dta/*.jsonl')))).toBe(
      'No dataset file matches set/dta/*.jsonl. Did you mean "data"?',
    );
    expect(problem(() => datasetFiles(join(folder, 'data/[z-a].jsonl')))).toMatch(/^The pattern .* is not valid/);
  });

  test.skipIf(process.platform === 'win32')('links to files are followed, and circles of links end', () => {
    const folder = folderOf(['blobs/1.jsonl']);
    mkdirSync(join(folder, 'data'));
    symlinkSync('../blobs/1.jsonl', join(folder, 'data/train.jsonl'));
    symlinkSync('..', join(folder, 'data/loop'));
    expect(datasetFiles(join(folder, 'data/*.jsonl'))).toEqual([join(folder, 'data/train.jsonl')]);
    expect(datasetFiles(join(folder, 'data/**/train.jsonl'))).toEqual([join(folder, 'data/train.jsonl')]);
  });

  test.skipIf(process.platform === 'win32')(
    'links to folders are followed, but not in circles: no file comes twice',
    () => {
      const folder = folderOf(['a/train.jsonl', 'b/more/train.jsonl']);
      symlinkSync('../b', join(folder, 'a/b'));
      symlinkSync('../../a', join(folder, 'b/more/a'));
      symlinkSync('nowhere', join(folder, 'a/dangling.jsonl'));
      symlinkSync('self', join(folder, 'a/self'));
      expect(datasetFiles(join(folder, 'a')).map((file) => file.slice(folder.length + 1))).toEqual([
        'a/b/more/train.jsonl',
        'a/train.jsonl',
      ]);
    },
  );

  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a folder that may not be read says so', () => {
    const folder = folderOf(['data/train.jsonl']);
    chmodSync(join(folder, 'data'), 0);
    onTestFinished(() => chmodSync(join(folder, 'data'), 0o700));
    const message = 'The folder set/data cannot be read: permission is denied.';
    expect(problem(() => datasetFiles(join(folder, 'data')))).toBe(message);
    expect(problem(() => datasetFiles(join(folder, 'data/*.jsonl')))).toBe(message);
  });
});
