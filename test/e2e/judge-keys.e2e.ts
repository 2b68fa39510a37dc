/** A judge's key: stored in VS Code's secret storage, seen by rewards alone, in no file, and removed again. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { RewardPreviews } from './helpers/previews.ts';
import { until } from './helpers/processes.ts';
import { readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const KEY = 'sk-open-sesame-4711';
const seen: (string | undefined)[] = [];
const judge = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  seen.push(request.headers.authorization);
  const score = JSON.parse(body).messages[1].content.length % 11;
  const content = JSON.stringify({ reason: `asked with ${request.headers.authorization}`, score });
  const usage = { prompt_tokens: 100, completion_tokens: 10 };
  response.end(JSON.stringify({ choices: [{ message: { content } }], usage }));
});
beforeAll(() => new Promise<void>((resolve) => judge.listen(0, '127.0.0.1', resolve)));
afterAll(() => void judge.close());

const session = new Session({}, (workspace) => {
  const { port } = judge.address() as AddressInfo;
  writeFileSync(
    join(workspace, 'rewards/judged.reward.ts'),
    `import { judge } from 'grpo/rewards';

export const good = judge({
  url: 'http://127.0.0.1:${port}/v1',
  model: 'm',
  rubric: 'It is sorted.',
  apiKeyEnv: 'E2E_JUDGE_KEY',
  prices: { prompt: 10, completion: 100 },
});
`,
  );
  const samples = ['0 1', '1 0'].map((completion) => `${JSON.stringify({ prompt: '1 0 =', completion })}\n`);
  writeFileSync(join(workspace, 'samples/judged.samples.jsonl'), samples.join(''));
  const sort = JSON.parse(readFileSync(join(workspace, 'sort.grpo.json'), 'utf8').replaceAll(/^ *\/\/.*$/gm, ''));
  const config = {
    ...{ ...sort, rewards: ['rewards/judged.reward.ts'], samples: 'samples/judged.samples.jsonl', maxSteps: 3 },
    ...{ promptsPerStep: 2, numGenerations: 4, rewardEnv: ['E2E_JUDGE_KEY'], rewardTimeoutSeconds: 60 },
  };
  writeFileSync(join(workspace, 'judged.grpo.json'), JSON.stringify(config));
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

session.test(
  'a reward whose key is missing says how to store it; stored, previews use it at once',
  async ({ editor }) => {
    await editor.openFile('judged.reward.ts');
    await editor.command('View: Focus Problems');
    const problems = editor.page.locator('.markers-panel');
    await problems
      .getByText(/key is missing: name E2E_JUDGE_KEY in "rewardEnv"/)
      .first()
      .waitFor();
    expect(seen).toEqual([]);

    await editor.command('GRPO: Set Judge Key');
    await until('a name to be suggested', async () => (await editor.quickInput.inputValue()) === 'OPENAI_API_KEY');
    await editor.quickInput.fill('E2E_JUDGE_KEY');
    await editor.page.keyboard.press('Enter');
    await editor.page.locator('.quick-input-title', { hasText: '2 of 2' }).waitFor();
    expect(await editor.quickInput.getAttribute('type')).toBe('password');
    await editor.quickInput.fill(KEY);
    await editor.screenshot('judge-key');
    await editor.page.keyboard.press('Enter');
    await editor.notification('The key is stored. Rewards get E2E_JUDGE_KEY').waitFor();

    await new RewardPreviews(editor).lens(/^2 samples · mean/);
    await until('no problem to be left', async () => (await problems.getByText('key is missing').count()) === 0);
    expect(new Set(seen)).toEqual(new Set([`Bearer ${KEY}`]));
  },
);

session.test('a training uses it, and shows what the judge costs', async ({ editor, server, dashboard }) => {
  await editor.openFile('judged.grpo.json');
  const before = seen.length;
  await editor.command('GRPO: Start Training');
  await editor.choose('judged.grpo.json');
  const done = () => {
    const [folder] = runFolders(server.workspace);
    const isThere = folder !== undefined && existsSync(join(folder, 'run.json'));
    return isThere && readRunInfo(folder).state === 'done' && folder;
  };
  const run = await until('the training to be done', done, 90_000);
  expect(seen.length).toBeGreaterThan(before);
  expect(new Set(seen)).toEqual(new Set([`Bearer ${KEY}`]));
  const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const names = new Set(metrics.flatMap((line) => Object.keys(JSON.parse(line))));
  for (const count of ['calls', 'prompt_tokens', 'cost'])
    for (const name of [`judge/good/${count}`, `eval_judge/good/${count}`]) expect(names).toContain(name);
  const chart = dashboard.frame.getByText('Cost of the judge good').first();
  await chart.scrollIntoViewIfNeeded();
  await editor.screenshot('judge-cost');
});

session.test('no file of the workspace, the profile or the logs has it', async ({ server }) => {
  // The server's folder: workspaces, profile, logs.
  const files = filesIn(dirname(server.folder)).filter((file) => !/\.(vsix|node|wasm)$/.test(file));
  const inWorkspace = files.filter((file) => file.startsWith(join(server.workspace, '.grpo')));
  expect(inWorkspace.some((file) => file.endsWith('judge.jsonl'))).toBe(true);
  expect(inWorkspace.length).toBeGreaterThan(8);
  expect(files.filter((file) => readFileSync(file, 'latin1').includes(KEY))).toEqual([]);
});

session.test('removed, no process has it any more', async ({ editor, server }) => {
  await editor.openFile('judged.reward.ts');
  const environments = () =>
    server.processes('preview.js').map(({ pid }) => readFileSync(`/proc/${pid}/environ`, 'latin1'));
  expect(environments().some((text) => text.includes(`E2E_JUDGE_KEY=${KEY}`))).toBe(true);
  await editor.clearNotifications();
  await editor.command('GRPO: Remove Judge Key');
  await editor.choose('E2E_JUDGE_KEY');
  await editor.notification('The key for E2E_JUDGE_KEY was removed.').waitFor();
  await until('previews to be without it', () => !environments().join('').includes(KEY));
  await editor.command('GRPO: Remove Judge Key');
  await editor.notification('No judge key is stored.').waitFor();
});
