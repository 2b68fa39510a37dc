/**
 * Somebody's own task: a folder with a Parquet file in GSM8K's form, a chat model and the reward file of a TRL tutorial, and no run config
 * yet, becomes a LoRA training without a change to the data.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect } from 'vitest';
import type { RunInfo } from '../../src/protocol/run-folder.ts';
import { gsm8kRows } from './helpers/gsm8k.ts';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

/** The pictures in docs/own-task.md were taken with SmolLM2-135M-Instruct, whose completions can be read. */
const { GRPO_TEST_CHAT_MODEL } = process.env;
const CHAT_MODEL = GRPO_TEST_CHAT_MODEL ?? join(import.meta.dirname, '../references/fixtures/models/qwen3');
const MODEL_NAME = GRPO_TEST_CHAT_MODEL ? 'smollm2-135m-instruct' : 'tiny-chat';
/** A larger model's steps take longer, and a curve of it should be worth a picture. */
const STEPS = GRPO_TEST_CHAT_MODEL ? 6 : 3;
const MOST_SECONDS = GRPO_TEST_CHAT_MODEL ? 900 : 100;
/** What a person does at most: a command, a choice, a click, a field that is filled in. */
const MOST_ACTIONS = 15;

const rows = gsm8kRows(200);

/** As tutorials have it: indexes the message, splits GSM8K's answer, prints now and then. */
const REWARDS = `import re

def extract_hash_answer(text):
    return text.split("####")[1].strip() if "####" in text else None

def correctness_reward_func(prompts, completions, answer, **kwargs) -> list[float]:
    responses = [completion[0]["content"] for completion in completions]
    print(f"Question: {prompts[0][-1]['content']}", f"Response: {responses[0]}", sep="\\n")
    numbers = [re.findall(r"-?\\d+", response) for response in responses]
    return [2.0 if found and found[-1] == extract_hash_answer(a) else 0.0 for found, a in zip(numbers, answer)]

def letters_reward_func(completions, **kwargs) -> list[float]:
    contents = [completion[0]["content"] for completion in completions]
    return [sum(letter.isalpha() for letter in content) / (len(content) or 1) for content in contents]
`;

const settings = { 'editor.wordWrap': 'on', 'editor.minimap.enabled': false };
const session = new Session({ settings }, (workspace) => {
  for (const name of readdirSync(workspace)) rmSync(join(workspace, name), { recursive: true });
  cpSync(CHAT_MODEL, join(workspace, 'models', MODEL_NAME), { recursive: true, dereference: true });
  mkdirSync(join(workspace, 'data/gsm8k'), { recursive: true });
  const column = (name: 'question' | 'answer') => ({
    name,
    data: rows.map((row) => row[name]),
    type: 'STRING' as const,
  });
  const parquet = parquetWriteBuffer({ columnData: [column('question'), column('answer')] });
  writeFileSync(join(workspace, 'data/gsm8k/train-00000-of-00001.parquet'), new Uint8Array(parquet));
  writeFileSync(join(workspace, 'rewards.py'), REWARDS);
});

/** Steps of seconds rather than minutes. */
function shorten(file: string): void {
  const config = readFileSync(file, 'utf8')
    .replace(/"maxCompletionLength": \d+/, '"maxCompletionLength": 48')
    .replace(/"system": "[^"]*"/, '"system": "Answer in one short sentence."');
  writeFileSync(file, config);
}

