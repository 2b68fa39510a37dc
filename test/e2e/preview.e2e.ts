import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import { type Theme, themes } from './helpers/editor.ts';
import { RewardPreviews } from './helpers/previews.ts';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

const settings = {
  'files.autoSave': 'off',
  'testing.saveBeforeTest': false,
  // A sample with its numbers in one line of the window.
  'editor.fontSize': 12,
  'editor.minimap.enabled': false,
};
const session = new Session({ settings }, (workspace) => {
  // A reward that hangs should not hold up the tests for long.
  const config = join(workspace, 'sort.grpo.json');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace('"promptsPerStep"', '"rewardTimeoutSeconds": 1, "promptsPerStep"'),
  );
  // The same rewards with other weights, and one that Python gives.
  const weighted = readFileSync(config, 'utf8').replace(
    '"rewards/sort.reward.ts#inclusion"',
    '{ "file": "rewards/sort.reward.ts", "function": "inclusion", "weight": 10 }',
  );
  writeFileSync(
    join(workspace, 'weighted.grpo.json'),
    weighted.replace('"model"', '"samples": "samples/sort.samples.jsonl", "model"'),
  );
  writeFileSync(
    join(workspace, 'rewards/typo.reward.ts'),
    'export const right = ({ completion, anwser }: { completion: string; anwser: number }) => Number(completion) === anwser ? 1 : 0;\n',
  );
  writeFileSync(
    join(workspace, 'samples/typo.samples.jsonl'),
    '{"prompt": "1+1=", "completion": "2", "answer": 2}\n{"prompt": "1+1=", "completion": "3", "answer": 2}\n',
  );
});
/** The line of sort.reward.ts that computes the order's score; the next one returns it. */
const SCORE = 31;
const previews = () => new RewardPreviews(session.editor);
const problems = () => session.editor.page.locator('.markers-panel');

session.test('above each reward function stands what it gives the samples', async ({ editor, server }) => {
  expect(server.processes('preview.js'), 'before a reward is looked at').toEqual([]);
  await editor.openFile('sort.reward.ts');
  await previews().lens(/^7 samples · mean 2\.14/);
  await previews().lens(/^7 samples · mean 1\.71/);
  expect(server.processes('preview.js')).toHaveLength(1);
  await editor.screenshot('preview-lenses');
});

session.test('unsaved text counts, and what an edit changes is told at once', async ({ editor }) => {
  await previews().cursorAtEndOf(SCORE);
  await editor.page.keyboard.press('ArrowLeft');
  await editor.page.keyboard.type(' + 10');
  await previews().decoration(/^mean 11\.71, saved 1\.71$/);
  await previews().lens(/^7 samples · mean 11\.71/);
});

session.test('while the text does not compile, the last numbers stay, at their functions', async ({ editor }) => {
  await editor.page.keyboard.type(' and more');
  await previews().lens(/^before the error: 7 samples · mean 11\.71/);
  expect(await previews().lenses()).toHaveLength(2);
  await editor.command('View: Focus Problems');
  await problems()
    .getByText(/does not compile/)
    .first()
    .waitFor();
  await editor.screenshot('preview-does-not-compile');
  await editor.command('View: Focus Active Editor Group');
  await editor.command('File: Revert File');
  await previews().lens(/^7 samples · mean 2\.14/);
  await problems()
    .getByText(/does not compile/)
    .first()
    .waitFor({ state: 'hidden' });
});

session.test('behind each sample stand its numbers, and on hover why', async ({ editor }) => {
  await editor.openFile('sort.samples.jsonl');
  await previews().decoration(/^inclusion 4 · ordering 3 · total 7$/);
  await previews().front(/^▲ \+1\.09 {2}7\.00 {2}│$/);
  await previews().front(/^▼ −1\.26 /);
  await editor.hover(editor.page.locator('.editor-instance .view-line').first(), /Reward 7 · advantage \+1\.09/);
  await editor.page
    .locator('.monaco-hover:visible')
    .getByText(/extracted\s“0\s1\s2\s3”/)
    .first()
    .waitFor();
  await editor.screenshot('preview-samples');
  await editor.page.mouse.move(0, 0);
});

