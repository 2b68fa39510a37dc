import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const bytesFor = (words: number, kind: 'chunks' | 'whole'): number => {
  const args = ['scripts/run.mjs', 'test/helpers/vocabulary-peak.ts', String(words), kind];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
};

test('262,144 words need at most a tenth more memory than the logits of 32,768 as a whole', () => {
  const small = bytesFor(32_768, 'whole');
  // The logits, and their logarithms or gradients.
  expect(small).toBeGreaterThan(2 * 4 * 1024 * 32_768);
  expect(bytesFor(262_144, 'chunks')).toBeLessThan(1.1 * small);
}, 120_000);
