import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { replaceFolder, saveModelFolder, writeModelFiles } from '../../../../src/model/files/save.ts';
import { loadWeights } from '../../../../src/model/files/weights.ts';
import { modelFolder, writeJson } from '../model-folder.ts';

async function sourceModel(fields: Record<string, unknown> = {}) {
  const source = await modelFolder(fields);
  writeJson(source, 'generation_config.json', { eos_token_id: [2, 3] });
  writeFileSync(join(source, 'tokenizer.json'), '{ "odd":   "spacing" }');
  writeFileSync(join(source, 'chat_template.jinja'), '{{ messages }}');
  mkdirSync(join(source, 'chat_templates'));
  writeFileSync(join(source, 'chat_templates', 'tool_use.jinja'), '{{ tools }}');
  writeFileSync(join(source, 'README.md'), 'not part of the model');
  const config = readModelConfig(source);
  const loaded = new Map(loadWeights(source, config));
  const weights = [...loaded].map(([name, { shape, data }]) => [name, shape, data] as const);
  return { source, config, weights, loaded };
}

describe('saving a model folder', () => {
  it.each(['float32', 'float16', 'bfloat16'] as const)('gives the same model back in %s', async (dtype) => {
    const { loaded, ...model } = await sourceModel();
    const folder = join(model.source, 'runs', 'saved');
    await saveModelFolder(folder, { ...model, dtype });
    expect(readModelConfig(folder)).toEqual(model.config);
    expect(new Map(loadWeights(folder, model.config))).toEqual(loaded);
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).dtype).toBe(dtype);
    for (const name of [
      'generation_config.json',
      'tokenizer.json',
      'chat_template.jinja',
      'chat_templates/tool_use.jinja',
    ]) {
      expect(readFileSync(join(folder, name))).toEqual(readFileSync(join(model.source, name)));
    }
    expect(existsSync(join(folder, 'README.md'))).toBe(false);
  });

  it('updates torch_dtype where the source has that name', async () => {
    const model = await sourceModel({ dtype: undefined, torch_dtype: 'bfloat16' });
    const folder = join(model.source, 'saved');
    await saveModelFolder(folder, { ...model, dtype: 'float32' });
    const json = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    expect(json).toMatchObject({ torch_dtype: 'float32', vocab_size: 11 });
    expect(json).not.toHaveProperty('dtype');
  });

  it('replaces an older folder, together with what a checkpoint adds', async () => {
    const model = await sourceModel();
    const folder = join(model.source, 'saved');
    mkdirSync(folder);
    writeFileSync(join(folder, 'old.txt'), 'old');
    await replaceFolder(folder, async (temporary) => {
      await writeModelFiles(temporary, { ...model, dtype: 'float32' });
      writeFileSync(join(temporary, 'optimizer.bin'), 'moments');
      expect(readdirSync(folder)).toEqual(['old.txt']);
    });
    expect(readdirSync(folder)).toContain('optimizer.bin');
    expect(readdirSync(folder)).not.toContain('old.txt');
    expect(readdirSync(model.source).filter((name) => name.startsWith('.saved'))).toEqual([]);
    expect(readdirSync(model.source).filter((name) => name.startsWith('saved'))).toEqual(['saved']);
  });

  it("does not touch a folder of the user's that is named like the older one", async () => {
    const model = await sourceModel();
    const [folder, backup] = [join(model.source, 'saved'), join(model.source, 'saved.old')];
    mkdirSync(backup);
    await replaceFolder(folder, async () => {});
    await replaceFolder(folder, async () => {});
    expect(readdirSync(model.source)).toContain('saved.old');
  });

  it('leaves the older folder and no other when it fails', async () => {
    const model = await sourceModel();
    const folder = join(model.source, 'saved');
    mkdirSync(folder);
    writeFileSync(join(folder, 'old.txt'), 'old');
    const saving = saveModelFolder(folder, { ...model, weights: model.weights.slice(1), dtype: 'float32' });
    await expect(saving).rejects.toThrow('announced but never written: model.embed_tokens.weight');
    expect(readdirSync(folder)).toEqual(['old.txt']);
    expect(readdirSync(model.source).filter((name) => name.startsWith('saved'))).toEqual(['saved']);
  });
});