session.test('in front of each sample stand advantage and total, however long its line is', async (all) => {
  const { editor, server } = all;
  const file = join(server.workspace, 'samples/sort.samples.jsonl');
  const text = readFileSync(file, 'utf8');
  const long = (index: number, extra: object) =>
    JSON.stringify({ prompt: `Sort ${index} 0:`, numbers: [index, 0], note: 'x'.repeat(400), ...extra });
  const rows = Array.from({ length: 3000 }, (_, i) => [
    long(i + 1, { completion: `0 ${i + 1}` }),
    long(i + 1, { completion: `${i + 1} 0`, expect: { ordering: 5 } }),
  ]);
  writeFileSync(file, `${rows.flat().join('\n')}\n`);
  await previews().front(/^▲ \+0\.71 {2}3\.00 {2}│$/);
  await previews().front(/^▼ −0\.71 {2}2\.00 !│$/);
  const starts = () =>
    editor.page.locator('.editor-instance .view-line').evaluateAll((lines) =>
      lines.flatMap((line) => {
        if (!line.textContent?.startsWith('{')) return [];
        const brace = [...line.querySelectorAll('span')].find(
          ({ children, textContent }) => children.length === 0 && textContent?.startsWith('{'),
        );
        return brace ? [Math.round(brace.getBoundingClientRect().left)] : [];
      }),
    );
  await until('the rows to be aligned', async () => {
    const lefts = await starts();
    return lefts.length > 3 && new Set(lefts).size === 1;
  });
  await editor.screenshot('preview-front');
  await previews().cursorAt(4501, 1);
  await until('rows far down to have theirs', async () => {
    const fronts = await previews().fronts();
    return fronts.length > 3 && fronts.every((front) => /^[▲▼] [+−]0\.71/.test(front));
  });
  await editor.command('View: Toggle Word Wrap');
  await previews().front(/^▼ −0\.71 {2}2\.00 !│$/);
  await editor.screenshot('preview-front-wrapped');
  await editor.command('View: Toggle Word Wrap');
  writeFileSync(file, text);
  await previews().cursorAt(1, 1);
  await previews().front(/^▲ \+1\.09 {2}7\.00 {2}│$/);
});

session.test('samples count as they are written, too', async ({ editor }) => {
  await editor.page.locator('.editor-instance .view-line').first().click();
  await editor.page.keyboard.press('Control+Home');
  await editor.page.keyboard.type('{"prompt": "Sort 9 8:", "numbers": [9, 8], "completion": "8 9"}\n');
  await previews().decoration(/^inclusion 2 · ordering 1 · total 3$/);
  await editor.command('File: Revert File');
  await until(
    'the row to be gone',
    async () => !(await previews().decorations()).some((text) => /total 3$/.test(text) && /ordering 1/.test(text)),
  );
});

session.test('a run config that is chosen weighs the rewards', async ({ editor }) => {
  await editor.command('GRPO: Select Run Config for Previews');
  await editor.choose('weighted');
  await previews().decoration(/^inclusion 4 · ordering 3 · total 43$/);
  await editor.command('GRPO: Select Run Config for Previews');
  await editor.choose(/^sort/);
  await previews().decoration(/^inclusion 4 · ordering 3 · total 7$/);
});

session.test('the Reward Preview shows samples × functions, sorts, finds, and opens rows', async ({ editor }) => {
  await editor.command('GRPO: Open Reward Preview');
  const { view } = previews();
  await view.getByRole('gridcell', { name: '+1.088' }).first().waitFor();
  await view.getByRole('img', { name: /^inclusion: 0: 2/ }).waitFor();
  await view.getByRole('button', { name: 'Advantage' }).click();
  const rows = view.locator('.virtual-canvas .grid-row');
  await rows.first().filter({ hasText: '+1.088' }).waitFor();
  await editor.screenshot('preview-view');
  await view.getByRole('searchbox').fill('7 2 2 5');
  await until('one row to be left', async () => (await rows.count()) === 1);
  await view.getByRole('grid').focus();
  await editor.page.keyboard.press('Enter');
  const detail = view.getByRole('region', { name: 'Sample' });
  await detail.getByRole('heading', { name: 'Line 2' }).waitFor();
  // Once more opens its line.
  await editor.page.keyboard.press('Enter');
  await editor.statusItem('Ln 2, Col 1').waitFor();
  await view.getByRole('grid').focus();
  await editor.page.keyboard.press('Escape');
  await detail.waitFor({ state: 'hidden' });
  await view.getByRole('searchbox').fill('');
});

