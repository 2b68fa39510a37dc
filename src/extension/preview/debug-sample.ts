import { window } from 'vscode';
import { textOf } from '../workspace/documents.ts';
import type { Subject } from '../workspace/links.ts';
import { startDebugging } from './debug-session.ts';
import { findDeclarations } from './declarations.ts';
import type { PreviewParts } from './parts.ts';
import { pickRow } from './pick-row.ts';

/** The function to debug: the file's only one, or the one chosen. */
export async function pickFunction(parts: PreviewParts, subject: Subject, file: string): Promise<string | undefined> {
  const functions = await functionsOf(parts, subject);
  const own = functions.filter((candidate) => candidate.file === file);
  const items = (own.length > 0 ? own : functions).map(({ name, file: description }) => ({ label: name, description }));
  if (items.length < 2) return items[0]?.label;
  return (await window.showQuickPick(items, { placeHolder: 'Which reward function?' }))?.label;
}

/** Asks for the sample where there are several, then starts the debugger. `line` (from 1) is given by those who know it. */
export async function debugSample(
  extensionPath: string,
  parts: PreviewParts,
  subject: Subject,
  name: string,
  line?: number,
): Promise<void> {
  const declared = (await functionsOf(parts, subject)).find((candidate) => candidate.name === name);
  if (!declared || subject.samples === null) {
    const why = declared ? 'there are no samples to debug it with' : 'this reward function no longer exists';
    return void window.showInformationMessage(`${name}: ${why}.`);
  }
  const chosen = line ?? (await pickRow(parts.previews.of(subject), subject, name));
  if (chosen === undefined) return;
  const target = { file: declared.file, name, samples: subject.samples, line: chosen };
  await startDebugging(target, subject, parts.interpreters, extensionPath);
}

/** As the preview knows them, else as the texts of the files tell. */
async function functionsOf({ previews }: PreviewParts, subject: Subject): Promise<{ name: string; file: string }[]> {
  const known = previews.of(subject)?.result?.functions ?? [];
  if (known.length > 0) return known;
  const files = [...new Set(subject.rewards.map(({ file }) => file))];
  const texts = await Promise.all(files.map(textOf));
  return files.flatMap((file, i) => findDeclarations(file, texts[i]!).map(({ name }) => ({ name, file })));
}
