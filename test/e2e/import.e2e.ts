import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import type { Editor } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

const CHAT_MODEL = join(import.meta.dirname, '../references/fixtures/models/qwen3');

/** In GSM8K's form. */
const QUESTIONS = Array.from({ length: 300 }, (_, index) => {
  const [a, b] = [index + 2, (index % 9) + 1];
  const more = index % 10 === 0 ? ' She keeps them in a box under her bed.' : '';
  return {
    question: `Ann has ${a} pens and buys ${b} more.${more} How many pens does she have?`,
    answer: `Ann has ${a} + ${b} = <<${a}+${b}=${a + b}>>${a + b} pens.\n#### ${a + b}`,
  };
});

const session = new Session({}, (workspace) => {
  cpSync(CHAT_MODEL, join(workspace, 'models/chat'), { recursive: true });
  mkdirSync(join(workspace, 'data/gsm8k'), { recursive: true });
  writeFileSync(join(workspace, 'data/gsm8k/train.jsonl'), QUESTIONS.map((row) => `${JSON.stringify(row)}\n`).join(''));
  for (const config of ['main', 'socratic']) {
    mkdirSync(join(workspace, 'hub/gsm8k', config), { recursive: true });
    for (const split of ['train', 'test'])
      writeFileSync(
        join(workspace, 'hub/gsm8k', config, `${split}-00000-of-00001.jsonl`),
        QUESTIONS.slice(0, 20)
          .map((row) => `${JSON.stringify(row)}\n`)
          .join(''),
      );
  }
  writeFileSync(
    join(workspace, 'rewards/correct.py'),
    'def correct(completions, answer, **kwargs):\n    return [float(a.split("####")[-1].strip() in c[-1]["content"]) for c, a in zip(completions, answer)]\n',
  );
});

/** *Import Dataset* in its panel. */
class ImportPage {
  readonly frame: FrameLocator;

  constructor(frame: FrameLocator) {
    this.frame = frame;
  }

  field(label: string): Locator {
    return this.frame.getByLabel(label, { exact: true });
  }

  get firstPrompt(): Locator {
    return this.frame.locator('.prompts pre').first();
  }

  shows(text: string): Promise<void> {
    return this.firstPrompt.filter({ hasText: text }).waitFor({ timeout: 60_000 });
  }
}

session.test(
  'a dataset is shown with its columns, a proposal, and what the model sees',
  async ({ editor, dashboard }) => {
    await editor.command('GRPO: Import Dataset');
    await editor.quickRow('train.jsonl').waitFor();
    await editor.screenshot('import-pick');
    await editor.choose(/data\/gsm8k\/train\.jsonl/);
    const page = new ImportPage(dashboard.frame);
    await page.frame.getByRole('heading', { name: 'Import train.jsonl' }).waitFor({ timeout: 60_000 });
    await page.field('Model').selectOption('models/chat');
    await page.shows('<|im_start|>user');
    await page.frame.getByText('300 rows · 2 columns').waitFor();
    await page.frame.getByText(/Prompt 1 · \d+ tokens/).waitFor();
    await page.frame.getByText(/300 prompts: shortest \d+, median \d+/).waitFor();
    await page.frame.getByText(/as in GSM8K/).waitFor();
    expect(await page.field('User message').inputValue()).toBe('{{ question }}');
    await editor.screenshot('import');
  },
);

session.test('the prompts follow what is typed, and a wrong template is marked at its field', async (all) => {
  const { editor, dashboard } = all;
  const page = new ImportPage(dashboard.frame);
  await page.field('System prompt').selectOption({ label: 'Think, then answer in tags' });
  await page.shows('inside <answer> and </answer>');
  await page.field('User message').fill('{{ questoin }}');
  const error = page.frame.locator('.field .error:visible');
  await error.filter({ hasText: 'Did you mean "question"?' }).waitFor({ timeout: 60_000 });
  expect(await page.field('User message').getAttribute('aria-invalid')).toBe('true');
  expect(await page.frame.getByRole('button', { name: 'Create Run Config' }).isDisabled()).toBe(true);
  await editor.screenshot('import-error');
  await page.field('User message').fill('Q: ');
  await page.frame.getByRole('button', { name: 'question', exact: true }).click();
  expect(await page.field('User message').inputValue()).toBe('Q: {{ question }}');
  await page.shows('Q: Ann has 2 pens');
  await expect.poll(() => error.count()).toBe(0);
});

