import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RewardPreviews } from './helpers/previews.ts';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

const files = {
  'tutorial.grpo.json': `{
  // As somebody begins: a dataset with questions, and the reward of a tutorial.
  "model": "models/tiny-arithmetic",
  "dataset": "data/questions.jsonl",
  "prompt": "question",
  "rewards": ["rewards/tutorial.py"]
}
`,
  'data/questions.jsonl': '{"question": "25+27=?", "answer": "52"}\n',
  'rewards/tutorial.py': `def correctness_reward_func(prompts, completions, answer, **kwargs):
    responses = [completion[0]['content'] for completion in completions]
    return [2.0 if r == a else 0.0 for r, a in zip(responses, answer)]
`,
  'samples/tutorial.samples.jsonl': `{"prompt": "25+27=?", "answer": "52", "completion": "52"}
{"prompt": "25+27=?", "answer": "52", "completion": "53"}
`,
};

const session = new Session({ settings: { 'editor.minimap.enabled': false } }, (workspace) => {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(workspace, file), text);
});

session.test(
  "a tutorial's reward with plain prompts: the error explains it, a quick fix sets chat prompts",
  async (all) => {
    const { editor } = all;
    const { page } = editor;
    const previews = new RewardPreviews(editor);
    await editor.openFile('tutorial.py');
    await previews.lens(/2 errors|error/);
    await previews.cursorAt(2, 20);
    await editor.command('View: Focus Problems');
    await page
      .locator('.markers-panel')
      .getByText(/prompts and completions are plain text here, as in TRL/)
      .first()
      .waitFor();
    await previews.cursorAt(2, 20);
    const fix = page.getByText(/^Set "prompt" to .*question.* in tutorial\.grpo\.json$/).first();
    await until('the quick fix to be offered', async () => {
      await page.keyboard.press('Control+.');
      return fix.waitFor({ timeout: 3000 }).then(
        () => true,
        () => page.keyboard.press('Escape').then(() => false),
      );
    });
    await editor.screenshot('python-chat-prompts');
    await page.keyboard.press('Enter');
    await fix.waitFor({ state: 'hidden' });
    await editor.openFile('tutorial.grpo.json');
    await page.locator('.editor-instance .view-line', { hasText: '"user": "{{ question }}"' }).waitFor();
    await page.locator('.editor-instance .view-line', { hasText: '// As somebody begins' }).waitFor();
    // Those samples are of before.
    await page
      .locator('.markers-panel')
      .getByText(/the run's prompts are chat messages already/)
      .first()
      .waitFor();
    await editor.screenshot('python-chat-prompts-set');
    await editor.command('File: Revert File');
  },
);
