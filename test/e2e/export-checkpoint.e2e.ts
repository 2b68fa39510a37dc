/** A checkpoint is exported from its tab and from the view of runs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { makeRun } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session({}, (workspace) => {
  makeRun(workspace, 'sort.grpo.json', { maxSteps: 4, saveSteps: 2, lora: { r: 4 } });
});

/** Answers the dialog that asks where to. */
async function saveAs(name: string): Promise<string> {
  const { editor, server } = session;
  // The dialog puts its suggestion in when it has read the folder, over whatever was typed by then.
  await until('a name to be suggested', async () => /step-\d/.test(await editor.quickInput.inputValue()));
  await editor.screenshot('export-place');
  const target = join(server.workspace, name);
  await editor.quickInput.fill(target);
  await editor.page.keyboard.press('Enter');
  return target;
}

session.test('as a .gguf file, from the dashboard, with lines for Ollama', async ({ editor, dashboard }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('4/4').click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await dashboard.show('Checkpoints');
  const list = dashboard.frame.getByRole('list', { name: 'Checkpoints' });
  await list.getByRole('button', { name: /^Step 2/ }).click();
  await editor.screenshot('export-checkpoint');
  await list.getByRole('button', { name: 'Export…' }).click();
  await editor.quickRow('LoRA Adapter').waitFor();
  await editor.screenshot('export-format');
  await editor.choose('GGUF, Q8_0');
  const file = await saveAs('sorter.gguf');
  await editor.notification(/Exported sorter\.gguf\./).waitFor();
  await editor.screenshot('export-done');
  expect(readFileSync(file).subarray(0, 4).toString()).toBe('GGUF');
  expect(readdirSync(session.server.workspace).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  await editor.answer(/Exported sorter\.gguf\./, 'Copy Modelfile for Ollama');
  await editor.notification(/ollama create/).waitFor();
});

session.test('as an adapter, from the menu of a checkpoint', async ({ editor }) => {
  await editor.clearNotifications();
  await editor.treeItem('4/4').click();
  await editor.page.keyboard.press('ArrowRight');
  await editor.treeItem('step-000004').click({ button: 'right' });
  await editor.page.getByRole('menuitem', { name: 'Export Checkpoint' }).waitFor();
  await editor.screenshot('export-menu');
  // The menu opens with nothing chosen.
  await editor.page.keyboard.press('ArrowDown');
  await editor.page.keyboard.press('Enter');
  await editor.choose('LoRA Adapter');
  const folder = await saveAs('sorter');
  await editor.notification(/Exported sorter\. The adapter belongs to the model at/).waitFor();
  await editor.screenshot('export-adapter');
  expect(existsSync(join(folder, 'adapter_model.safetensors'))).toBe(true);
  expect(existsSync(join(folder, 'grpo_optimizer.safetensors'))).toBe(false);
});
