import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { writeSafetensors } from '../../../../src/model/files/safetensors-writer.ts';
import { loadWeights } from '../../../../src/model/files/weights.ts';
import { parameterShapes } from '../../../../src/model/parameters.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import { configFolder, modelFolder, valuesOf, writeJson, writeRawSafetensors, writeTensors } from '../model-folder.ts';

const load = (folder: string) => new Map(loadWeights(folder, readModelConfig(folder)));
const TIED = { tie_word_embeddings: true };
const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

function expectWeights(folder: string): void {
  const shapes = parameterShapes(readModelConfig(folder));
  const weights = load(folder);
  expect([...weights.keys()]).toEqual([...shapes.keys()]);
  for (const [name, { shape, data }] of weights) {
    expect(shape).toEqual(shapes.get(name));
    expect(data).toEqual(valuesOf(name, shape));
  }
}

/** Splits a model over two shards, with the index that says so; `edit` may make it say something else. */
async function shardedFolder(edit: (map: Record<string, unknown>) => void = () => {}): Promise<string> {
  const folder = configFolder();
  const all = [...parameterShapes(readModelConfig(folder))];
  const map: Record<string, unknown> = {};
  for (const [shard, part] of [all.slice(0, 5), all.slice(5)].entries()) {
    const file = `model-0000${shard + 1}-of-00002.safetensors`;
    await writeTensors(join(folder, file), new Map(part));
    for (const [name] of part) map[name] = file;
  }
  edit(map);
  writeJson(folder, 'model.safetensors.index.json', { metadata: {}, weight_map: map });
  return folder;
}

