/** An audit of rewards in the editor: its number in the lens, what passes as problems, and a sample made of one. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

const LOOSE = `/** Accepts whatever has the answer somewhere. */
export function contains({ completion, answer }: { completion: string; answer: string }) {
  return completion.includes(answer) ? 1 : 0;
}
`;
const SAMPLES = [
  { prompt: 'What is 6 times 7?', answer: '42', completion: 'The answer is 42' },
  { prompt: 'What is 12 plus 13?', answer: '25', completion: 'It is 25' },
];

/** Answers only in the interpreter that the settings name. */
const PYTHON = `import sys

def chosen(prompts, completions, answer, **kwargs):
    if not sys.prefix.endswith("chosen-python"):
        raise RuntimeError("not the chosen interpreter")
    return [float(expected in completion) for completion, expected in zip(completions, answer)]
`;
const SLOW = `export async function judge({ completion, answer }: { completion: string; answer: string }) {
  await new Promise((done) => setTimeout(done, 4000));
  return completion.includes(answer) ? 1 : 0;
}
`;

const session = new Session(
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a setting's own placeholder
  { settings: { 'grpo.pythonPath': '${workspaceFolder}/chosen-python/bin/python' } },
  (workspace) => {
    spawnSync('python3', ['-m', 'venv', '--without-pip', join(workspace, 'chosen-python')]);
    writeFileSync(join(workspace, 'rewards/chosen.py'), PYTHON);
    writeFileSync(join(workspace, 'rewards/slow.reward.ts'), SLOW);
    for (const name of ['chosen', 'slow'])
      writeFileSync(
        join(workspace, `samples/${name}.samples.jsonl`),
        SAMPLES.map((sample) => `${JSON.stringify(sample)}\n`).join(''),
      );
    writeFileSync(join(workspace, 'rewards/loose.reward.ts'), LOOSE);
    const lines = SAMPLES.map((sample) => `${JSON.stringify(sample)}\n`).join('');
    writeFileSync(join(workspace, 'samples/loose.samples.jsonl'), lines);
  },
);

session.test('an audit finds what a reward can be fooled by, and says so at the function', async ({ editor }) => {
  await editor.openFile('loose.reward.ts');
  const lens = (text: string | RegExp) => editor.page.locator('.codelens-decoration a', { hasText: text });
  await lens('Debug on Sample').waitFor();
  await editor.command('GRPO: Audit Rewards');
  await editor.notification(/loose\.reward\.ts: contains: \d+ of \d+ tricks pass/).waitFor();
  await lens(/audit: \d+ of \d+ tricks pass/).waitFor();
  await editor.answer(/tricks pass/, 'Show Problems');
  const problem = editor.page.locator('.markers-panel .monaco-list-row', {
    hasText: 'contains is fooled: 1 for',
  });
  await problem.first().waitFor();
  await editor.screenshot('audit-problems');
});

session.test('what passes becomes a sample with the score that it should get', async ({ editor, server }) => {
  const { page } = editor;
  const row = page.locator('.markers-panel .monaco-list-row', { hasText: 'the answer, in a denial' }).first();
  const fix = page.locator('.monaco-menu .action-item', { hasText: 'Add as Sample: The answer is definitely not' });
  await until('the quick fix to be offered', async () => {
    await row.click();
    await page.keyboard.press('Control+.');
    await fix.waitFor({ timeout: 3000 });
    return true;
  });
  await editor.screenshot('audit-fix');
  await fix.click();
  const samples = join(server.workspace, 'samples/loose.samples.jsonl');
  const lines = await until('the sample to be added', () => {
    const all = readFileSync(samples, 'utf8').trimEnd().split('\n');
    return all.length === SAMPLES.length + 1 && all;
  });
  const added = JSON.parse(lines.at(-1)!);
  expect(added).toMatchObject({ answer: expect.any(String), expect: { contains: 0 } });
  expect(added.completion).not.toBe('');
  // The preview scores it at once, and says that it is not what is expected.
  const problem = page.locator('.markers-panel .monaco-list-row', { hasText: 'expected contains 0, got 1' });
  await problem.waitFor();
  await editor.screenshot('audit-sample');
});

session.test('Python rewards are audited with the interpreter that previews use', async ({ editor }) => {
  await editor.openFile('chosen.py');
  await editor.command('GRPO: Audit Rewards');
  await editor.notification(/chosen\.py: chosen: \d+ of \d+ tricks pass/).waitFor();
});

session.test('a slow audit shows how far it is, and can be canceled', async ({ editor }) => {
  await editor.openFile('slow.reward.ts');
  await editor.command('GRPO: Audit Rewards');
  const progress = editor.notification(/Auditing slow\.reward\.ts: audit: [1-9]\d* of \d+ scores/);
  await progress.waitFor();
  await editor.screenshot('audit-progress');
  await editor.answer(/Auditing slow/, 'Cancel');
  await progress.waitFor({ state: 'hidden' });
});

session.test("the sample workspace's own rewards: what a newcomer sees", async ({ editor }) => {
  await editor.openFile('arithmetic.reward.ts');
  await editor.command('GRPO: Audit Rewards');
  await editor.notification(/arithmetic.*: correctness: 0 of \d+ tricks pass/).waitFor();
  await editor.command('View: Focus Problems');
  await editor.screenshot('audit-arithmetic');
});
