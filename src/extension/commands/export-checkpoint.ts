import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { env, type QuickPickItem, Uri, window } from 'vscode';
import { isAdapterFolder } from '../../files/adapter-folder.ts';
import { temporaryName } from '../../files/temporary-name.ts';
import { reasonIn } from '../../processes/reason-in.ts';
import { badInputText } from '../../protocol/errors.ts';
import { type Checkpoint, listCheckpointsLater } from '../../run-folder/checkpoints.ts';
import type { Run } from '../../run-folder/read-run.ts';
import type { Lab } from '../lab.ts';
import type { CommandExit } from '../workspace/grpo-command.ts';
import type { RunNode } from '../workspace/run-node.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { revealPath } from './open-run.ts';
import { pickRun } from './pick-run.ts';
import { runWithProgress } from './run-with-progress.ts';

const TITLE = 'Export Checkpoint';

/** What the dashboard gives: the run's folder, and a step where it knows one. */
interface OfDashboard {
  folder: string;
  step?: number | undefined;
}

/** Lets `grpo export` write a checkpoint for other programs. `given`: a run or a checkpoint of the view of runs, or what the dashboard gives. */
export async function exportCheckpoint(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode('Exporting a checkpoint', 'it reads a model that this workspace chooses')) return;
  const found = await pickCheckpoint(lab, given);
  const format = found && (await pickFormat(found.checkpoint));
  const target = format && (await askPlace(found, format));
  if (!target) return;
  const exported = await runExport(lab, found, format, target);
  if (exported) await offer(target, exported);
}

interface Found {
  run: Run;
  checkpoint: Checkpoint;
}

async function pickCheckpoint(lab: Lab, given: unknown): Promise<Found | undefined> {
  const node = given as RunNode | undefined;
  if (node?.kind === 'checkpoint') return { run: node.run, checkpoint: node.checkpoint };
  const { folder, step } = (given ?? {}) as Partial<OfDashboard>;
  const run = await pickRun(lab, folder ?? given, TITLE);
  if (!run) return undefined;
  const checkpoints = (await listCheckpointsLater(run.folder)).reverse();
  const named =
    checkpoints.find((each) => each.step === step) ?? (checkpoints.length === 1 ? checkpoints[0] : undefined);
  if (named) return { run, checkpoint: named };
  if (checkpoints.length === 0) {
    void window.showInformationMessage(`${run.name} has no checkpoint yet.`);
    return undefined;
  }
  const items = checkpoints.map((checkpoint) => ({ label: `Step ${checkpoint.step}`, checkpoint }));
  const options = { title: `GRPO: ${TITLE}`, placeHolder: 'Select a checkpoint', ignoreFocusOut: true };
  const checkpoint = (await window.showQuickPick(items, options))?.checkpoint;
  return checkpoint && { run, checkpoint };
}

interface Format extends QuickPickItem {
  args: string[];
  /** Of the name that is proposed. */
  ending: string;
  isFile: boolean;
}

const gguf = (label: string, description: string, type: 'f16' | 'q8_0'): Format => ({
  label,
  description,
  detail: 'One file for llama.cpp, Ollama and LM Studio',
  args: ['--format', 'gguf', '--type', type],
  ending: `-${type}.gguf`,
  isFile: true,
});

const FORMATS: Format[] = [
  gguf('GGUF, F16', 'as exact as the model', 'f16'),
  gguf('GGUF, Q8_0', 'half the size', 'q8_0'),
  {
    label: 'Model Folder',
    description: 'Hugging Face',
    detail: 'The whole model, for transformers, vLLM and further runs',
    args: ['--format', 'merged'],
    ending: '',
    isFile: false,
  },
  {
    label: 'TRL Checkpoint',
    description: 'with the optimizer',
    detail: 'For TRL to continue the training: trainer.train(resume_from_checkpoint=…)',
    args: ['--format', 'trl'],
    ending: '-trl',
    isFile: false,
  },
];
const ADAPTER: Format = {
  label: 'LoRA Adapter',
  description: 'PEFT',
  detail: 'Only what was trained; opens together with the model that the run started from',
  args: ['--format', 'adapter'],
  ending: '-adapter',
  isFile: false,
};

