import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

const tornConfig = (text: string) => text.replace('sort.train.jsonl', 'torn.jsonl');

const session = new Session({}, (workspace) => {
  const config = join(workspace, 'sort.grpo.json');
  writeFileSync(
    join(workspace, 'wrong.grpo.json'),
    readFileSync(config, 'utf8').replace('learningRate', 'learningRte'),
  );
  writeFileSync(join(workspace, 'torn.grpo.json'), tornConfig(readFileSync(config, 'utf8')));
  writeFileSync(join(workspace, 'data/torn.jsonl'), '{"prompt": "Sort 1 0:", "numbers": [1, 0]}\n{"prompt": \n');
});

session.test('a wrong field is marked while it is edited', async ({ editor }) => {
  await editor.openFile('wrong.grpo.json');
  await editor.page.locator('.squiggly-warning, .squiggly-error').first().waitFor();
  await editor.command('View: Focus Problems');
  await editor.page
    .locator('.markers-panel')
    .getByText(/learningRte/)
    .first()
    .waitFor();
  await editor.screenshot('config-schema');
});

session.test('it keeps training from starting, with its place and the right name', async ({ editor, server }) => {
  await editor.command('GRPO: Start Training');
  await editor.choose('wrong');
  await editor.notification(/wrong could not start: .*learningRte.*learningRate/).waitFor();
  await editor.page
    .locator('.markers-panel')
    .getByText(/learningRte.*learningRate/)
    .first()
    .waitFor();
  await editor.screenshot('config-problem');
  await editor.answer(/wrong could not start/, 'Open');
  // The cursor is at the field now.
  const { page } = editor;
  const fix = page.getByText('Change to "learningRate"').first();
  await until('the quick fix to be offered', async () => {
    await page.keyboard.press('Control+.');
    return fix.waitFor({ timeout: 3000 }).then(
      () => true,
      () => page.keyboard.press('Escape').then(() => false),
    );
  });
  await editor.screenshot('config-quick-fix');
  await fix.click();
  await page.locator('.editor-instance .view-line', { hasText: '"learningRate"' }).waitFor();
  await editor.command('File: Revert File');
  expect(server.processes('trainer.js')).toEqual([]);
});

session.test('what is wrong in a dataset is no problem any more once the config names another one', async (all) => {
  const { editor, server } = all;
  const { page } = editor;
  const config = join(server.workspace, 'torn.grpo.json');
  const problem = page.locator('.markers-panel .monaco-list-row').filter({ hasText: /torn\.jsonl/ });
  const start = async () => {
    await editor.clearNotifications();
    await editor.command('GRPO: Start Training');
    await editor.choose('torn');
    await editor.notification(/torn could not start: .*JSON/).waitFor();
    await problem.first().waitFor();
  };
  // As another program changes it.
  const sound = readFileSync(join(server.workspace, 'sort.grpo.json'), 'utf8');
  await start();
  await editor.screenshot('config-torn-dataset');
  writeFileSync(config, sound);
  await problem.first().waitFor({ state: 'hidden' });

  // And as it is edited, before that is saved.
  writeFileSync(config, tornConfig(sound));
  await start();
  await editor.openFile('torn.grpo.json');
  await page.locator('.editor-instance .view-line', { hasText: '"dataset"' }).click();
  await page.keyboard.press('End');
  await page.keyboard.type(' ');
  await problem.first().waitFor({ state: 'hidden' });
  await editor.command('File: Revert File');
  await editor.clearNotifications();
});

session.test('a model that is not there can be got: its command stands in a terminal, not run', async (all) => {
  const { editor, server } = all;
  await editor.openFile('instruct.grpo.json');
  await editor.command('GRPO: Start Training');
  await editor.choose('instruct');
  await editor.answer(/instruct could not start: "model" names models\/smollm2-135m-instruct/, 'Get Model');
  await editor.quickRow('SmolLM2-135M-Instruct').waitFor();
  await editor.screenshot('get-model');
  await editor.choose('SmolLM2-135M-Instruct');
  await editor.choose('With curl');
  await editor.page.locator('.terminal-tab, .single-terminal-tab', { hasText: 'Get SmolLM2' }).first().waitFor();
  await editor.page.locator('.terminal-wrapper.active .xterm').waitFor();
  await editor.screenshot('get-model-terminal');
  expect(existsSync(join(server.workspace, 'models/smollm2-135m-instruct'))).toBe(false);
  await editor.command('Terminal: Kill All Terminals');
});

