/** `grpo mcp` as an assistant uses it: a client of the Model Context Protocol from npm, and the sample workspace. */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, it, onTestFinished } from 'vitest';
import { TOOL_NAMES } from '../../../src/assistant/names.ts';
import { GRPO, temporaryFolder } from './run-grpo.ts';

const SAMPLES = join(import.meta.dirname, '../../../sample-workspace');

it('scores, audits, trains, reads and stops', async () => {
  const folder = temporaryFolder();
  for (const name of ['sort.grpo.json', 'rewards', 'samples', 'data', 'models'])
    cpSync(join(SAMPLES, name), join(folder, name), { recursive: true });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [GRPO, 'mcp'], cwd: folder }));
  onTestFinished(() => client.close());
  const call = async (name: string, args: Record<string, unknown>) => {
    const { content, isError } = await client.callTool({ name, arguments: args });
    return { text: (content as { text: string }[]).map(({ text }) => text).join('\n'), isError: isError === true };
  };

  expect(client.getInstructions()).toContain('score_samples, audit_rewards');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(TOOL_NAMES);
  expect(tools.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name)).toEqual([
    ...['list_runs', 'run_status', 'diagnose_run', 'read_group', 'explain_group'],
  ]);
  expect(tools.find(({ name }) => name === 'stop_training')!.annotations).toMatchObject({ destructiveHint: true });

  expect((await call('score_samples', { target: 'sort.grpo.json' })).text).toContain('Groups with a signal: ');
  expect((await call('audit_rewards', { target: 'rewards/sort.reward.ts' })).text).toMatch(
    /ordering +unknown +\d+ of \d+/,
  );
  expect(await call('score_samples', { target: 'no.grpo.json' })).toEqual({
    text: expect.stringContaining('no.grpo.json does not exist'),
    isError: true,
  });
  expect((await call('list_runs', {})).text).toMatch(/^There are no runs in /);

  const started = await call('start_training', { config: 'sort.grpo.json', set: ['maxSteps=5000', 'evalSteps=5000'] });
  const run = /^Training in (.*)\. It stops/.exec(started.text)![1]!;
  await expect.poll(() => existsSync(join(run, 'rollouts/step-000002.jsonl')), { timeout: 60_000 }).toBe(true);
  const group = await call('read_group', { run, step: 1, group: 1 });
  expect(group.text).toMatch(/^step 1, group 1 of \d+\nprompt: "Sort/);
  expect(group.text).toContain('"rewards":{"inclusion":');
  expect((await call('explain_group', { run, step: 1 })).text).toContain('advantage');
  expect(await call('read_group', { run, step: 4000 })).toEqual({
    text: expect.stringMatching(/has no step 4000: \d+ steps are done\.$/),
    isError: true,
  });
  expect((await call('diagnose_run', { run })).text).toMatch(/^sort: .* in \d+ steps?/);
  const stopped = await call('stop_training', { run });
  expect(stopped.text).toMatch(/^stopped at step \d+, checkpoint .*step-\d+$/);
  expect((await call('run_status', { run, steps: 1 })).text).toMatch(/: stopped, step \d+ of 5000/);
  expect((await call('list_runs', {})).text).toContain(run);
  expect(await call('stop_training', { run: 'elsewhere' })).toMatchObject({ isError: true });
  expect(await call('start_training', { config: 'sort.grpo.json', set: ['maxSteps=many'] })).toMatchObject({
    text: expect.stringContaining('maxSteps'),
    isError: true,
  });
});
