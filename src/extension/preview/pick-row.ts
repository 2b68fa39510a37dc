import { basename } from 'node:path';
import { window } from 'vscode';
import type { PreviewRow } from '../../protocol/preview.ts';
import { singleSpaced } from '../../text/visible.ts';
import { textOf } from '../workspace/documents.ts';
import type { Subject } from '../workspace/links.ts';
import type { Preview } from './preview.ts';
import { outcomeWord } from './words.ts';

/** The row to debug a function on: the only one, or the one chosen, those that went wrong first. Its line counts from 1. */
export async function pickRow(
  preview: Preview | undefined,
  subject: Subject,
  name: string,
): Promise<number | undefined> {
  const rows = preview?.result?.rows ?? [];
  if (rows.length === 0) return pickLine(subject);
  const items = rows.map((row, i) => {
    const missed = row.mismatches.some((mismatch) => mismatch.name === name);
    return {
      label: `${preview!.rowLine(i) + 1}: ${singleSpaced(row.completion) || '(empty)'}`,
      description: `→ ${outcomeWord(row.outcomes[name])}${missed ? ', not as expected' : ''}`,
      urgency: urgency(row, name),
      line: preview!.rowLine(i) + 1,
    };
  });
  if (items.length === 1) return items[0]!.line;
  items.sort((a, b) => b.urgency - a.urgency);
  const placeHolder = 'Which sample?';
  const choice = await window.showQuickPick(items, { title: `Debug ${name}`, placeHolder, matchOnDescription: true });
  return choice?.line;
}

const urgency = ({ outcomes, mismatches }: PreviewRow, name: string): number =>
  outcomes[name]?.kind === 'failure' ? 2 : mismatches.some((mismatch) => mismatch.name === name) ? 1 : 0;

/** While there are no numbers yet the file tells what there is. */
async function pickLine({ samples }: Subject): Promise<number | undefined> {
  if (samples === null) return undefined;
  const lines = (await textOf(samples)).split('\n');
  const items = lines.flatMap((text, i) => (text.trim() === '' ? [] : [{ label: `${i + 1}: ${text}`, line: i + 1 }]));
  if (items.length < 2) return items[0]?.line;
  return (await window.showQuickPick(items, { placeHolder: `Which sample of ${basename(samples)}?` }))?.line;
}
