/** What the per-layer embeddings of a Gemma 4 take that its files have in bfloat16. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { writeSafetensors } from '../../../src/model/files/safetensors-writer.ts';
import { parameterShapes } from '../../../src/model/parameters.ts';
import { sizeOf } from '../../../src/model/shape.ts';
import { temporaryFolder, writeJson } from './model-folder.ts';

const GEMMA4 = join(import.meta.dirname, '../../references/fixtures/architectures/gemma4/config.json');
const WIDTH = 64;

/** With so many words in its per-layer embeddings. */
async function gemma4Folder(words: number): Promise<string> {
  const folder = temporaryFolder();
  const sizes = { vocab_size_per_layer_input: words, hidden_size_per_layer_input: WIDTH };
  writeJson(folder, 'config.json', { ...JSON.parse(readFileSync(GEMMA4, 'utf8')), ...sizes });
  const shapes = parameterShapes(readModelConfig(folder));
  const tensors = [...shapes].map(
    ([name, shape]) => [name, shape, new Float32Array(sizeOf(shape)).fill(0.25)] as const,
  );
  await writeSafetensors(join(folder, 'model.safetensors'), shapes, tensors, 'bfloat16');
  return folder;
}

function bytesFor(folder: string): number {
  const args = ['scripts/run.mjs', 'test/helpers/table-peak.ts', folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

test('reading, training an adapter and sampling take 2 bytes for each value, and a tenth more at most', async () => {
  const [small, large] = [await gemma4Folder(64), await gemma4Folder(2 ** 18)];
  const values = (2 ** 18 - 64) * readModelConfig(large).layers.length * WIDTH;
  expect(bytesFor(large) - bytesFor(small)).toBeLessThan(1.1 * 2 * values);
});
