/** The runs view: what runs are called, what people write about them, their order, and what is done with several. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { makeRun, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session({}, (workspace) => {
  for (const changes of [{}, { seed: 4 }, { learningRate: 1e-3, seed: 4 }, {}])
    makeRun(workspace, 'sort.grpo.json', { maxSteps: 2, ...changes });
});

const about = (workspace: string, index: number): unknown =>
  JSON.parse(readFileSync(join(runFolders(workspace)[index]!, 'about.json'), 'utf8'));

/** The names of the runs in sight, in order, under the headings of their groups. */
const rows = (): Promise<string[]> =>
  session.editor.page
    .locator('.sidebar .monaco-list-row .label-name')
    .allInnerTexts()
    .then((texts) => texts.map((text) => text.replaceAll('\u00a0', ' ')));

const row = (name: string) =>
  session.editor.page
    .locator('.sidebar .monaco-list-row')
    .filter({ has: session.editor.page.getByText(name, { exact: true }) })
    .first();

/** A menu that has just opened may not take the click yet. */
async function choose(name: string, title: string): Promise<void> {
  const item = session.editor.page.locator('.monaco-menu').getByRole('menuitem', { name: title });
  await row(name).click({ button: 'right' });
  await item.waitFor();
  await until('the menu to close', async () => {
    await item.click({ timeout: 1000 }).catch(() => {});
    return (await item.count()) === 0;
  });
}

session.test('runs of one config are called by what differs, each with one measure', async ({ editor }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('sort · lr 1e-3 · seed 4').waitFor();
  const names = await rows();
  expect(names[0]).toBe('Done');
  expect(names[1]).toMatch(/^sort · \d+ \w+ \d\d:\d\d$/);
  expect(names.slice(2)).toEqual(['sort · lr 1e-3 · seed 4', 'sort · seed 4', 'sort']);
  expect(await row('sort · seed 4').innerText()).toMatch(/held-out \d\.\d\d · \d\d:\d\d · 2\/2/);
  await editor.hover(
    row('sort · seed 4').locator('.label-name'),
    /held-out\sreward:\s\d\.\d\d\s→\s\d\.\d\d\safter\sstep\s2/,
  );
  await editor.page.mouse.move(0, 0);
});

session.test(
  'F2 renames a run: the view, its dashboard and about.json say so',
  async ({ server, editor, dashboard }) => {
    // A click shows the run and leaves the focus where it was.
    await row('sort').click();
    await dashboard.state.filter({ hasText: 'done' }).waitFor();
    await editor.page.keyboard.press('F2');
    await editor.quickInput.fill('baseline');
    await editor.page.keyboard.press('Enter');
    await row('baseline').waitFor();
    await dashboard.frame.getByRole('heading', { name: 'baseline' }).waitFor();
    await editor.page.getByRole('tab', { name: 'baseline' }).waitFor();
    expect(about(server.workspace, 0)).toEqual({ name: 'baseline' });
  },
);

session.test('the name in the dashboard is edited in place', async ({ server, editor, dashboard }) => {
  const name = dashboard.head.getByRole('button', { name: 'baseline' });
  const field = dashboard.head.getByRole('textbox', { name: 'Name of the run' });
  await name.focus();
  await name.press('Enter');
  await field.fill('no');
  await field.press('Escape');
  await name.waitFor();
  await name.dblclick();
  await field.fill('Plain baseline');
  await editor.screenshot('runs-rename');
  await field.press('Enter');
  await row('Plain baseline').waitFor();
  expect(about(server.workspace, 0)).toEqual({ name: 'Plain baseline' });
  // Without one it is called after its config again.
  await dashboard.head.getByRole('button', { name: 'Plain baseline' }).press('Enter');
  await field.fill('');
  await field.press('Enter');
  await row('sort').waitFor();
  await dashboard.frame.getByRole('heading', { name: 'sort', exact: true }).waitFor();
});

session.test('tags and a note are in the view', async ({ server, editor }) => {
  await choose('sort · seed 4', 'Edit Tags');
  await editor.quickInput.fill('paper, best,');
  await editor.page.keyboard.press('Enter');
  await row('sort · seed 4').filter({ hasText: '#paper · #best' }).waitFor();
  await choose('sort · seed 4', 'Edit Note');
  await editor.quickInput.fill('The luckiest seed.');
  await editor.page.keyboard.press('Enter');
  await until('the note', async () => (about(server.workspace, 1) as { note?: string }).note !== undefined);
  expect(about(server.workspace, 1)).toEqual({ tags: ['paper', 'best'], note: 'The luckiest seed.' });
  await editor.hover(row('sort · seed 4').locator('.label-name'), /The\sluckiest\sseed\./);
  await editor.page.mouse.move(0, 0);
});

session.test('a pinned run is above the others', async ({ editor }) => {
  await choose('sort · seed 4', 'Pin Run');
  await editor.treeItem('Pinned').waitFor();
  expect((await rows()).slice(0, 3)).toEqual(['Pinned', 'sort · seed 4', 'Done']);
  await editor.screenshot('runs-view');
});

session.test('the order is chosen, and remembered', async ({ editor }) => {
  await editor.command('GRPO: Sort Runs');
  await editor.choose('Name');
  await editor.treeItem('Ended').waitFor();
  const sorted = await rows();
  expect(sorted.slice(0, 4)).toEqual(['Pinned', 'sort · seed 4', 'Ended', 'sort']);
  expect(sorted.at(-1)).toBe('sort · lr 1e-3 · seed 4');
  await editor.reload();
  await editor.treeItem('Ended').waitFor({ timeout: 60_000 });
  expect(await rows()).toEqual(sorted);
  await editor.command('GRPO: Sort Runs');
  await editor.choose('Newest');
  await editor.treeItem('Done').waitFor();
});

session.test('a click on a checkpoint opens it', async ({ editor, dashboard }) => {
  await row('sort · seed 4').locator('.monaco-tl-twistie').click();
  await editor.treeItem('step-000002').click();
  await dashboard.frame.getByRole('tab', { name: 'Checkpoints', selected: true }).waitFor();
  await dashboard.frame.getByRole('heading', { name: 'sort · seed 4' }).waitFor();
});

session.test('several runs are compared', async ({ editor, dashboard }) => {
  await row('sort').click();
  await row('sort · lr 1e-3 · seed 4').click({ modifiers: ['Control'] });
  await choose('sort · lr 1e-3 · seed 4', 'Compare Runs');
  await dashboard.frame.getByRole('tab', { name: 'Compare', selected: true }).waitFor();
  await dashboard.frame
    .getByRole('row', { name: /learningRate/ })
    .first()
    .waitFor();
  await editor.screenshot('runs-compare');
});

session.test('several runs are deleted', async ({ server, editor }) => {
  await row('sort').click();
  await row('sort · lr 1e-3 · seed 4').click({ modifiers: ['Control'] });
  await editor.page.keyboard.press('Delete');
  const dialog = editor.page.getByRole('dialog').filter({ hasText: '2 runs' });
  await dialog.getByText('sort · lr 1e-3 · seed 4').waitFor();
  await editor.screenshot('runs-delete');
  await dialog.getByRole('button', { name: /^(Move to Trash|Delete Permanently)$/ }).click();
  await until('the runs to be gone', () => runFolders(server.workspace).length === 2);
  // The oldest of a config has no others to differ from.
  await until('their rows to be gone', async () => {
    const names = (await rows()).filter((name) => name.startsWith('sort'));
    return names.join() === 'sort,sort · seed 42';
  });
});