async function pickFormat({ path, step }: Checkpoint): Promise<Format | undefined> {
  const formats = isAdapterFolder(path) ? [...FORMATS, ADAPTER] : FORMATS;
  const options = { title: `GRPO: Export Step ${step}`, placeHolder: 'Select a format', ignoreFocusOut: true };
  return window.showQuickPick(formats, options);
}

/** Where to: a folder that is not there yet, or a file; the dialog asks whether one that is there may be replaced. */
async function askPlace({ run, checkpoint }: Found, { ending, isFile }: Format): Promise<string | undefined> {
  // <workspace>/.grpo/runs/<run>
  const beside = dirname(dirname(dirname(run.folder)));
  const name = run.name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^-|-$/g, '');
  let proposed = join(beside, `${name}-step-${checkpoint.step}${ending}`);
  for (;;) {
    const target = await window.showSaveDialog({
      title: isFile ? 'Export to File' : 'Export to Folder',
      saveLabel: 'Export',
      defaultUri: Uri.file(proposed),
      ...(isFile && { filters: { GGUF: ['gguf'] } }),
    });
    if (!target) return undefined;
    proposed = isFile && !target.fsPath.endsWith('.gguf') ? `${target.fsPath}.gguf` : target.fsPath;
    if (isFile || !existsSync(proposed)) return proposed;
    const again = 'Choose Another Name';
    const answer = await window.showWarningMessage(
      `${basename(proposed)} already exists, and no folder is replaced.`,
      again,
    );
    if (answer !== again) return undefined;
  }
}

interface Exported {
  notes: string[];
  modelfile?: string | undefined;
}

/** Undefined when it was canceled, or failed and said so. */
async function runExport(lab: Lab, found: Found, format: Format, target: string): Promise<Exported | undefined> {
  let exported: Exported | undefined;
  let reported = 0;
  // The command replaces nothing: the old file is there until the new one is complete.
  const place = existsSync(target) ? target.replace(/\.gguf$/i, '.new.gguf') : target;
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: `Exporting step ${found.checkpoint.step} of ${found.run.name}`,
    args: ['export', found.checkpoint.path, '--to', place, ...format.args],
    cwd: dirname(target),
    onLine(line) {
      exported = JSON.parse(line) as Exported;
    },
    onProgress({ done, of }, progress) {
      const percent = Math.round((100 * done) / of);
      progress.report({ message: `${percent} %`, increment: percent - reported });
      reported = percent;
    },
  });
  if (exit.ok) {
    if (!exported || place === target) return exported;
    await rename(place, target);
    return { ...exported, modelfile: exported.modelfile?.replace(basename(place), () => basename(target)) };
  }
  // A process that is ended leaves what it has written so far, under this name.
  await rm(temporaryName(place), { recursive: true, force: true });
  if (!cancelled) await reportFailure(lab, exit);
  return undefined;
}

async function reportFailure({ log }: Lab, { problem, lastWords }: CommandExit): Promise<void> {
  log.error(lastWords);
  const why = problem ? badInputText(problem) : reasonIn(lastWords);
  void window.showErrorMessage(`Nothing was exported: ${why}`);
}

async function offer(target: string, { notes, modelfile }: Exported): Promise<void> {
  const text = [`Exported ${basename(target)}.`, ...notes].join(' ');
  const [reveal, copy] = ['Reveal', 'Copy Modelfile for Ollama'];
  const action = await window.showInformationMessage(text, reveal, ...(modelfile === undefined ? [] : [copy]));
  if (action === reveal) await revealPath(target);
  if (action !== copy) return;
  await env.clipboard.writeText(`${modelfile}\n`);
  const how = `Save it as Modelfile beside ${basename(target)}, then: ollama create NAME -f Modelfile`;
  void window.showInformationMessage(`Copied. ${how}`);
}
