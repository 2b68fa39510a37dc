import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import { until } from './helpers/processes.ts';
import { makeRun } from './helpers/runs.ts';
import { saveAs } from './helpers/save-dialog.ts';
import { screenshotFile } from './helpers/screenshots.ts';
import { Session } from './helpers/session.ts';

const session = new Session({}, (workspace) => {
  makeRun(workspace, 'sort.grpo.json', { maxSteps: 8 });
  makeRun(workspace, 'sort.grpo.json', { maxSteps: 4, learningRate: 0.0001 });
});

session.test('metrics of a run and of one laid over it are a CSV file', async ({ editor, dashboard, server }) => {
  const { frame } = dashboard;
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('8/8').click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await dashboard.show('Compare');
  await frame.getByRole('checkbox').check();
  await dashboard.show('Overview');
  await frame.locator('.overlay').waitFor();
  await frame.getByRole('button', { name: 'Export…' }).click();
  await editor.screenshot('export-menu');
  const csv = await saveAs(editor, join(server.workspace, 'all.csv'), () =>
    frame.getByRole('button', { name: 'Metrics (CSV)' }).click(),
  );
  const lines = csv.toString().trimEnd().split('\r\n');
  expect(lines[0]).toMatch(/^run,step,.*reward/);
  // The heading, and of each run what was measured before the first step and its steps.
  expect(lines).toHaveLength(1 + 9 + 5);
  const runs = new Set(lines.slice(1).map((line) => line.split(',')[0]));
  expect(runs.size).toBe(2);
  await editor.notification('Exported all.csv').waitFor();
  await editor.clearNotifications();
});

session.test('a report opens in a browser, without the editor', async ({ editor, dashboard, server }) => {
  const { frame } = dashboard;
  const file = join(server.workspace, 'report.html');
  await saveAs(editor, file, async () => {
    await frame.getByRole('button', { name: 'Export…' }).click();
    await frame.getByRole('button', { name: 'Report (HTML)' }).click();
  });
  await editor.notification('Exported report.html').waitFor();
  const page = await editor.page.context().newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  await page.goto(`file://${file}`);
  await page.getByRole('heading', { level: 1, name: /^sort/ }).waitFor();
  await page
    .locator('.outcome')
    .filter({ hasText: /^held-out reward\s+\d\.\d\d → \d\.\d\d/ })
    .waitFor();
  await page.getByRole('img', { name: /^Reward: mean from .* at step 1 to .* at step 8; held-out from/ }).waitFor();
  const curve = page.locator('svg').first().locator('path.line').first();
  expect((await curve.boundingBox())!.width).toBeGreaterThan(200);
  await page.getByRole('heading', { name: 'Completions of step 8' }).waitFor();
  expect(await page.locator('pre.completion').count()).toBeGreaterThan(10);
  await page.getByRole('heading', { name: 'Held-out prompts before and after' }).waitFor();
  expect({ asked, complaints }).toEqual({ asked: [`file://${file}`], complaints: [] });
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: screenshotFile(`report-${scheme}`), fullPage: true });
    // The page's policy lets no script in: axe comes from outside.
    expect(await violations({ run: (script) => page.evaluate(script) }), scheme).toEqual([]);
  }
  await page.setViewportSize({ width: 520, height: 900 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(520);
  await page.close();
  await editor.clearNotifications();
});

session.test('completions of a run in the view are a Parquet file', async ({ editor, server }) => {
  await editor.treeItem('4/4').click({ button: 'right' });
  const item = editor.page.getByRole('menuitem', { name: 'Export Run' });
  // A menu that has just opened takes no clicks yet.
  await until('the menu to take a click', async () => {
    if (await item.isVisible()) await item.click();
    return editor.quickRow('Completions (Parquet)').isVisible();
  });
  const file = join(server.workspace, 'all.parquet');
  const content = await saveAs(editor, file, () => editor.choose('Completions (Parquet)'));
  const rows = await parquetReadObjects({ file: new Uint8Array(content).buffer });
  const steps = new Set(rows.map(({ split, step }) => `${split} ${step}`));
  expect([...steps]).toEqual(['eval 0', ...Array.from({ length: 4 }, (_, at) => `train ${at + 1}`), 'eval 4']);
  await editor.notification('Exported all.parquet').waitFor();
});