session.test('from a Parquet file, a chat model and a TRL reward file to a LoRA training', async (all) => {
  const { editor, dashboard, server } = all;
  const actions: string[] = [];
  const act = async (what: string, does: Promise<unknown>) => {
    actions.push(what);
    await does;
  };
  const field = (label: string) => dashboard.frame.getByLabel(label, { exact: true });

  await act('GRPO: Import Dataset', editor.command('GRPO: Import Dataset'));
  await act('choose the file', editor.choose(/train-00000-of-00001\.parquet/));
  const prompt = dashboard.frame.locator('.prompts pre').first();
  await prompt.filter({ hasText: '<|im_start|>user' }).waitFor({ timeout: 60_000 });
  await dashboard.frame.getByText('200 rows · 2 columns').waitFor();
  await act('choose a system prompt', field('System prompt').selectOption({ label: 'Think, then answer in tags' }));
  await prompt.filter({ hasText: '<answer>' }).waitFor({ timeout: 60_000 });
  await editor.screenshot('own-task-import');
  await act('write the config', dashboard.frame.getByRole('button', { name: 'Create Run Config' }).click());
  await editor.page.getByRole('tab', { name: 'gsm8k.grpo.json' }).waitFor();
  await editor.screenshot('own-task-config');
  if (GRPO_TEST_CHAT_MODEL) shorten(join(server.workspace, 'gsm8k.grpo.json'));

  await act('GRPO: Start Training', editor.command('GRPO: Start Training'));
  await dashboard.head.waitFor();
  await expect.poll(() => dashboard.step(), { timeout: 1000 * MOST_SECONDS }).toBeGreaterThanOrEqual(STEPS);
  await editor.command('View: Close Primary Side Bar');
  // Where nothing has a tooltip.
  await editor.page.mouse.move(300, 700);
  await editor.screenshot('own-task-training');
  await act('stop', dashboard.button('Stop').click());
  await expect.poll(() => dashboard.state.innerText(), { timeout: 1000 * MOST_SECONDS }).toBe('stopped');
  expect(actions.length).toBeLessThanOrEqual(MOST_ACTIONS);

  const [run] = readdirSync(join(server.workspace, '.grpo/runs'));
  const folder = join(server.workspace, '.grpo/runs', run!);
  const info: RunInfo = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
  expect(info.config.lora).toMatchObject({ r: 8 });
  expect(info.rewards?.map(({ name }) => name).sort()).toEqual(['correctness_reward_func', 'letters_reward_func']);
  const [first] = readFileSync(join(folder, 'rollouts/step-000001.jsonl'), 'utf8').split('\n');
  expect(JSON.parse(first!)).toMatchObject({
    prompt: [{ role: 'system' }, { role: 'user', content: expect.stringMatching(/^Natalia sold/) }],
    columns: { answer: expect.stringContaining('####') },
    error: null,
  });
});

session.test('plain prompts for a chat model are pointed out, with chat messages as the quick fix', async (all) => {
  const { editor, dashboard, server } = all;
  const { page } = editor;
  const file = join(server.workspace, 'gsm8k.grpo.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  // As TRL users have it who never looked at the chat template. These rewards take both forms.
  writeFileSync(file, JSON.stringify({ ...config, prompt: 'question', maxSteps: 1, rewards: ['both.py'] }, null, 2));
  writeFileSync(
    join(server.workspace, 'both.py'),
    'def length(completions, **kwargs):\n    return [len(str(c)) for c in completions]\n',
  );
  await editor.command('GRPO: Start Training');
  await expect.poll(() => dashboard.state.innerText(), { timeout: 60_000 }).toMatch(/^done/);
  await editor.notification(/gsm8k.* is done/).waitFor();
  await editor.command('View: Focus Problems');
  const row = page.locator('.markers-panel .monaco-list-row').filter({ hasText: /the prompts are plain text/ });
  await row.first().dblclick();
  const fix = page.getByText('Set "prompt" to {"user":"{{ question }}"}').first();
  const changed = page.locator('.editor-instance .view-line', { hasText: '"user": "{{ question }}"' });
  await until('the quick fix to be taken', async () => {
    await page.keyboard.press('Control+.');
    try {
      await fix.click({ timeout: 3000 });
      // A menu that has just opened takes no clicks.
      await changed.waitFor({ timeout: 3000 });
      return true;
    } catch {
      await page.keyboard.press('Escape');
      return false;
    }
  });
  await row.first().waitFor({ state: 'hidden' });
});