session.test('it fits into narrow panels, and axe finds nothing wrong in any theme', async ({ editor, dashboard }) => {
  const { page } = editor;
  for (const width of [1000, 520]) {
    await page.setViewportSize({ width, height: 900 });
    await editor.screenshot(`import-${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  for (const theme of ['light', 'high-contrast', 'high-contrast-light', 'dark'] as const) {
    await editor.setTheme(theme);
    expect(await violations(dashboard), theme).toEqual([]);
    await editor.screenshot(`import-${theme}`);
  }
});

session.test('it writes a run config with the reward file of the workspace', async ({ editor, dashboard, server }) => {
  const page = new ImportPage(dashboard.frame);
  // Those that no other run uses come first.
  const rewards = await page.field('Reward').locator('option').allInnerTexts();
  expect(rewards.indexOf('rewards/correct.py')).toBeLessThan(rewards.indexOf('rewards/sort.reward.ts'));
  await page.field('Reward').selectOption('rewards/correct.py');
  await page.frame.getByRole('button', { name: 'Create Run Config' }).click();
  await editor.page.getByRole('tab', { name: 'gsm8k.grpo.json' }).waitFor();
  await editor.screenshot('import-config');
  const config = JSON.parse(readFileSync(join(server.workspace, 'gsm8k.grpo.json'), 'utf8'));
  expect(config).toMatchObject({
    model: 'models/chat',
    dataset: 'data/gsm8k/train.jsonl',
    prompt: { system: expect.stringContaining('<answer>'), user: 'Q: {{ question }}' },
    evalSplit: 16,
    rewards: ['rewards/correct.py'],
    lora: { r: 8 },
  });
  expect(config).not.toHaveProperty('columns');
});

session.test(
  'a config that there is gets the dataset, and keeps its comments',
  async ({ editor, dashboard, server }) => {
    await editor.page.getByRole('tab', { name: 'Import train.jsonl' }).click();
    const page = new ImportPage(dashboard.frame);
    await page.field('Write to').selectOption('sort.grpo.json');
    await page.frame.getByRole('button', { name: 'Update Run Config' }).click();
    await editor.page.getByRole('tab', { name: /^sort\.grpo\.json/ }).waitFor();
    const file = join(server.workspace, 'sort.grpo.json');
    await expect.poll(() => readFileSync(file, 'utf8')).toContain('"dataset": "data/gsm8k/train.jsonl"');
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^\s*\/\//m);
    expect(text).toContain('"rewards/correct.py"');
    expect(text).not.toContain('sort.eval.jsonl');
    await editor.screenshot('import-into-config');
  },
);

session.test('without a reward file, New Reward Function is offered, and knows the columns', async (all) => {
  const { editor, dashboard, server } = all;
  await editor.page.getByRole('tab', { name: 'Import train.jsonl' }).click();
  const page = new ImportPage(dashboard.frame);
  await page.field('Write to').selectOption('A new run config');
  await page.field('Reward').selectOption('Create one later');
  await page.frame.getByRole('button', { name: 'Create Run Config' }).click();
  await editor.answer(/gsm8k-2\.grpo\.json has no reward function yet/, 'New Reward Function');
  await editor.choose('Per completion');
  await editor.quickInput.fill('named');
  await editor.page.keyboard.press('Enter');
  await editor.page.getByRole('tab', { name: 'named.reward.ts' }).waitFor();
  const read = (file: string) => readFileSync(join(server.workspace, file), 'utf8');
  await expect.poll(() => read('gsm8k-2.grpo.json')).toContain('"rewards/named.reward.ts"');
  expect(read('rewards/named.reward.ts')).toContain('  question: string;\n  answer: string;\n');
  // Its samples are chats, as the mapping makes them.
  const [sample] = read('samples/named.samples.jsonl').split('\n');
  expect(JSON.parse(sample!).prompt.at(-1).content).toBe(`Q: ${QUESTIONS[0]!.question}`);
});

/** What follows the datasets of the workspace, further down than the list shows. */
async function chooseBelow(editor: Editor, text: string): Promise<void> {
  await editor.quickRow('arithmetic.eval.jsonl').waitFor();
  await editor.quickInput.fill(text);
  await editor.choose(text);
}

session.test('a dataset of the Hub is downloaded by a command in a terminal, not run', async ({ editor }) => {
  await editor.command('GRPO: Import Dataset');
  await chooseBelow(editor, 'Download from the Hugging Face Hub');
  await editor.quickInput.fill('openai/gsm8k');
  await editor.page.keyboard.press('Enter');
  await editor.choose('With the Hugging Face CLI');
  await editor.page.locator('.terminal-tab, .single-terminal-tab', { hasText: 'Get openai/gsm8k' }).first().waitFor();
  await editor.notification(/The command is in the terminal/).waitFor();
  await editor.screenshot('import-hub');
  await editor.command('Terminal: Kill All Terminals');
});

session.test('Create Run Config imports what has no prompts yet', async ({ editor, dashboard }) => {
  await editor.clearNotifications();
  await editor.command('GRPO: Create Run Config');
  await editor.choose('chat');
  await editor.quickRow('arithmetic.eval.jsonl').waitFor();
  await editor.quickInput.fill('Import a dataset');
  await editor.quickRow('Import a dataset').waitFor();
  await editor.quickInput.fill('');
  await editor.choose(/data\/gsm8k\/train\.jsonl/);
  const page = new ImportPage(dashboard.frame);
  await page.shows('<|im_start|>user');
  expect(await page.field('Model').locator('option:checked').innerText()).toBe('models/chat');
});

session.test('the explorer offers it for data files', async ({ editor, dashboard }) => {
  await editor.openFile('sort.train.jsonl');
  const { page } = editor;
  await page
    .locator('.explorer-folders-view .monaco-list-row', { hasText: 'sort.train.jsonl' })
    .click({ button: 'right' });
  const item = page.locator('.monaco-menu .action-item', { hasText: 'Import Dataset' });
  const imported = new ImportPage(dashboard.frame);
  const heading = imported.frame.getByRole('heading', { name: 'Import sort.train.jsonl' });
  // A menu that has just opened takes no clicks.
  await until('the menu to take the click', async () => {
    if (await item.isVisible()) await item.click();
    return heading.waitFor({ timeout: 3000 }).then(
      () => true,
      () => undefined,
    );
  });
  await imported.shows('Sort');
  // Its held-out prompts are next to it.
  expect(await imported.field('From').locator('option:checked').innerText()).toBe('sort.eval.jsonl');
  await editor.screenshot('import-held-out');
});

session.test('of a folder with several datasets one is chosen, with its split to evaluate on', async (all) => {
  const { editor, dashboard, server } = all;
  await editor.command('GRPO: Import Dataset');
  await chooseBelow(editor, 'Choose a folder');
  // The list before it has the datasets of that folder, too.
  const dialog = editor.page.locator('.quick-input-title', { hasText: 'Choose a folder with a dataset' });
  await dialog.waitFor();
  // The dialog puts its suggestion in when it has read the folder, over whatever was typed by then, and may do so twice.
  await until('a folder to be suggested', async () => (await editor.quickInput.inputValue()).startsWith('/'));
  await until('the folder to be chosen', async () => {
    await editor.quickInput.fill(join(server.workspace, 'hub/gsm8k/'));
    await editor.quickRow('socratic').waitFor({ timeout: 3000 });
    await editor.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden', timeout: 3000 });
    return true;
  });
  await editor.choose(/hub\/gsm8k\/main/);
  const page = new ImportPage(dashboard.frame);
  await page.frame.getByRole('heading', { name: 'Import main' }).waitFor();
  await page.field('Model').selectOption('models/chat');
  await page.shows('Ann has 2 pens');
  await page.frame.getByText('20 rows').waitFor();
  await page.frame.getByRole('button', { name: 'Create Run Config' }).click();
  await editor.page.getByRole('tab', { name: 'gsm8k-3.grpo.json' }).waitFor();
  const config = JSON.parse(readFileSync(join(server.workspace, 'gsm8k-3.grpo.json'), 'utf8'));
  expect(config).toMatchObject({ dataset: 'hub/gsm8k/main', evalDataset: 'hub/gsm8k/main', evalPrompts: 16 });
});