describe('loading weights', () => {
  it.each(['float32', 'float16', 'bfloat16'] as const)('reads %s as float32', async (dtype) => {
    expectWeights(await modelFolder({}, undefined, dtype));
  });

  it('reads every architecture', async () => {
    const qwen3 = { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', head_dim: 6 };
    expectWeights(await modelFolder(qwen3));
    expectWeights(await modelFolder({ architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', ...TIED }));
    expectWeights(await modelFolder({ attention_bias: true, mlp_bias: true }));
  });

  it('reads shards', async () => expectWeights(await shardedFolder()));

  it('ignores rotary buffers', async () => {
    expectWeights(
      await modelFolder({}, (shapes) =>
        shapes.set('model.layers.0.self_attn.rotary_emb.inv_freq', [2]).set('model.rotary_emb.inv_freq', [2]),
      ),
    );
  });

  it('takes from the index only which shards there are: it may be stale', async () => {
    const stale = await shardedFolder((map) => {
      map['model.layers.0.self_attn.rotary_emb.inv_freq'] = map[HEAD] = 'model-00002-of-00002.safetensors';
      map[EMBEDDING] = 'model-00002-of-00002.safetensors';
      delete map['model.norm.weight'];
    });
    expectWeights(stale);
  });

  it.each<[string, (name: string) => string]>([
    ['of the bare decoder', (name) => name.replace('model.', '')],
    ['with one prefix too many', (name) => `model.${name}`],
    ['with one too many on the decoder alone', (name) => name.replace(/^model\./, 'model.model.')],
  ])('finds tensors by the names %s, as transformers does', async (_, rename) => {
    for (const fields of [{}, TIED]) {
      const folder = configFolder(fields);
      const shapes = parameterShapes(readModelConfig(folder));
      const named = [...shapes].map(([name, shape]) => [rename(name), shape, valuesOf(name, shape)] as const);
      const header = new Map(named.map(([name, shape]) => [name, shape]));
      await writeSafetensors(join(folder, 'model.safetensors'), header, named, 'float32');
      expectWeights(folder);
    }
  });

  it('takes the head of a tied model for its embeddings, where the file has it alone', async () => {
    const folder = configFolder(TIED);
    const shapes = parameterShapes(readModelConfig(folder));
    const named = [...shapes].map(
      ([name, shape]) => [name === EMBEDDING ? HEAD : name, shape, valuesOf(name, shape)] as const,
    );
    const header = new Map(named.map(([name, shape]) => [name, shape]));
    await writeSafetensors(join(folder, 'model.safetensors'), header, named, 'float32');
    expectWeights(folder);
  });

  it('accepts a tied head that equals the embeddings, and refuses one that does not', async () => {
    // The test values depend on the length of the name, so the head would differ from the embeddings.
    const folder = configFolder(TIED);
    const shapes = parameterShapes(readModelConfig(folder));
    shapes.set(HEAD, [11, 8]);
    const file = join(folder, 'model.safetensors');
    await writeTensors(file, shapes);
    expect(() => load(folder)).toThrow(`${file}: "lm_head.weight" differs from the embeddings`);

    const tensors = [...shapes].map(([name, shape]) => {
      return [name, shape, valuesOf(name === HEAD ? EMBEDDING : name, shape)] as const;
    });
    await writeSafetensors(file, shapes, tensors, 'float32');
    expectWeights(folder);
  });
});

it("passes over what transformers does: the layer of Qwen 3.5's files that predicts the token after the next", async () => {
  const fields = { architectures: ['Qwen3_5ForCausalLM'], model_type: 'qwen3_5_text', full_attention_interval: 2 };
  expectWeights(await modelFolder(fields, (shapes) => shapes.set('mtp.fc.weight', [8, 16])));
});

describe('refusing weights', () => {
  it.each<[string, (shapes: Map<string, number[]>) => void, string]>([
    ['one missing', (s) => s.delete('model.norm.weight'), 'tensor "model.norm.weight" is missing from the weights'],
    ['the head missing', (s) => s.delete(HEAD), 'set "tie_word_embeddings" to true in config.json if'],
    [
      'many missing',
      (s) => [...s.keys()].slice(0, 6).forEach((name) => void s.delete(name)),
      `tensors "${EMBEDDING}", "model.layers.0.input_layernorm.weight", "model.layers.0.self_attn.q_proj.weight" and 3 more are missing`,
    ],
    ['one left over', (s) => s.set('extra', [1]), 'tensor "extra" is in the weights but not part of the model'],
    ['a bias left over', (s) => s.set('model.layers.1.mlp.up_proj.bias', [6]), 'is in the weights but not part of'],
    [
      'a wrong shape',
      (s) => s.set('model.layers.1.mlp.up_proj.weight', [8, 6]),
      'tensor "model.layers.1.mlp.up_proj.weight" is [8, 6], but config.json asks for [6, 8]',
    ],
    ['wrong shapes', (s) => s.set(EMBEDDING, [12, 8]).set(HEAD, [12, 8]), '[11, 8] (and 1 more tensors do not fit)'],
  ])('%s', async (_, change, message) => {
    const folder = await modelFolder({}, change);
    expect(() => load(folder)).toThrow(BadInput);
    expect(() => load(folder)).toThrow(message);
    expect(() => load(folder)).toThrow(`${join(folder, 'model.safetensors')}: `);
  });

  it.each([
    ['float32', [Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], '3 values that are not finite'],
    ['float16', [Number.POSITIVE_INFINITY, 1], '1 value that is not finite'],
    ['bfloat16', [Number.NEGATIVE_INFINITY, Number.NaN, 3.38e38], '2 values that are not finite'],
  ] as const)('values that are not finite, in %s', async (dtype, values, found) => {
    const folder = configFolder();
    const shapes = parameterShapes(readModelConfig(folder));
    const name = 'model.layers.1.mlp.up_proj.weight';
    const tensors = [...shapes].map(([each, shape]) => {
      const numbers = valuesOf(each, shape);
      if (each === name) numbers.set(values, 5);
      return [each, shape, numbers] as const;
    });
    const file = join(folder, 'model.safetensors');
    await writeSafetensors(file, shapes, tensors, dtype);
    expect(() => load(folder)).toThrow(BadInput);
    expect(() => load(folder)).toThrow(`${file}: tensor "${name}" has ${found} (of 48)`);
  });

  it("names that a wrapper's checkpoint has", async () => {
    const folder = configFolder();
    const shapes = parameterShapes(readModelConfig(folder));
    const wrapped = new Map([...shapes].map(([name, shape]) => [`_orig_mod.${name}`, shape]));
    await writeTensors(join(folder, 'model.safetensors'), wrapped);
    expect(() => load(folder)).toThrow('the file\'s names begin with "_orig_mod."');
  });

  it('a dtype that cannot be read', () => {
    const folder = configFolder();
    let end = 0;
    const header = Object.fromEntries(
      [...parameterShapes(readModelConfig(folder))].map(([name, shape]) => {
        const begin = end;
        end += shape.reduce((product, size) => product * size, 1);
        return [name, { dtype: 'F8_E4M3', shape, data_offsets: [begin, end] }];
      }),
    );
    writeRawSafetensors(join(folder, 'model.safetensors'), header, end);
    expect(() => load(folder)).toThrow('has dtype F8_E4M3, but only F32, F16 and BF16 are supported');
  });

  it('a folder without weights', () => {
    expect(() => load(configFolder())).toThrow('this folder has no model.safetensors');
  });

  it("a trainer's checkpoint without its weights", () => {
    const folder = configFolder();
    for (const name of ['optimizer.pt', 'scheduler.pt', 'rng_state.pth', 'training_args.bin'])
      writeFileSync(join(folder, name), 'x');
    expect(() => load(folder)).toThrow('this folder has no model.safetensors');
  });

  it.each(['pytorch_model.bin', 'model.pt'])('a pickle: %s', (name) => {
    const folder = configFolder();
    writeFileSync(join(folder, name), 'x');
    expect(() => load(folder)).toThrow(`${folder}: ${name} is a Python pickle`);
    expect(() => load(folder)).toThrow(
      `"from transformers import AutoModelForCausalLM as M; M.from_pretrained('.').save_pretrained('.')"`,
    );
  });
});

describe('refusing shards', () => {
  it('one is missing', async () => {
    const folder = await shardedFolder();
    rmSync(join(folder, 'model-00002-of-00002.safetensors'));
    expect(() => load(folder)).toThrow('the shard model-00002-of-00002.safetensors is missing from the folder');
  });

  it.each(['../model.safetensors', '/etc/passwd', 'a/b.safetensors', 'a\\b.safetensors', 'weights.bin', 7, '..'])(
    'the index names %j',
    async (name) => {
      const folder = await shardedFolder((map) => {
        map[EMBEDDING] = name;
      });
      expect(() => load(folder)).toThrow(`puts "${EMBEDDING}" into ${JSON.stringify(name)}, which is not the name of`);
    },
  );

  it('none of them has a tensor', async () => {
    const folder = await shardedFolder();
    const shapes = new Map([...parameterShapes(readModelConfig(folder))].slice(5));
    shapes.delete('model.norm.weight');
    await writeTensors(join(folder, 'model-00002-of-00002.safetensors'), shapes);
    const index = join(folder, 'model.safetensors.index.json');
    expect(() => load(folder)).toThrow(`${index}: tensor "model.norm.weight" is missing from the weights`);
  });

  it('the index is missing', async () => {
    const folder = await shardedFolder();
    rmSync(join(folder, 'model.safetensors.index.json'));
    expect(() => load(folder)).toThrow(
      `${folder}: this folder has 2 .safetensors files, but neither model.safetensors nor model.safetensors.index.json`,
    );
  });

  it('two hold the same tensor', async () => {
    const folder = await shardedFolder();
    const second = join(folder, 'model-00002-of-00002.safetensors');
    const shapes = new Map([...parameterShapes(readModelConfig(folder))].slice(4));
    await writeTensors(second, shapes);
    expect(() => load(folder)).toThrow(/: tensor ".*" is in model-00001-of-00002.safetensors too/);
  });

  it('the index has no map', () => {
    const folder = configFolder();
    writeJson(folder, 'model.safetensors.index.json', { weight_map: [] });
    expect(() => load(folder)).toThrow('"weight_map" must be an object');
  });
});