session.test('a sample that is selected in the Reward Preview is shown in full, by the keyboard', async (all) => {
  const { editor, server } = all;
  const file = join(server.workspace, 'samples/sort.samples.jsonl');
  const text = readFileSync(file, 'utf8');
  const completion = 'First the small ones:\n\n  0 1\n\n  2 3';
  const row = { prompt: 'Sort 3 2 1 0:', numbers: [3, 2, 1, 0], source: { by: 'hand' }, completion };
  writeFileSync(file, `${JSON.stringify(row)}\n${text}`);
  const { view } = previews();
  await view.getByRole('button', { name: 'Line' }).click();
  await view.getByRole('gridcell', { name: /First the small ones/ }).waitFor();
  const grid = view.getByRole('grid');
  const detail = view.getByRole('region', { name: 'Sample' });
  await grid.focus();
  await editor.page.keyboard.press('Home');
  await editor.page.keyboard.press('Enter');
  await detail.getByRole('heading', { name: 'Line 1', exact: true }).waitFor();
  expect(await detail.locator('.completion').innerText()).toBe(completion);
  await detail.getByText('extracted').first().waitFor();
  await detail.locator('.prompt', { hasText: 'Sort 3 2 1 0:' }).waitFor();
  await detail.locator('.sample-columns', { hasText: '{"by":"hand"}' }).waitFor();
  await editor.screenshot('preview-detail');
  // A line that comes above moves it; the keyboard goes on to the next.
  const above = { prompt: 'Sort 1 0:', numbers: [1, 0], completion: ' 0 1' };
  writeFileSync(file, `${JSON.stringify(above)}\n${JSON.stringify(row)}\n${text}`);
  await detail.getByRole('heading', { name: 'Line 2' }).waitFor();
  expect(await detail.locator('.completion').innerText()).toBe(completion);
  await editor.page.keyboard.press('ArrowDown');
  await until(
    'another sample to be shown',
    async () => (await detail.locator('.completion').innerText()) !== completion,
  );
  await editor.page.keyboard.press('Tab');
  await editor.page.keyboard.press('Escape');
  await detail.waitFor({ state: 'hidden' });
  await until('the table to have the focus', () => grid.evaluate((element) => element === document.activeElement));
  writeFileSync(file, text);
  await view.getByRole('gridcell', { name: /First the small ones/ }).waitFor({ state: 'hidden' });
  await grid.press('Home');
  await grid.press('Enter');
  await detail.getByRole('heading', { name: 'Line 1', exact: true }).waitFor();
});

// With a sample shown in full.
for (const theme of Object.keys(themes) as Theme[])
  session.test(`axe finds nothing wrong with it: ${theme}`, async ({ editor, dashboard }) => {
    await editor.setTheme(theme);
    await previews().view.getByRole('gridcell', { name: '+1.088' }).first().waitFor();
    await editor.screenshot(`preview-${theme}`);
    expect(await violations(dashboard)).toEqual([]);
  });

session.test('a hanging reward is stopped and named, and the next edit works', async ({ editor }) => {
  await editor.setTheme('dark');
  await editor.openFile('sort.reward.ts');
  await previews().cursorAtEndOf(SCORE);
  await editor.page.keyboard.type(' while (true);');
  await previews().decoration(/^The function took longer than 1 s and was stopped\. \(7 samples\)$/);
  await previews().lens(/^7 samples · 7 errors/);
  await editor.screenshot('preview-hangs');
  await editor.command('File: Revert File');
  await previews().lens(/^7 samples · mean 1\.71/);
});

const troubles = [
  {
    name: 'allocates without end',
    code: 'const kept = []; while (true) kept.push(new Uint8Array(1e8).fill(1));',
    // Whichever comes first: filling the memory takes a while.
    says: /^The function (took longer than 1 s|used more than \d+ MiB of memory) and was stopped\. \(1 sample\)$/,
  },
  { name: 'ends its process', code: 'process.exit(5);', says: /exit code 5.*\(1 sample\)$/ },
  {
    name: 'prints without end',
    code: "while (true) console.log('x'.repeat(1e5));",
    says: /^The function took longer than 1 s and was stopped\. \(1 sample\)$/,
  },
];
for (const { name, code, says } of troubles)
  session.test(
    `a reward that ${name} on a sample is stopped and named, and the next edit works`,
    async ({ editor }) => {
      await previews().cursorAtEndOf(SCORE);
      await editor.page.keyboard.insertText(` if (answer[0] === 7) { ${code} }`);
      await previews().decoration(says);
      await previews().lens(/^7 samples · mean 1\.67 · 1 error/);
      await editor.page.locator('.editor-instance .squiggly-error').first().waitFor();
      await editor.screenshot(`preview-${name.replaceAll(' ', '-')}`);
      await editor.command('File: Revert File');
      await previews().lens(/^7 samples · mean 1\.71/);
    },
  );

