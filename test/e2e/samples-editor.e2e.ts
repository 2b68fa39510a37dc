/** The list of samples (*.samples.jsonl as a custom editor): its scores, its edits, and many samples. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { expect } from 'vitest';
import type { Editor } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { RewardPreviews } from './helpers/previews.ts';
import { Session } from './helpers/session.ts';

const session = new Session({ settings: { 'files.autoSave': 'off', 'editor.minimap.enabled': false } });

/** The list in the editor in sight. */
const listOf = (editor: Editor): FrameLocator => new RewardPreviews(editor).view;

session.test('opens from the text, with the scores of every sample', async ({ editor }) => {
  await editor.openFile('sort.samples.jsonl');
  await editor.page.getByRole('button', { name: 'Open as List', exact: true }).click();
  const list = listOf(editor);
  await list.locator('.entry.sample', { hasText: '0 1 2 3' }).first().waitFor();
  await list.locator('.entry.sample', { hasText: 'inclusion 4 · ordering 3' }).first().waitFor();
  await list.locator('.entry.heading', { hasText: 'has a learning signal' }).first().waitFor();
  await editor.screenshot('samples-list');
  await editor.setTheme('light');
  await editor.screenshot('samples-list-light');
  await editor.setTheme('dark');
  await editor.page.setViewportSize({ width: 1000, height: 800 });
  await editor.screenshot('samples-list-1000');
});
