import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Dashboard } from '../helpers/dashboard.ts';
import type { Editor } from '../helpers/editor.ts';
import { until } from '../helpers/processes.ts';
import type { Server } from '../helpers/server.ts';
import type { Recorder } from './recorder.ts';

/** What the viewer types, in the place of `0`. */
const TYPED = 'answer.filter((number, i) => i > 0 && answer[i - 1]! <= number).length';
const BEFORE = 'const score = 0;';

/** The reward as it is before the film: `ordering` gives nothing yet. */
export function prepare(workspace: string): void {
  const file = join(workspace, 'rewards/sort.reward.ts');
  const text = readFileSync(file, 'utf8');
  const unfinished = text.replace(`const score = ${TYPED};`, BEFORE);
  if (unfinished === text) throw new Error(`${file} has not got the line that the film types`);
  writeFileSync(file, unfinished);
}

/** What happens in the film, by a user's hand. */
export async function play(
  editor: Editor,
  { workspace }: Server,
  record: (page: Page) => Promise<Recorder>,
): Promise<Recorder> {
  const { page } = editor;
  const dashboard = new Dashboard(editor);
  const lens = (text: RegExp) => page.getByText(text).first().waitFor();
  await editor.openFile('sort.reward.ts');
  await editor.command('View: Close Primary Side Bar');
  await lens(/7 samples · mean 0(?![.\d])/);
  await putCursorBehind(editor, BEFORE, workspace);

  const recorder = await record(page);
  await recorder.hold(1500);
  // The 0, and then what the reward is.
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Backspace');
  await page.keyboard.type(TYPED, { delay: 45 });
  await lens(/7 samples · mean 1\.71/);
  await recorder.hold(2500);
  await page.keyboard.press('Control+S');

  await editor.command('GRPO: Start Training');
  await recorder.hold(600);
  await editor.choose('sort');
  recorder.speed = 3;
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  await dashboard.state.filter({ hasText: 'done' }).waitFor({ timeout: 120_000 });
  await until('the last of the curve', async () => (await dashboard.step()) === 100);
  recorder.speed = 1;
  await editor.clearNotifications();
  await recorder.hold(2500);
  await readRollouts(editor, dashboard, recorder);
  await tryCheckpoint(dashboard, recorder);
  return recorder;
}

/** An early step, where completions of one prompt still differ. */
async function readRollouts({ page }: Editor, dashboard: Dashboard, recorder: Recorder): Promise<void> {
  const { frame } = dashboard;
  await dashboard.show('Rollouts');
  const step = frame.getByRole('spinbutton', { name: 'Step' });
  await step.fill('2');
  await page.keyboard.press('Enter');
  await frame.locator('.group-row').first().click();
  await frame.getByRole('region', { name: 'Completions of group 0' }).waitFor();
  await recorder.hold(2800);
  await frame.getByRole('button', { name: 'Explain Group' }).click();
  await frame.getByRole('region', { name: /^How GRPO learns/ }).waitFor();
  await recorder.hold(2500);
}

/** Beside the model that it started from. */
async function tryCheckpoint(dashboard: Dashboard, recorder: Recorder): Promise<void> {
  const { frame } = dashboard;
  await dashboard.show('Checkpoints');
  await frame.getByRole('button', { name: 'Try Step 100' }).click();
  const choose = frame.getByRole('button', { name: 'Choose a Prompt' });
  await choose.waitFor();
  await frame.getByRole('combobox', { name: 'Sampling' }).selectOption('Sampled');
  for (const index of [1, 4]) {
    await choose.click();
    await frame.getByRole('list', { name: 'Prompts' }).getByRole('button').nth(index).click();
    const answered = frame.locator('.exchange').last().getByRole('article', { name: 'Step 100' });
    await answered.locator('.scores').waitFor();
    await recorder.hold(2500);
  }
}

/** By "Go to Line", as the film must not scroll. */
async function putCursorBehind(editor: Editor, text: string, workspace: string): Promise<void> {
  const lines = readFileSync(join(workspace, 'rewards/sort.reward.ts'), 'utf8').split('\n');
  const line = lines.findIndex((each) => each.includes(text));
  await editor.page.keyboard.press('Control+G');
  await editor.quickInput.fill(`:${line + 1}:${lines[line]!.length + 1}`);
  await editor.page.keyboard.press('Enter');
}
