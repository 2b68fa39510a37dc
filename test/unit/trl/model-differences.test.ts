import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { readModelFile } from '../../../src/model/files/model-files.ts';
import { modelDifferences } from '../../../src/trl/model-differences.ts';
import { configFolder, temporaryFolder, writeJson } from '../model/model-folder.ts';

const of = (folder: string) => modelDifferences(folder, { model: readModelConfig(folder) });

test('TRL is told to disable dropout where config.json asks for it: GRPO Lab applies none', () => {
  expect(of(configFolder())).toEqual({ args: {}, approximated: [] });
  expect(of(configFolder({ attention_dropout: 0 })).args).toEqual({});
  expect(of(configFolder({ attention_dropout: 0.1 })).args).toEqual({ disable_dropout: true });
});

test('GPT-2 has dropout, also where config.json does not say so, and positions that TRL counts otherwise when it scores', () => {
  const gpt2 = join(import.meta.dirname, '../../references/fixtures/architectures/gpt2');
  const { args, approximated } = of(gpt2);
  expect(args).toEqual({ disable_dropout: true });
  const { attn_pdrop: _, embd_pdrop: __, resid_pdrop: ___, ...silent } = readModelFile(gpt2, 'config.json')!;
  const folder = temporaryFolder();
  writeJson(folder, 'config.json', silent);
  expect(of(folder).args).toEqual({ disable_dropout: true });
  writeJson(folder, 'config.json', { ...silent, attn_pdrop: 0, embd_pdrop: 0, resid_pdrop: 0 });
  expect(of(folder).args).toEqual({});
  expect(approximated).toEqual([expect.stringMatching(/^"model": where prompts of a step differ in length, TRL/)]);
});