session.test('a window that goes takes a hanging reward with it', async ({ editor, server }) => {
  const file = join(server.workspace, 'rewards/sort.reward.ts');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('const score =', 'while (true); const score ='));
  await previews().lens(/ · 1 error …/);
  const ours = () => [...server.processes('preview.js'), ...server.processes('reward-worker')].map(({ pid }) => pid);
  const before = ours();
  expect(before.length).toBeGreaterThan(1);
  await editor.reload();
  await until('the processes of the window before to be gone', () => !ours().some((pid) => before.includes(pid)));
  writeFileSync(file, text);
  await previews().lens(/^7 samples · mean 1\.71/);
});

session.test('an error stands at the line that threw', async ({ editor }) => {
  await previews().cursorAtEndOf(SCORE);
  await editor.page.keyboard.type(" if (answer.length === 0) throw new Error('no numbers');");
  await previews().decoration(/^Error: no numbers \(\d samples\)$/);
  await editor.command('File: Revert File');
  await previews().lens(/^7 samples · mean 1\.71/);
});

session.test(
  'a parameter that no column provides is underlined, and a quick fix names the column',
  async ({ editor }) => {
    const { page } = editor;
    await editor.openFile('typo.reward.ts');
    await previews().lens(/^2 samples · mean 0 /);
    await page.locator('.editor-instance .squiggly-warning').first().waitFor();
    await previews().cursorAt(1, 40);
    const fix = page.getByText('Change to "answer"').first();
    // The menu closes when TypeScript's own actions come late.
    await until('the quick fix to be offered', async () => {
      await page.keyboard.press('Control+.');
      return fix.waitFor({ timeout: 3000 }).then(
        () => true,
        () => page.keyboard.press('Escape').then(() => false),
      );
    });
    await editor.screenshot('preview-unknown-column');
    await page.keyboard.press('Enter');
    await fix.waitFor({ state: 'hidden' });
    await page.locator('.editor-instance .view-line', { hasText: '{ completion, answer }' }).waitFor();
    await editor.command('File: Revert File');
  },
);

/** Before the semicolon, unsaved. */
async function addOneToScore(page: Page): Promise<void> {
  await previews().cursorAtEndOf(SCORE);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.type(' + 1');
}

session.test('Test Explorer: expectations pass, and fail with a diff', async ({ editor }) => {
  const { page } = editor;
  await editor.openFile('sort.reward.ts');
  await editor.command('Test: Run All Tests');
  await editor.command('Testing: Focus on Test Explorer View');
  // However many there are: all of them.
  const passed = page.locator('.sidebar').getByText(/^(\d+)\/\1$/);
  await passed.waitFor();
  const all = Number((await passed.textContent())!.split('/')[0]);
  await editor.screenshot('preview-tests');
  await addOneToScore(page);
  await editor.command('Test: Run All Tests');
  // The ordering of four samples, and all seven totals.
  await page
    .locator('.sidebar')
    .getByText(`${all - 11}/${all}`, { exact: true })
    .waitFor();
  await page
    .locator('.test-output-peek-tree')
    .getByText(/ordering: expected 3, got 4/)
    .first()
    .click();
  await page.locator('.test-output-peek-message-container .diff-editor, .monaco-diff-editor').first().waitFor();
  await editor.screenshot('preview-tests-failed');
  await editor.command('View: Focus Active Editor Group');
  await editor.command('File: Revert File');
});

session.test('Test Explorer: run on change follows what is typed', async ({ editor }) => {
  const { page } = editor;
  await editor.command('Test: Start Continuous Run');
  await editor.openFile('sort.reward.ts');
  await addOneToScore(page);
  await editor.command('Testing: Focus on Test Explorer View');
  await page
    .locator('.sidebar')
    .getByText(/^4\/15$/)
    .waitFor();
  await editor.screenshot('preview-tests-on-change');
  await editor.command('View: Focus Active Editor Group');
  await editor.command('File: Revert File');
  await page
    .locator('.sidebar')
    .getByText(/^15\/15$/)
    .waitFor();
  await editor.command('Test: Stop Continuous Run');
});

