import { expect, test } from 'vitest';
import { withRewards } from '../../../src/typescript-plugin/plugin.ts';

const found = (resolvedFileName: string) => ({
  resolvedModule: { resolvedFileName, extension: '.d.ts', isExternalLibraryImport: true },
});
const resolve = (own: Record<string, string>) =>
  withRewards(
    (literals) => literals.map(({ text }) => (own[text] === undefined ? {} : found(own[text]))),
    '/extension/grpo-rewards.d.ts',
  );
const literals = ['grpo/rewards', 'grpo/others', './a.ts'].map((text) => ({ text }));

test('grpo/rewards is found, and nothing else that was not', () => {
  expect(resolve({ './a.ts': '/w/a.ts' })(literals)).toEqual([
    found('/extension/grpo-rewards.d.ts'),
    {},
    found('/w/a.ts'),
  ]);
});

test('one that the workspace has counts', () => {
  expect(resolve({ 'grpo/rewards': '/w/node_modules/grpo/rewards.d.ts' })(literals)[0]).toEqual(
    found('/w/node_modules/grpo/rewards.d.ts'),
  );
});
