import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { overridesToResume, trainsWithTrl, trlOverrides } from '../../../../src/extension/workspace/trl-request.ts';
import type { RunConfig } from '../../../../src/protocol/run-config.ts';

test.each([
  ['{ "backend": "trl" }', true, []],
  ['{ "device": "cuda" }', true, []],
  ['{ "backend": "builtin" }', false, ['backend="trl"']],
  ['{ "device": "cpu", }', false, ['backend="trl"']],
  // TRL has no such device.
  ['// mine\n{ "device": "webgpu" }', false, ['backend="trl"', 'device="auto"']],
  ['not a config', false, ['backend="trl"']],
])('%s', (text, withTrl, overrides) => {
  expect(trainsWithTrl(text)).toBe(withTrl);
  expect(trlOverrides(text)).toEqual(overrides);
  expect(trainsWithTrl(text, trlOverrides(text))).toBe(true);
});

test('a run goes on with what has trained it, unless its config says otherwise', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-request-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const configFile = join(folder, 'a.grpo.json');
  const resumed = (backend: RunConfig['backend'], text: string) => {
    writeFileSync(configFile, text);
    return overridesToResume({ configFile, config: { backend } as RunConfig });
  };
  expect(await resumed('trl', '{}')).toEqual(['backend="trl"']);
  expect(await resumed('trl', '{ "backend": "trl" }')).toEqual([]);
  expect(await resumed('trl', '{ "backend": "builtin" }')).toEqual([]);
  expect(await resumed('builtin', '{}')).toEqual([]);
});
