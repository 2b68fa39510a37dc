import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { modelDifferences } from '../../../src/trl/model-differences.ts';
import { configFolder } from '../model/model-folder.ts';

const of = (folder: string) => modelDifferences(folder, { model: readModelConfig(folder) });

test('TRL leaves dropout out where config.json asks for it, as it is left out here', () => {
  expect(of(configFolder())).toEqual({ args: {}, approximated: [] });
  expect(of(configFolder({ attention_dropout: 0 })).args).toEqual({});
  expect(of(configFolder({ attention_dropout: 0.1 })).args).toEqual({ disable_dropout: true });
});

test('GPT-2 has dropout, and positions that TRL counts otherwise when it scores', () => {
  const { args, approximated } = of(join(import.meta.dirname, '../../references/fixtures/architectures/gpt2'));
  expect(args).toEqual({ disable_dropout: true });
  expect(approximated).toEqual([expect.stringMatching(/^"model": where prompts of a step differ in length, TRL/)]);
});
