import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const bytesOf = (kind: 'kept' | 'recomputed'): number => {
  const args = ['scripts/run.mjs', 'test/helpers/layers-peak.ts', kind];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout).bytes;
};

test('a gradient of twelve layers needs less than a third of the memory when activations are computed a second time', () => {
  const kept = bytesOf('kept');
  expect(kept).toBeGreaterThan(2 ** 30);
  expect(bytesOf('recomputed')).toBeLessThan(kept / 3);
});
