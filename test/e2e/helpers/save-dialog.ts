import { readFileSync } from 'node:fs';
import type { Editor } from './editor.ts';
import { until } from './processes.ts';

/** Presses what asks where to save, answers with this file, and gives what was written. */
export async function saveAs(editor: Editor, file: string, press: () => Promise<void>): Promise<Buffer> {
  await press();
  // The dialog puts its suggestion in when it has read the folder, over whatever was typed by then.
  await until('a name to be suggested', async () => /\.\w+$/.test(await editor.quickInput.inputValue()));
  await editor.quickInput.fill(file);
  await editor.page.keyboard.press('Enter');
  return until(`${file} to be written`, () => {
    try {
      const content = readFileSync(file);
      return content.length > 0 && content;
    } catch {
      return undefined;
    }
  });
}
