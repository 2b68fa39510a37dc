import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { BadInput } from '../protocol/errors.ts';
import type { FileKind } from './open-file.ts';
import { readText } from './text.ts';

/** Which files belong to which part of a dataset: patterns from its folder. */
export type SplitPatterns = Map<string, string[]>;

/** One of the datasets that a folder holds. */
export interface CardConfig {
  name: string;
  isDefault: boolean;
  /** Where its files are found by their names, from the dataset's folder. */
  folder: string;
  /** Undefined where the files' names say it. */
  splits: SplitPatterns | undefined;
}

const CARD: FileKind = { what: 'dataset card', most: 4e6 };

/**
 * What the card of a dataset from the Hugging Face Hub, its README.md, says of configs in its front matter:
 * https://huggingface.co/docs/hub/datasets-manual-configuration. None where there is no card, or it has none. Throws BadInput for what
 * cannot be understood.
 */
export function cardConfigs(folder: string): CardConfig[] {
  const file = join(folder, 'README.md');
  if (!existsSync(file)) return [];
  const front = /^---\r?\n([\s\S]*?\n)---\s*$/m.exec(readText(file, CARD));
  if (front?.index !== 0 || !/^configs:/m.test(front[1]!)) return [];
  const configs = field(parse(front[1]!, file), 'configs');
  if (!Array.isArray(configs)) throw problem('"configs" must be a list', file);
  return configs.map((config) => {
    const name = field(config, 'config_name');
    if (typeof name !== 'string') throw problem('each of the "configs" must have a "config_name"', file);
    const [files, inside] = [field(config, 'data_files'), field(config, 'data_dir')];
    return {
      name,
      isDefault: configs.length === 1 || name === 'default' || field(config, 'default') === true,
      folder: typeof inside === 'string' ? inside : '',
      splits: files === undefined ? undefined : splitsOf(files, name, file),
    };
  });
}

function parse(text: string, file: string): unknown {
  try {
    return load(text);
  } catch (error) {
    const { reason, mark } = error as { reason?: string; mark?: { line: number } };
    const at = mark ? { file, line: mark.line + 2 } : { file };
    throw new BadInput(`The front matter of the dataset card is not valid YAML: ${reason ?? String(error)}.`, at);
  }
}

/** `data.csv`, `[a.csv, b.csv]`, or `[{ split: train, path: train/* }]`. */
function splitsOf(files: unknown, config: string, file: string): SplitPatterns {
  const list = [files].flat();
  const texts = list.filter((item) => typeof item === 'string');
  if (texts.length === list.length) return new Map([['train', texts]]);
  return new Map(
    list.map((item): [string, string[]] => {
      const split = field(item, 'split');
      const paths = [field(item, 'path')].flat();
      if (typeof split !== 'string' || !paths.every((path) => typeof path === 'string'))
        throw problem(`"data_files" of the config "${config}" must be paths, or a list of { split, path }`, file);
      return [split, paths];
    }),
  );
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

const problem = (what: string, file: string): BadInput =>
  new BadInput(`In the front matter, ${what}.`, { file, line: 1 });
