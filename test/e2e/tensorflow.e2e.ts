import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-python-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The interpreter that the editor knows: no TensorFlow in it, until it is told to hang. */
const python = join(folder, 'python');
function interpreter(script: string): void {
  writeFileSync(python, `#!/bin/sh\n${script}\n`);
  chmodSync(python, 0o755);
}
interpreter('echo "$0"');

const tfjsNode = process.env.GRPO_TEST_TENSORFLOW;
const session = new Session({}, (workspace) => {
  // The workspace's settings: those of a machine are not always read from the user's by an editor in a browser.
  const settings = { 'grpo.pythonPath': python, ...(tfjsNode && { 'grpo.tensorflowPath': tfjsNode }) };
  writeFileSync(join(workspace, '.vscode/settings.json'), JSON.stringify(settings));
  const config = join(workspace, 'sort.grpo.json');
  writeFileSync(config, readFileSync(config, 'utf8').replace('{', '{ "device": "tensorflow",'));
});

session.test('says what it takes to build, when that is not there', async ({ editor, server }) => {
  await editor.command('GRPO: Set Up TensorFlow Engine');
  await editor.choose("Build against your Python's TensorFlow");
  await editor.notification(/TensorFlow was not set up: The Python interpreter .* has no TensorFlow/).waitFor();
  await until('its process to be gone', () => server.processes('grpo.js').length === 0);
});

session.test('is cancelled with all that it has started, and says no more', async ({ editor, server }) => {
  interpreter('sleep 1000');
  const failures = editor.page.locator('.notification-list-item').filter({ hasText: 'TensorFlow was not set up' });
  const before = await failures.count();
  await editor.command('GRPO: Set Up TensorFlow Engine');
  await editor.choose("Build against your Python's TensorFlow");
  await until('the interpreter to be asked', () => server.processes('sleep 1000').length > 0);
  await editor.answer('TensorFlow engine', 'Cancel');
  const left = () => [...server.processes('grpo.js'), ...server.processes('sleep 1000')];
  await until('its processes to be gone', () => left().length === 0);
  await editor.notification('TensorFlow engine').waitFor({ state: 'hidden' });
  expect(await failures.count()).toBe(before);
});

if (tfjsNode)
  session.test('trains on the tfjs-node that a setting names', async ({ editor, dashboard, server }) => {
    await editor.command('GRPO: Start Training');
    await editor.choose('sort');
    await dashboard.state.filter({ hasText: 'running' }).waitFor();
    await until('a step', async () => (await dashboard.step()) > 0);
    await dashboard.button('Stop').click();
    await editor.notification(/sort.* stopped after step \d+/).waitFor();
    expect(readRunInfo(runFolders(server.workspace)[0]!).device).toBe('tensorflow');
  });
else console.log('Skipped: nothing is trained on tensorflow in the editor (set GRPO_TEST_TENSORFLOW).');
