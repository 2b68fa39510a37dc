import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { RewardPreviews } from './helpers/previews.ts';
import { Session } from './helpers/session.ts';

const session = new Session();

session.test('a reward is made from a helper, with samples, and added to a run config', async ({ editor, server }) => {
  await editor.command('GRPO: New Reward Function');
  await editor.choose('numericMatch');
  await editor.choose(/^arithmetic/);
  await editor.quickInput.fill('class');
  await editor.page.getByText('not a reserved word').first().waitFor();
  await editor.quickInput.fill('right_sum');
  await editor.page.keyboard.press('Enter');
  await editor.page.getByRole('tab', { name: 'right_sum.samples.jsonl' }).waitFor();
  await editor.page.getByRole('tab', { name: 'right_sum.reward.ts' }).waitFor();

  const read = (file: string) => readFileSync(join(server.workspace, file), 'utf8');
  expect(read('rewards/right_sum.reward.ts')).toContain("numericMatch({ column: 'answer' })");
  expect(read('samples/right_sum.samples.jsonl')).toContain('"expect":{"right_sum":1}');
  expect(read('arithmetic.grpo.json')).toContain('#format", "rewards/right_sum.reward.ts"]');
  expect(read('arithmetic.grpo.json')).toContain('// A tiny model that adds two numbers');
  // Its types come from the extension.
  expect(existsSync(join(server.workspace, 'rewards/grpo-rewards.d.ts'))).toBe(false);
  await editor.screenshot('new-reward');
});

session.test(
  'it is previewed on its own samples first, and on those of the run config if one chooses',
  async ({ editor }) => {
    const previews = new RewardPreviews(editor);
    await editor.openFile('right_sum.reward.ts');
    const own = /^8 samples · mean 0\.5 .*right_sum\.samples\.jsonl$/;
    await previews.lens(own);
    await previews.decoration(/^right_sum 1 · total 1$/);
    await editor.screenshot('new-reward-preview');
    await previews.lensLink('right_sum.samples.jsonl').click();
    await editor.choose('arithmetic.grpo.json');
    await previews.lens(/^5 samples · mean 0\.\d.*arithmetic\.samples\.jsonl$/);
    await previews.lensLink('arithmetic.samples.jsonl').click();
    // The list may show the rows of the time before for a moment.
    await editor.quickRow('in use, on arithmetic.samples.jsonl').waitFor();
    await editor.choose('right_sum.reward.ts alone');
    await previews.lens(own);
  },
);

session.test('helpers are explained where they are used', async ({ editor }) => {
  const line = editor.page.locator('.editor-instance .view-line').filter({ hasText: 'right_sum = numericMatch' });
  await editor.hover(line.getByText('numericMatch'), 'Creates a reward: 1 if', 60_000);
  await editor.screenshot('reward-hover');
});

/** What only the types can tell. */
const MISTAKE = "import { numericMatch } from 'grpo/rewards';\nexport const a = numericMatch({ colum: 'x' });\n";

session.test('types of grpo/rewards are known in any folder, with or without a tsconfig.json', async (all) => {
  const { editor, server } = all;
  const strict = '{ "compilerOptions": { "strict": true, "module": "nodenext", "noEmit": true } }';
  const projects = { bare: undefined, strict, sample: undefined };
  for (const [name, tsconfig] of Object.entries(projects)) {
    // The sample's rewards are in its own tsconfig.json.
    const folder = join(server.workspace, name === 'sample' ? 'rewards' : name);
    mkdirSync(folder, { recursive: true });
    if (tsconfig !== undefined) writeFileSync(join(folder, 'tsconfig.json'), tsconfig);
    writeFileSync(join(folder, `${name}.reward.ts`), MISTAKE);
    await editor.openFile(`${name}.reward.ts`);
    const line = editor.page.locator('.editor-instance .view-line').filter({ hasText: 'colum' });
    // What names the column wrongly is the mistake, and the only one: the import is found.
    await editor.page.locator('.editor-instance .squiggly-error').first().waitFor({ timeout: 60_000 });
    await editor.hover(line.getByText('colum', { exact: true }), /does not exist in type 'NumericMatchOptions'/);
    await editor.page.keyboard.press('Escape');
    expect(await editor.page.locator('.editor-instance .squiggly-error').count(), name).toBe(1);
  }
  writeFileSync(join(server.workspace, 'bare/js.reward.js'), `// @ts-check\n${MISTAKE}`);
  await editor.openFile('js.reward.js');
  await editor.page.locator('.editor-instance .squiggly-error').first().waitFor({ timeout: 60_000 });
  expect(await editor.page.locator('.editor-instance .squiggly-error').count()).toBe(1);
  await editor.screenshot('reward-types');
});
