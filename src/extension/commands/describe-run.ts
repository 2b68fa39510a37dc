import { window } from 'vscode';
import { aboutLine, type RunAbout, tagsOf } from '../../protocol/run-about.ts';
import type { Run } from '../../run-folder/read-run.ts';
import type { Lab } from '../lab.ts';
import { changeAbout } from '../workspace/change-about.ts';
import { pickRun, runsOf } from './pick-run.ts';

/** Gives a run a name of its own; with none it is called after its config again. */
export async function renameRun(lab: Lab, given?: unknown): Promise<void> {
  const run = await pickRun(lab, given, 'Rename Run');
  if (!run) return;
  const name = await window.showInputBox({
    title: 'GRPO: Rename Run',
    value: run.name,
    prompt: 'Leave it empty to name the run after its config again.',
    ignoreFocusOut: true,
  });
  // Enter on a label that was worked out gives no name.
  if (name !== undefined && name !== run.name) await change(lab, [run], { name: aboutLine(name) });
}

export async function editNote(lab: Lab, given?: unknown): Promise<void> {
  const run = await pickRun(lab, given, 'Edit Note');
  if (!run) return;
  const note = await window.showInputBox({
    title: `GRPO: Note on ${run.name}`,
    value: run.about.note ?? '',
    prompt: 'What you tried, or what came of it. Shown in the runs view when you hover over the run.',
    ignoreFocusOut: true,
  });
  if (note !== undefined) await change(lab, [run], { note: note.trim() || undefined });
}

export async function editTags(lab: Lab, given?: unknown): Promise<void> {
  const run = await pickRun(lab, given, 'Edit Tags');
  if (!run) return;
  const known = [...new Set(lab.runs.runs.flatMap(({ about }) => about.tags ?? []))];
  const line = await window.showInputBox({
    title: `GRPO: Tags of ${run.name}`,
    value: (run.about.tags ?? []).join(', '),
    prompt: `Separated by commas.${known.length > 0 ? ` In use: ${known.join(', ')}.` : ''}`,
    ignoreFocusOut: true,
  });
  if (line === undefined) return;
  const tags = tagsOf(line);
  await change(lab, [run], { tags: tags.length > 0 ? tags : undefined });
}

export const pinRun = (lab: Lab, given?: unknown, all?: unknown): Promise<void> => pin(lab, given, all, true);
export const unpinRun = (lab: Lab, given?: unknown, all?: unknown): Promise<void> => pin(lab, given, all, undefined);

async function pin(lab: Lab, given: unknown, all: unknown, pinned: true | undefined): Promise<void> {
  const several = runsOf(lab, given, all);
  const title = pinned ? 'Pin Run' : 'Unpin Run';
  const fits = ({ about }: Run) => Boolean(about.pinned) !== Boolean(pinned);
  const runs = several.length > 1 ? several : [await pickRun(lab, given, title, fits)];
  await change(
    lab,
    runs.filter((run) => run !== undefined),
    { pinned },
  );
}

async function change({ runs }: Lab, described: readonly Run[], about: Partial<RunAbout>): Promise<void> {
  for (const { folder } of described) {
    await changeAbout(folder, about);
    runs.refresh(folder);
  }
}
