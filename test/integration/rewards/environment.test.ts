/** Which environment variables a reward sees. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { rewardEnvironment } from '../../../src/processes/reward-environment.ts';
import { batchOf, folderWith, open, pythonMissing } from './workspace.ts';

const files = {
  'see.reward.ts': `export const see = () => ({ score: 1, reason: JSON.stringify(process.env) });`,
  'see.py': `
import json, os
def see(completions, log_extra, **kwargs):
    log_extra("environment", [json.dumps(dict(os.environ))])
    return [1.0]`,
};
const names = Object.keys(files).filter((name) => !(pythonMissing && name.endsWith('.py')));

/** Sets variables of this process for the test. */
function withVariables(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

async function seenBy(name: string, rewardEnv?: string[]) {
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const set = await open([{ file: join(folderWith(files), name) }], { onWarning, ...(rewardEnv && { rewardEnv }) });
  const { columns, extra } = await set.score(batchOf(['x']));
  const [outcome] = columns[0]!.outcomes;
  const text = name.endsWith('.py') ? extra.environment![0] : outcome?.kind === 'score' && outcome.reason;
  return { seen: JSON.parse(text as string) as Record<string, string>, warnings };
}

test.each(names)('the usual ones, and no keys or tokens (%s)', async (name) => {
  withVariables({
    ...{
      OPENAI_API_KEY: 'k',
      AWS_SECRET_ACCESS_KEY: 'k',
      HF_TOKEN: 'k',
      CONDA_TOKEN: 'k',
      NODE_OPTIONS: '--no-warnings',
    },
    ...{ CUDA_VISIBLE_DEVICES: '1', LC_ALL: 'C.UTF-8', PYTHONUTF8: '1', HF_HOME: '/models', OMP_NUM_THREADS: '3' },
  });
  const { seen, warnings } = await seenBy(name);
  const { PATH, HOME } = process.env;
  expect(seen).toMatchObject({ PATH, HOME, CUDA_VISIBLE_DEVICES: '1', LC_ALL: 'C.UTF-8', PYTHONUTF8: '1' });
  expect(seen).toMatchObject({ HF_HOME: '/models', OMP_NUM_THREADS: '3' });
  for (const hidden of ['OPENAI_API_KEY', 'AWS_SECRET_ACCESS_KEY', 'HF_TOKEN', 'CONDA_TOKEN', 'NODE_OPTIONS'])
    expect(seen).not.toHaveProperty(hidden);
  expect(warnings).toEqual([]);
});

test.each(names)('those that "rewardEnv" names; one that is not set is told (%s)', async (name) => {
  withVariables({ JUDGE_API_KEY: 'secret' });
  const { seen, warnings } = await seenBy(name, ['JUDGE_API_KEY', 'NOT_SET_ANYWHERE']);
  expect(seen).toMatchObject({ JUDGE_API_KEY: 'secret' });
  expect(warnings).toEqual([
    'The environment variable NOT_SET_ANYWHERE, which rewards should get ("rewardEnv"), is not set.',
  ]);
});

test('what a debugger takes away is what a worker does not get', () => {
  const from = { PATH: '/bin', HF_TOKEN: 'k', LANG: 'C', MINE: '1', OTHER: '2' };
  expect(rewardEnvironment(['MINE', 'GONE'], from)).toEqual({
    env: { PATH: '/bin', LANG: 'C', MINE: '1' },
    missing: ['GONE'],
    hidden: ['HF_TOKEN', 'OTHER'],
  });
});

test('what docs/rewards.md lists is what they see', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/rewards.md'), 'utf8');
  const [, section] = text.split('## Environment variables');
  const lists = section!
    .slice(0, section!.indexOf('Of the families'))
    .replace(/not `HF_TOKEN`|\(`NODE_OPTIONS`.*\)/g, '');
  const names = [...lists.matchAll(/`([A-Z_()0-9]+\*?)`/g)].map(([, name]) => name!.replace('*', 'X'));
  expect(names.length).toBeGreaterThan(60);
  const set = Object.fromEntries([...names, 'NODE_OPTIONS', 'HF_TOKEN', 'CUDA_API_KEY'].map((name) => [name, '1']));
  expect(Object.keys(rewardEnvironment([], set).env)).toEqual(names);
});

test.skipIf(pythonMissing)('os.environ of a name that rewards do not see tells how they get it', async () => {
  const source = `
import os
def judged(completions, **kwargs):
    return [{}["JUDGE"] if "no" in completions else os.environ["JUDGE_KEY"]]`;
  withVariables({ JUDGE_KEY: 'k' });
  const set = await open([{ file: join(folderWith({ 'judged.py': source }), 'judged.py') }]);
  const messageFor = async (completion: string) => (await set.score(batchOf([completion]))).columns[0]!.outcomes[0];
  expect(await messageFor('yes')).toMatchObject({
    message: `KeyError: 'JUDGE_KEY' (rewards see few environment variables: name it in the run config's "rewardEnv")`,
  });
  expect(await messageFor('no')).toMatchObject({ message: "KeyError: 'JUDGE'" });
});
