import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EndOfLine, Range, type TextDocument, Uri, ViewColumn, WorkspaceEdit, window, workspace } from 'vscode';
import { SAMPLES_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import { editedSamples, type NewSample, type SampleEdits, sampleEdits } from '../../protocol/sample-edits.ts';
import { InTurn } from './in-turn.ts';
import { samplesFile, writableSamples } from './samples-file.ts';

/** What became of samples that were to be added. */
export interface AddedSamples {
  file: string;
  added: number;
  /** Samples that were there and have other expectations now. */
  updated: number;
  /** Generated ones that were there, and are replaced. */
  removed: number;
  /** Where the first of them is; lines count from 1. */
  line: number;
}

/**
 * Adds samples to the samples file of a run config, which is made when it is not there. In a file that is open they become part of what is on the screen;
 * if that was saved, it is saved again. `replacing` removes the generated ones as `sampleEdits` says. Throws what `writableSamples` says.
 */
export async function addSamples(
  config: string,
  samples: readonly NewSample[],
  how: { replacing?: boolean } = {},
): Promise<AddedSamples> {
  return addSamplesTo(await samplesFile(config), samples, { ...how, named: config });
}

/** The same, to this samples file. `named`: the file that names it. */
export async function addSamplesTo(
  file: string,
  samples: readonly NewSample[],
  { named = file, ...how }: { replacing?: boolean; named?: string } = {},
): Promise<AddedSamples> {
  const place = await writableSamples(file, named);
  const make: MakeEdits = (text) => sampleEdits(text, samples, how);
  const edited = await edits.run(place, () => {
    const open = workspace.textDocuments.find(({ uri, isClosed }) => !isClosed && [file, place].includes(uri.fsPath));
    return open ? editDocument(open, make) : editFile(place, make);
  });
  const { appended, replaced, removed, lines } = edited;
  return { file, added: appended.length, updated: replaced.length, removed: removed.length, line: lines[0] ?? 1 };
}

/** By file: a document that is still being saved is not yet a saved one. */
const edits = new InTurn();

type MakeEdits = (text: string) => SampleEdits;
const changesNothing = ({ replaced, appended, removed }: SampleEdits): boolean =>
  replaced.length + appended.length + removed.length === 0;

async function editDocument(document: TextDocument, make: MakeEdits): Promise<SampleEdits> {
  const before = document.getText().replaceAll('\r\n', '\n');
  const edits = make(before);
  if (changesNothing(edits)) return edits;
  const wasSaved = !document.isDirty;
  const edit =
    edits.removed.length > 0 ? wholeEdit(document, editedSamples(before, edits)) : lineEdits(document, edits);
  if (!(await workspace.applyEdit(edit))) throw new Error(`${document.uri.fsPath} cannot be changed.`);
  if (wasSaved) await document.save();
  return edits;
}

function wholeEdit(document: TextDocument, text: string): WorkspaceEdit {
  const edit = new WorkspaceEdit();
  edit.replace(document.uri, new Range(0, 0, document.lineCount, 0), text);
  return edit;
}

/** Of what stays as it is, nothing: the cursor stays there, too. */
function lineEdits(document: TextDocument, { replaced, appended }: SampleEdits): WorkspaceEdit {
  const edit = new WorkspaceEdit();
  for (const { line, text } of replaced) edit.replace(document.uri, document.lineAt(line - 1).range, text);
  if (appended.length > 0) {
    const last = document.lineAt(document.lineCount - 1);
    const newline = document.eol === EndOfLine.CRLF ? '\r\n' : '\n';
    const before = last.text === '' ? '' : newline;
    const text = before + appended.map((line) => line + newline).join('');
    edit.insert(document.uri, last.range.end, text);
  }
  return edit;
}

/** Readers see the old text or the new one, whole. */
async function editFile(file: string, make: MakeEdits): Promise<SampleEdits> {
  const text = existsSync(file) ? await readTextLater(file, SAMPLES_FILE) : '';
  const edits = make(text);
  if (changesNothing(edits)) return edits;
  await mkdir(dirname(file), { recursive: true });
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  try {
    // Only a file that was not there: one that was could be a link to another place.
    await writeFile(temporary, editedSamples(text, edits), { flag: 'wx', flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return edits;
}

/** Shows a samples file at a line. */
export async function showSample(file: string, line: number): Promise<void> {
  const at = new Range(line - 1, 0, line - 1, 0);
  await window.showTextDocument(Uri.file(file), { selection: at, viewColumn: ViewColumn.One });
}
