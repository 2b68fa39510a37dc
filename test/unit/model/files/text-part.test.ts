/** The language models of models that take images as well (test/references/multimodal.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normals } from '../../../../src/data/random.ts';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { ARCHITECTURES } from '../../../../src/model/architectures/table.ts';
import { writeAdapterFiles } from '../../../../src/model/files/adapter-files.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { saveModelFolder } from '../../../../src/model/files/save.ts';
import { textConfig } from '../../../../src/model/files/text-part.ts';
import { loadWeights, notLoaded } from '../../../../src/model/files/weights.ts';
import { Scorer } from '../../../../src/model/network/scorer.ts';
import { adapterShapes } from '../../../../src/model/parameters.ts';
import { sizeOf } from '../../../../src/model/shape.ts';
import { runConfigSchema } from '../../../../src/protocol/run-config.ts';
import { hasPackages } from '../../../helpers/python-packages.ts';
import { printedByPython } from '../../../helpers/run-python.ts';
import { temporaryFolder } from '../model-folder.ts';

const REFERENCES = join(import.meta.dirname, '../../../references');
const FIXTURES = join(REFERENCES, 'fixtures/multimodal');
const engine = new OnnxEngine();

const hasPeft = hasPackages(['peft'], 'no checkpoint was opened with it');

interface Row {
  promptIds: number[];
  completionIds: number[];
  logProbs: number[];
}

async function scored(model: string, rows: Row[]): Promise<number[][]> {
  const { config, weights } = await readModel(model);
  return new Scorer(engine, config, 1).logProbs(weights, rows);
}

async function opened(folder: string, rows: Row[]): Promise<{ class: string; logProbs: number[][] }> {
  const script = join(REFERENCES, 'multimodal.py');
  return JSON.parse(await printedByPython([script, '--open', folder], { input: JSON.stringify(rows) }));
}

function expectClose(got: number[][], expected: number[][]): void {
  got.forEach((row, i) => {
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(expected[i]![j]!, 4);
    });
  });
}

describe.skipIf(!hasPackages(['transformers'], 'no defaults were compared with its own'))(
  'sizes that config.json leaves out',
  () => {
    it('are those of transformers', async () => {
      const printed = await printedByPython([join(REFERENCES, 'multimodal.py'), '--defaults']);
      const defaults: Record<string, Record<string, number | null>> = JSON.parse(printed);
      for (const [type, { num_key_value_heads, head_dim, ...sizes }] of Object.entries(defaults)) {
        const whole = { architectures: ['Mistral3ForConditionalGeneration'], text_config: { model_type: type } };
        expect(textConfig(whole), type).toMatchObject(sizes);
        const { layers } = archOf(type).describe(textConfig(whole), 'config.json');
        const attention = layers.map(({ mixer }) => mixer).find((mixer) => mixer.kind === 'attention')!;
        expect(attention, type).toMatchObject({
          kvHeads: num_key_value_heads ?? sizes.num_attention_heads,
          headDim: head_dim ?? sizes.hidden_size! / sizes.num_attention_heads!,
        });
      }
    });
  },
);

const archOf = (type: string) => ARCHITECTURES.find(({ modelType }) => modelType === type)!;

describe.each(readdirSync(FIXTURES))('%s', (name) => {
  const folder = join(FIXTURES, name);
  const rows: Row[] = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const expected = rows.map(({ logProbs }) => logProbs);

  it('gives the log-probabilities that transformers gives texts', async () => {
    expectClose(await scored(folder, rows), expected);
  });

  it('says what is not loaded', () => {
    const parts = notLoaded(folder);
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts)
      expect(part).toMatch(/^(visual|vision|multi_modal|connector|embed_vision)\w* \(\d+ tensors?\)$/);
  });

  it('is saved as a folder of its language model alone', async () => {
    const config = readModelConfig(folder);
    const saved = join(temporaryFolder(), 'saved');
    const weights = [...loadWeights(folder, config)].map(([tensor, { shape, data }]) => [tensor, shape, data] as const);
    await saveModelFolder(saved, { source: folder, config, weights, dtype: 'float32' });
    expect(readModelConfig(saved)).toEqual(config);
    expect(notLoaded(saved)).toEqual([]);
    expectClose(await scored(saved, rows), expected);
    if (!hasPeft) return;
    const theirs = await opened(saved, rows);
    expect(theirs.class).toMatch(/ForCausalLM$/);
    expectClose(theirs.logProbs, expected);
  });

  it('has adapters that PEFT puts on the whole model', async () => {
    const fields = {
      model: folder,
      dataset: 'd',
      rewards: [],
      lora: { r: 3, loraAlpha: 6, targetModules: 'all-linear' },
    };
    const { lora } = runConfigSchema.parse({
      ...fields,
      lora: { ...fields.lora, rankPattern: { 'layers.1.*q_proj': 2 } },
    });
    const config = { ...readModelConfig(folder), lora: lora! };
    const tensors = [...adapterShapes(config)].map(
      ([tensor, shape]) => [tensor, shape, normals(1, [tensor], sizeOf(shape)).map((value) => 0.2 * value)] as const,
    );
    const adapter = temporaryFolder();
    await writeAdapterFiles(adapter, { base: folder, lora: lora! }, tensors, 'float32');
    const ours = await scored(adapter, rows);
    expect(Math.abs(ours[1]![3]! - expected[1]![3]!)).toBeGreaterThan(1e-3);
    if (hasPeft) expectClose((await opened(adapter, rows)).logProbs, ours);
  });
});