session.test('which models work can be read', async ({ editor, dashboard }) => {
  // The dashboard of the run that could not start.
  await editor.command('View: Close All Editors');
  await editor.command('GRPO: Get Model');
  await editor.quickRow('SmolLM2-135M').waitFor();
  // The list of models is longer than what it shows at a time.
  await editor.quickInput.fill('Supported models');
  await editor.choose('Supported models');
  await editor.page.getByRole('tab', { name: /Preview models\.md/ }).waitFor();
  await dashboard.frame.getByRole('link', { name: 'Qwen/Qwen3-0.6B' }).waitFor();
  await editor.screenshot('models-page');
  await editor.command('View: Close Editor');
});

session.test('devices are shown with what each can do, and one that works goes into a config', async (all) => {
  const { editor, server } = all;
  await editor.command('GRPO: Show Devices');
  await editor.quickRow(/cpu.*works: two 1024 × 1024 matrices/).waitFor({ timeout: 60_000 });
  // There is a GPU or there is none, and then how to get one: whatever this machine has.
  await editor.quickRow(/webgpu.*(works: two|does not work: .*driver)/).waitFor();
  await editor.screenshot('devices');
  await editor.choose(/cpu.*works/);
  await editor.choose('wrong');
  await expect.poll(() => readFileSync(join(server.workspace, 'wrong.grpo.json'), 'utf8')).toContain('"device": "cpu"');
});

session.test('fields are completed and explained', async ({ editor }) => {
  await editor.openFile('arithmetic.grpo.json');
  const line = editor.page.locator('.editor-instance .view-line').filter({ hasText: 'numGenerations' });
  await editor.hover(line.getByText('numGenerations'), /completions/i);
  await editor.screenshot('config-hover');
  await editor.page.locator('.editor-instance .view-line').filter({ hasText: 'saveSteps' }).click();
  await editor.page.keyboard.press('End');
  await editor.page.keyboard.type(',\n');
  await editor.page.keyboard.press('Control+Space');
  await editor.page.locator('.suggest-widget .monaco-list-row').filter({ hasText: 'beta' }).first().waitFor();
  await editor.screenshot('config-completion');
  await editor.page.keyboard.press('Escape');
  await editor.command('File: Revert File');
});

session.test('a config is made in four steps, and trains from its lens', async ({ editor, dashboard, server }) => {
  await editor.command('GRPO: Create Run Config');
  await editor.choose('tiny-sort');
  await editor.choose('sort.train.jsonl');
  await editor.choose('sort.reward.ts');
  await editor.screenshot('create-config');
  await editor.choose('cpu');
  await editor.page.getByRole('tab', { name: 'sort-2.grpo.json' }).waitFor();
  expect(existsSync(join(server.workspace, 'sort-2.grpo.json'))).toBe(true);
  await editor.page.getByRole('button', { name: 'Start Training' }).first().click();
  await dashboard.state.filter({ hasText: 'running' }).waitFor({ timeout: 60_000 });
  await editor.screenshot('beside-the-config');
});

session.test('a second run waits in the queue, and starts when the first has ended', async ({ editor, server }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.command('GRPO: Queue Another Run');
  await editor.choose(/^arithmetic/);
  await editor.treeItem('Queued').waitFor();
  await editor.screenshot('queued');
  await editor.command('GRPO: Stop Training');
  await editor.statusItem(/arithmetic \d+\//).waitFor({ timeout: 60_000 });
  expect(server.processes('trainer.js')).toHaveLength(1);
  await editor.command('GRPO: Stop Training');
  await editor.notification(/arithmetic stopped after step/).waitFor({ timeout: 60_000 });
  await editor.page.locator('.codelens-decoration').getByText('Start Training').first().waitFor();
});

session.test('tells how it is doing: log and debug information', async ({ editor }) => {
  await editor.command('GRPO: Show Log');
  await editor.page
    .locator('.panel .view-lines')
    .getByText(/trainer\sstarted/)
    .first()
    .waitFor();
  await editor.command('GRPO: Show Debug Information');
  await editor.page
    .locator('.editor-instance')
    .getByText(/activation\s.*\sms/)
    .first()
    .waitFor({ timeout: 60_000 });
  await editor.screenshot('debug-information');
});
