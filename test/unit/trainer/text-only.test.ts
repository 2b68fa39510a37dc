import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { textOnly } from '../../../src/trainer/text-only.ts';

const FIXTURES = join(import.meta.dirname, '../../references/fixtures');
const findingsFor = (model: string) =>
  textOnly({
    config: runConfigSchema.parse({ model: join(FIXTURES, model), dataset: 'd', rewards: [] }),
    locate: () => ({ file: 'run.json' }),
  });

it('says once which parts of a model are not loaded', () => {
  const [finding, ...others] = findingsFor('multimodal/gemma3');
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ kind: 'text-only', severity: 'information', place: { file: 'run.json' } });
  expect(finding!.evidence).toMatch(
    /^Text only: (multi_modal_projector|vision_tower) \(\d+ tensors\), \w+ \(\d+ tensors\) of the model are not loaded\.$/,
  );
});

it('has nothing to say of a model that is loaded as a whole', () => {
  expect(findingsFor('models/qwen3')).toEqual([]);
  expect(findingsFor('gguf/qwen2.gguf')).toEqual([]);
});
