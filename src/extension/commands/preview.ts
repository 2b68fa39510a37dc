import { basename } from 'node:path';
import { commands, ProgressLocation, Uri, window } from 'vscode';
import { configName } from '../../text/files-by-name.ts';
import type { Lab, RewardPreviews } from '../lab.ts';
import type { Subject } from '../workspace/links.ts';
import { mayRunCode } from '../workspace/trust.ts';

/** What a lens is about: a reward file, and one of its functions. */
interface Target {
  file: string;
  name?: string;
}

/** Calls every function again, without anything that was kept. */
export async function runPreview(lab: Lab, given?: unknown): Promise<void> {
  const found = await subjectFor(lab, given);
  if (!found || !mayRunCode()) return;
  const { previews } = found.parts;
  if (!previews.enabled)
    return void window.showInformationMessage(
      'Reward previews are off. Turn them on with the setting grpo.preview.enabled.',
    );
  const title = `Scoring ${basename(found.subject.samplesPlace)}`;
  await window.withProgress({ location: ProgressLocation.Window, title }, () =>
    previews.run(found.subject, { reuse: false }),
  );
}

/** Calls one function with one sample's arguments in a debugger. */
export async function debugSample(lab: Lab, given?: unknown): Promise<void> {
  const found = await subjectFor(lab, given);
  if (!found || !mayRunCode()) return;
  const { subject, target, parts } = found;
  await parts.debug(subject, target.file, target.name);
}

/** Shows the samples of a reward file or run config. */
export async function openSamples(lab: Lab, given?: unknown): Promise<void> {
  const found = await subjectFor(lab, given);
  if (!found) return;
  const { subject } = found;
  if (subject.samples !== null) await window.showTextDocument(Uri.file(subject.samples));
  else
    void window.showInformationMessage(
      `${basename(subject.id)} has no samples yet. They go into ${basename(subject.samplesPlace)}.`,
    );
}

/** Shows the *Reward Preview*. */
export async function openPreview(): Promise<void> {
  await commands.executeCommand('grpo.preview.focus');
}

/** Chooses which run config's samples, weights and settings a reward file is previewed with, or that it is previewed alone. */
export async function selectPreviewConfig(lab: Lab, given?: unknown): Promise<void> {
  const found = await subjectFor(lab, given);
  if (!found) return;
  const { subjects } = found.parts;
  const all = subjects.all(found.target.file);
  if (all.every(({ config }) => config === null))
    return void window.showInformationMessage(`No run config uses ${basename(found.target.file)}.`);
  const items = all.map(({ id, config, samplesPlace }, i) => {
    const label = config === null ? `${basename(id)} alone` : configName(config);
    const detail = `${i === 0 ? 'in use, ' : ''}on ${basename(samplesPlace)}`;
    return { label, description: id, detail, id };
  });
  const placeHolder = 'Select the run config whose samples, weights and settings the preview uses';
  const choice = await window.showQuickPick(items, { title: 'GRPO: Select Run Config for Previews', placeHolder });
  if (choice) await subjects.prefer(choice.id);
}

/** What the command is about: the lens's file, or the one in the editor, or what was looked at last. */
export async function subjectFor(
  lab: Lab,
  given: unknown,
): Promise<{ parts: RewardPreviews; subject: Subject; target: Target } | undefined> {
  const parts = await lab.previews();
  await parts.subjects.ready;
  const target = targetOf(given);
  const open = window.activeTextEditor?.document.uri;
  const files = [target?.file, open?.scheme === 'file' ? open.fsPath : undefined, parts.previews.current?.subject.id];
  for (const file of files) {
    const subject = file === undefined ? undefined : parts.subjects.of(file);
    if (subject) return { parts, subject, target: target?.file === file ? target! : { file: file! } };
  }
  void window.showInformationMessage('Open a reward file, a samples file or a run config first.');
  return undefined;
}

function targetOf(given: unknown): Target | undefined {
  if (given instanceof Uri) return { file: given.fsPath };
  if (typeof given === 'string') return { file: given };
  const target = given as Target | undefined;
  return typeof target?.file === 'string' ? target : undefined;
}
