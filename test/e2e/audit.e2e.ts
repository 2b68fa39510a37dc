/** An audit of rewards in the editor: its number in the lens, what passes as problems, and a sample made of one. */
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

const session = new Session({}, (workspace) => {
  writeFileSync(join(workspace, 'rewards/loose.reward.ts'), LOOSE);
  const lines = SAMPLES.map((sample) => `${JSON.stringify(sample)}\n`).join('');
  writeFileSync(join(workspace, 'samples/loose.samples.jsonl'), lines);
});

session.test('an audit finds what a reward can be fooled by, and says so at the function', async ({ editor }) => {
  await editor.openFile('loose.reward.ts');
  const lens = (text: string | RegExp) => editor.page.locator('.codelens-decoration a', { hasText: text });
  await lens('Debug on Sample').waitFor();
  await editor.command('GRPO: Audit Rewards');
  await editor.notification(/loose\.reward\.ts: contains: \d+ of \d+ tricks pass/).waitFor();
  await lens(/audit: \d+ of \d+ tricks pass/).waitFor();
  await editor.answer(/tricks pass/, 'Show Problems');
  const problem = editor.page.locator('.markers-panel .monaco-list-row', {
    hasText: 'contains rewards what is no answer',
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
