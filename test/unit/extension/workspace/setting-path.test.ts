import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settingPath } from '../../../../src/extension/workspace/setting-path.ts';

const folders = [
  { name: 'one', path: '/work/one' },
  { name: 'two', path: '/work/two' },
];

const variable = (name: string): string => `$\{${name}}`;

test.each([
  ['/usr/bin/python3', '/usr/bin/python3'],
  ['python3.12', 'python3.12'],
  [' .venv/bin/python ', '/work/one/.venv/bin/python'],
  ['~/venv/bin/python', join(homedir(), 'venv/bin/python')],
  [`${variable('userHome')}/python`, join(homedir(), 'python')],
  [`${variable('workspaceFolder')}/python`, '/work/one/python'],
  [`${variable('workspaceFolder:two')}/python`, '/work/two/python'],
  [`${variable('env:GRPO_TEST_SETTING')}/python`, '/set/python'],
  [`${variable('unknown')}/python`, `/work/one/${variable('unknown')}/python`],
])('%s', (value, path) => {
  process.env.GRPO_TEST_SETTING = '/set';
  expect(settingPath(value, folders)).toBe(path);
});

test('without a folder a relative path stays one', () => {
  expect(settingPath('a/b', [])).toBe('a/b');
});