session.test('Test Explorer: debugging a test stops at a breakpoint', async ({ editor }) => {
  const { page } = editor;
  await editor.openFile('sort.reward.ts');
  await page.locator('.editor-instance .view-line', { hasText: 'const words = completion' }).first().click();
  await page.keyboard.press('F9');
  await editor.openFile('sort.samples.jsonl');
  await previews().cursorAt(2, 1);
  await editor.command('Test: Debug Test at Cursor');
  await editor.choose('ordering');
  await page.locator('.debug-top-stack-frame-line').first().waitFor({ timeout: 30_000 });
  await page.locator('.sidebar').getByText('Local: numbersIn').click();
  await page
    .locator('.sidebar')
    .getByText(/7 2 2 5/)
    .first()
    .waitFor();
  await editor.screenshot('preview-tests-debug');
  await editor.command('Debug: Stop');
  await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  // Without the breakpoint again.
  await previews().cursorAtEndOf(SCORE + 6);
  await page.keyboard.press('F9');
});

session.test('a preview process that dies is started again', async ({ editor, server }) => {
  await editor.openFile('sort.reward.ts');
  const [first] = server.processes('preview.js');
  process.kill(first!.pid, 'SIGKILL');
  const second = await until('another one', () => server.processes('preview.js').find(({ pid }) => pid !== first!.pid));
  await previews().cursorAtEndOf(SCORE);
  await editor.page.keyboard.press('ArrowLeft');
  await editor.page.keyboard.type(' + 2');
  await previews().decoration(/^mean 3\.71, saved 1\.71$/);
  expect(server.processes('preview.js')).toEqual([second]);
  await editor.command('File: Revert File');
  await previews().lens(/^7 samples · mean 1\.71/);
  // Again and again: then only by hand.
  process.kill(second.pid, 'SIGKILL');
  const third = await until('a third one', () => server.processes('preview.js').find(({ pid }) => pid !== second.pid));
  process.kill(third.pid, 'SIGKILL');
  await previews().lens(/The preview process ended three times/);
  expect(server.processes('preview.js')).toEqual([]);
  await previews().lensLink('Run').last().click();
  await previews().lens(/^7 samples · mean 1\.71/);
});

session.test('Debug on Sample stops at a breakpoint with that row', async ({ editor }) => {
  await editor.openFile('sort.reward.ts');
  await editor.page.locator('.editor-instance .view-line', { hasText: 'return { score, extracted' }).first().click();
  await editor.page.keyboard.press('F9');
  await previews().lensLink('Debug on Sample').last().click();
  await editor.choose(/^2: 7 2 2 5/);
  await editor.page.locator('.debug-top-stack-frame-line').first().waitFor({ timeout: 30_000 });
  await editor.screenshot('preview-debug');
  await editor.command('Debug: Stop');
  await editor.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  await previews().cursorAtEndOf(SCORE + 1);
  await editor.page.keyboard.press('F9');
});

session.test('a function tells on hover how it does', async ({ editor }) => {
  const name = editor.page.locator('.editor-instance .view-line span', { hasText: /^ordering$/ }).last();
  await editor.hover(name, /on 7 samples · mean 1\.71 · standard deviation/);
  await editor.page.keyboard.press('Escape');
});

session.test('without samples a reward says how to get some', async ({ editor, server }) => {
  // A run config beside it would lend its samples.
  const folder = join(server.workspace, 'others/deep');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'bare.reward.ts'), 'export const bare = () => 1;\n');
  await editor.openFile('bare.reward.ts');
  await previews().lens('No samples · Generate Samples');
});

