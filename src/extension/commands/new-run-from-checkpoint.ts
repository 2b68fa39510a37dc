import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Uri, window, workspace } from 'vscode';
import { isAdapterFolder } from '../../files/adapter-folder.ts';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import { badInputText } from '../../protocol/errors.ts';
import { type Checkpoint, listCheckpointsLater } from '../../run-folder/checkpoints.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { configName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { writeNewConfig } from '../workspace/new-config.ts';
import { pathIn } from '../workspace/path-in.ts';
import { recordedConfigText } from '../workspace/recorded-config.ts';
import { trainingRequest } from '../workspace/request.ts';
import type { RunNode } from '../workspace/run-node.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { withField } from '../workspace/with-field.ts';
import { writablePlace } from '../workspace/writable-place.ts';
import { pickRun } from './pick-run.ts';
import { runWithProgress } from './run-with-progress.ts';
import { startOrQueue } from './start.ts';

/** In place of a row of the view: the run that was to be resumed, to be started at once with the settings of today. */
interface FromQuestion {
  folder: string;
  start: true;
}

/**
 * Writes a run config whose model is a checkpoint: the one given, or a run's newest. It has the run's own settings and is opened, to be changed;
 * in answer to the question before a resume it has those of today, and starts.
 */
export async function newRunFromCheckpoint(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const start = isFromQuestion(given);
  const run = await pickRun(lab, start ? given.folder : given, 'New Run from Checkpoint', ({ info }) => info.step > 0);
  if (!run) return;
  const node = given as RunNode | undefined;
  const checkpoint = node?.kind === 'checkpoint' ? node.checkpoint : (await listCheckpointsLater(run.folder)).at(-1);
  if (!checkpoint) {
    void window.showInformationMessage(`${run.name} has no checkpoint yet.`);
    return;
  }
  const { configFile } = run.info;
  const model = await startModel(lab, run, checkpoint);
  if (model === undefined) return;
  const text = start ? await todaysText(run, model) : recordedConfigText(run.info, { model });
  const file = await writeNewConfig(configFile, `${configName(configFile)}-from-step-${checkpoint.step}`, text);
  if (start) await startOrQueue(lab, trainingRequest(file));
  else await window.showTextDocument(await workspace.openTextDocument(Uri.file(file)));
}

const isFromQuestion = (given: unknown): given is FromQuestion =>
  typeof given === 'object' && given !== null && 'start' in given && 'folder' in given;

async function todaysText({ info }: Run, model: string): Promise<string> {
  try {
    return withField(await readTextLater(info.configFile, CONFIG_FILE), 'model', pathIn(info.configFile, model));
  } catch {
    // It is gone: what it was is known.
    return recordedConfigText(info, { model });
  }
}

/** A checkpoint that is a model, or its adapter merged into the model that it was trained on. Undefined where that was cancelled or failed. */
async function startModel(lab: Lab, { info }: Run, { step, path }: Checkpoint): Promise<string | undefined> {
  if (!isAdapterFolder(path)) return path;
  const merged = join(dirname(info.configFile), 'models', `${configName(info.configFile)}-step-${step}`);
  for (let attempt = 1; ; attempt++) {
    const out = attempt === 1 ? merged : `${merged}-${attempt}`;
    if (existsSync(out)) continue;
    await writablePlace(out);
    const { exit, cancelled } = await runWithProgress(lab.context, {
      title: `Merging the adapter of step ${step} into its model`,
      args: ['export', path, '--format', 'merged', '--to', out],
      cwd: dirname(info.configFile),
      onLine: () => {},
    });
    if (exit.ok) return out;
    if (!cancelled)
      void window.showErrorMessage(
        `The adapter could not be merged: ${exit.problem ? badInputText(exit.problem) : exit.lastWords}`,
      );
    return undefined;
  }
}
