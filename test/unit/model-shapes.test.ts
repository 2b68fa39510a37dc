/** The shapes that `npm run bench -- models` trains are those of the real models. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SHAPES } from '../../bench/models/shapes.ts';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { parameterCount } from '../../src/model/parameters.ts';

test.each(Object.entries(SHAPES))('%s has as many parameters as its files on Hugging Face', (_, shape) => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-shape-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(shape.config));
  expect(parameterCount(readModelConfig(folder))).toBe(shape.parameters);
});