session.test('a reward that is just typed is scored, and added to a run config', async ({ editor, server }) => {
  const { page } = editor;
  const config = join(server.workspace, 'sort.grpo.json');
  const before = readFileSync(config, 'utf8');
  await editor.openFile('sort.reward.ts');
  await previews().lens(/^7 samples · mean 1\.71/);
  expect((await previews().lenses()).join()).not.toContain('Add to Run Config');
  await previews().cursorAtEndOf(33);
  await page.keyboard.insertText(
    '\n\nexport function brief({ completion }: RewardInput<Columns>) {\n  return completion.length < 9 ? 1 : 0;\n}\n\nexport function halve(value: number) {\n  return value / 2;\n}',
  );
  await previews().lens(/^7 samples · mean 0\.86 · not counted.*Add to Run Config/);
  expect((await previews().lenses()).filter((lens) => lens.includes('Add to Run Config'))).toHaveLength(1);
  await editor.screenshot('preview-just-typed');
  await editor.openFile('sort.samples.jsonl');
  await previews().decoration(/^inclusion 4 · ordering 3 · total 7 · not counted: brief 1$/);
  await previews().front(/^▲ \+1\.09 {2}7\.00 {2}│$/);
  await editor.openFile('sort.reward.ts');
  await previews().lensLink('Add to Run Config').click();
  // Configs that use the file come first, the others of the workspace behind them.
  await editor.quickRow('arithmetic').waitFor();
  await editor.choose(/^sort/);
  await previews().lens(/^7 samples · mean 0\.86[^·]*\|/);
  expect(readFileSync(config, 'utf8')).toBe(
    before.replace(
      'rewards/sort.reward.ts#ordering"',
      'rewards/sort.reward.ts#ordering", "rewards/sort.reward.ts#brief"',
    ),
  );
  await editor.openFile('sort.samples.jsonl');
  await previews().decoration(/^inclusion 4 · ordering 3 · brief 1 · total 8$/);
  writeFileSync(config, before);
  await previews().decoration(/^inclusion 4 · ordering 3 · total 7 · not counted: brief 1$/);
  await editor.openFile('sort.reward.ts');
  await editor.command('File: Revert File');
  await previews().lens(/^7 samples · mean 1\.71/);
});

session.test('one in a file that no config names is tried on the samples of the config beside it', async (all) => {
  const { editor, server } = all;
  const text = 'export const shorter = ({ completion }: { completion: string }) => -completion.length;\n';
  writeFileSync(join(server.workspace, 'rewards/shorter.reward.ts'), text);
  await editor.openFile('shorter.reward.ts');
  await previews().lens(/^\d samples · mean −\d.*Add to Run Config/);
  writeFileSync(
    join(server.workspace, 'rewards/trl.py'),
    'def shorter(completions, **kwargs):\n    return [-len(text) for text in completions]\n\n\ndef plot(completions):\n    pass\n',
  );
  await editor.openFile('trl.py');
  await previews().lens('Add to Run Config');
  expect(await previews().lenses()).toHaveLength(1);
});

session.test(
  'Python rewards are previewed like the others, and say how to get a debugger',
  async ({ editor, server }) => {
    await editor.openFile('arithmetic.py');
    await previews().lens(/^5 samples · mean 1\.6/);
    await previews().cursorAtEndOf(15);
    await editor.page.keyboard.type(' + 1');
    await previews().lens(/no numbers|TypeError|5 errors/);
    await editor.screenshot('preview-python');
    await editor.command('File: Revert File');
    await previews().lens(/^5 samples · mean 0\.48/);
    await previews().lensLink('Debug on Sample').last().click();
    await editor.choose(/^1: /);
    await editor.notification('install the Python Debugger extension').waitFor();
    expect(server.processes('reward-debug')).toEqual([]);
  },
);

session.test('what is typed in a reward shows at the samples next to it', async ({ editor, server }) => {
  const { page } = editor;
  await editor.command('View: Close All Editors');
  await editor.command('View: Hide Panel');
  await editor.command('View: Toggle Primary Side Bar Visibility');
  await editor.clearNotifications();
  // Those of an earlier test, of the reward as it is saved.
  await editor.command('Test: Clear All Results');
  await editor.openFile('sort.reward.ts');
  await editor.command('View: New Editor Group Below');
  await editor.openFile('sort.samples.jsonl');
  await previews().decoration(/^inclusion 1 · ordering 2 · total 3$/);
  // Room for both functions, and for all samples.
  const { y } = (await page.locator('.editor-group-container').nth(1).boundingBox())!;
  await page.mouse.move(700, y);
  await page.mouse.down();
  await page.mouse.move(700, 590, { steps: 5 });
  await page.mouse.up();
  await editor.command('View: Focus First Editor Group');
  const text = readFileSync(join(server.workspace, 'rewards/sort.reward.ts'), 'utf8');
  await previews().cursorAt(SCORE, text.split('\n')[SCORE - 1]!.indexOf('<=') + 2);
  for (let up = 0; up < 6; up++) await page.keyboard.press('Control+ArrowUp');
  await page.keyboard.press('Delete');
  await previews().decoration(/^inclusion 1 · ordering 1 · total 2$/);
  await previews().decoration(/^mean 1\.29, saved 1\.71$/);
  await previews().lens(/^7 samples · mean 1\.29/);
  await editor.screenshot('preview-beside');
  await editor.command('File: Revert File');
});
