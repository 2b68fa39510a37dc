import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

const session = new Session({}, (workspace) => {
  const config = readFileSync(join(workspace, 'sort.grpo.json'), 'utf8');
  // Every answer is cut off before its end.
  writeFileSync(
    join(workspace, 'short.grpo.json'),
    config.replace('"maxCompletionLength": 16', '"maxCompletionLength": 2'),
  );
});

session.test('a check shows what a run will be like, and marks in its config what is wrong', async (all) => {
  const { editor, server } = all;
  const { page } = editor;
  const before = readdirSync(server.workspace);
  await editor.openFile('short.grpo.json');
  const lens = page.locator('.codelens-decoration a', { hasText: 'Check Run' });
  // A click is lost where lenses are just being drawn again.
  await until('the check to begin', async () => {
    await lens.click();
    const begun = editor.notification(/Checking short/).waitFor({ timeout: 10_000 });
    return begun.then(
      () => true,
      () => false,
    );
  });
  const report = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await report.getByRole('heading', { name: 'short' }).waitFor({ timeout: 120_000 });
  await report.getByText(/All \d+ completions were cut off at 2 tokens/).waitFor();
  await report.getByRole('row', { name: /signal .* groups? with a learning signal/ }).waitFor();
  await report.getByRole('row', { name: /^inclusion 1 / }).waitFor();
  await editor.screenshot('check-report');
  await report.getByRole('link', { name: 'short.grpo.json:11:26' }).click();
  await editor.statusItem('Ln 11, Col 26').waitFor();
  // Nothing is saved, and nothing goes on.
  expect(readdirSync(server.workspace)).toEqual(before);
  await until('the command to end', () => server.processes('grpo.js check').length === 0);
});

session.test('the finding is at its field, with the longer limit as a quick fix', async ({ editor, server }) => {
  const { page } = editor;
  await editor.command('View: Focus Problems');
  const row = page.locator('.markers-panel .monaco-list-row').filter({ hasText: /were cut off at 2 tokens/ });
  await row.first().waitFor();
  await row.first().dblclick();
  const fix = page.getByText('Set "maxCompletionLength" to 128').first();
  // The menu closes when something else in the window moves.
  await until('the quick fix to be taken', async () => {
    await page.keyboard.press('Control+.');
    const taken = async () => {
      await fix.waitFor({ timeout: 3000 });
      await editor.screenshot('check-quick-fix');
      await fix.click({ timeout: 3000 });
    };
    return taken().then(
      () => true,
      () => page.keyboard.press('Escape').then(() => false),
    );
  });
  await page.locator('.editor-instance .view-line', { hasText: '"maxCompletionLength": 128' }).waitFor();
  // The config is another one now: what was said of it no longer holds.
  await row.first().waitFor({ state: 'hidden' });
  expect(server.processes('trainer.js')).toEqual([]);
});

session.test('checked again, the run has nothing against it', async ({ editor }) => {
  const report = editor.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await report.getByRole('link', { name: 'Check Again' }).click();
  await report.getByText(/of at most 128; 0 of \d+ cut off/).waitFor({ timeout: 120_000 });
  await editor.screenshot('check-report-sound');
});

session.test('a quick fix can be applied from the report, too, and undone', async ({ editor }) => {
  const { page } = editor;
  const report = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  const limit = (tokens: number) =>
    page.locator('.editor-instance .view-line', { hasText: `"maxCompletionLength": ${tokens}` });
  await editor.command('View: Focus First Editor Group');
  await page.keyboard.press('Control+z');
  await limit(2).waitFor();
  await report.getByRole('link', { name: 'Check Again' }).click();
  await report.getByRole('link', { name: 'Set "maxCompletionLength" to 128' }).click({ timeout: 120_000 });
  await limit(128).waitFor();
});
