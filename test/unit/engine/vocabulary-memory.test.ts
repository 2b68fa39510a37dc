import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const bytesFor = (words: number, width: number, kind: 'chunks' | 'whole' | 'trained'): number => {
  const args = ['scripts/run.mjs', 'test/helpers/vocabulary-peak.ts', String(words), String(width), kind];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
};

const [SMALL, LARGE] = [32_768, 262_144];

test('262,144 words need at most a tenth more memory than the logits of 32,768 as a whole', () => {
  const small = bytesFor(SMALL, 16, 'whole');
  // The logits, and their logarithms or gradients.
  expect(small).toBeGreaterThan(2 * 4 * 1024 * SMALL);
  expect(bytesFor(LARGE, 16, 'chunks')).toBeLessThan(1.1 * small);
});

test('so do words that are trained, but for one copy of their gradient', () => {
  const width = 128;
  const gradient = 4 * LARGE * width;
  expect(bytesFor(LARGE, width, 'trained')).toBeLessThan(1.1 * bytesFor(SMALL, width, 'whole') + gradient);
});
