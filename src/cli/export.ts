import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isAdapterFolder } from '../files/adapter-folder.ts';
import { temporaryName } from '../files/temporary-name.ts';
import { isGguf } from '../model/files/gguf.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { BadInput } from '../protocol/errors.ts';
import { checkPlace, writeFailure } from '../run-folder/atomic-write.ts';
import { listCheckpoints } from '../run-folder/checkpoints.ts';
import { holdsRun, readRunInfo } from '../run-folder/run-info.ts';
import { exportTrlCheckpoint } from '../trl/export-checkpoint.ts';
import type { CommandOf } from './commands.ts';
import { exportAdapter, exportMerged } from './export-folder.ts';
import { exportGguf } from './export-gguf.ts';
import type { Exported } from './exported.ts';
import { print, printJson, warn } from './output.ts';
import { Progress } from './progress.ts';
import { tellHost } from './tell-host.ts';

/** `grpo export`: a checkpoint as other programs open it. */
export async function exportCommand(options: CommandOf<'export'>): Promise<number> {
  const { checkpoint, name } = findCheckpoint(options);
  const { format, to } = findPlace(options, checkpoint);
  if (existsSync(to)) throw new BadInput('this already exists; choose another name with --to', { file: to });
  checkPlace(to, PLACES[format]);
  const config = readModelConfig(checkpoint);

  const progress = new Progress(process.stderr);
  const onProgress = (done: number, of: number) => {
    progress.show({ type: 'phase', step: 0, phase: 'load', share: done / of });
    tellHost({ type: 'progress', done, of, loads: false });
  };
  const interrupted = () => {
    // What both kinds of writing are at until they are complete.
    rmSync(temporaryName(to), { recursive: true, force: true });
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  let exported: Exported;
  try {
    if (format === 'adapter') exported = await exportAdapter(checkpoint, to);
    else if (format === 'trl') exported = { notes: await exportTrlCheckpoint(checkpoint, to) };
    else if (format === 'merged') exported = await exportMerged(checkpoint, config, to, onProgress);
    else
      exported = await exportGguf(
        { model: checkpoint, config, name, type: TYPES[options.type ?? 'f16'], onProgress },
        to,
      );
  } catch (error) {
    throw writeFailure(to, error, PLACES[format]);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
  const { notes, modelfile } = exported;
  if (options.json) {
    printJson({ path: to, format, ...(format === 'gguf' && { type: options.type ?? 'f16' }), notes, modelfile });
    return 0;
  }
  print(to);
  for (const note of notes) warn(note);
  if (modelfile !== undefined) print(`\nFor Ollama, in a file named Modelfile beside it:\n\n${modelfile}`);
  return 0;
}

const FOLDER = 'folder with --to';
const PLACES = { merged: FOLDER, adapter: FOLDER, gguf: 'file with --to', trl: FOLDER };
const TYPES = { f16: 'F16', q8_0: 'Q8_0' } as const;

/** The folder to export, and what to call its model. */
function findCheckpoint({ source, step }: CommandOf<'export'>): { checkpoint: string; name: string } {
  const folder = resolve(source);
  if (!holdsRun(folder)) {
    if (step !== undefined)
      throw new BadInput('--step names a checkpoint of a run, and this is no run', { file: folder, isFolder: true });
    return { checkpoint: folder, name: modelName(folder) };
  }
  const checkpoints = listCheckpoints(folder);
  const found = step === undefined ? checkpoints.at(-1) : checkpoints.find((each) => each.step === step);
  if (found) return { checkpoint: found.path, name: modelName(found.path) };
  const steps = checkpoints.map((each) => each.step).join(', ');
  const message =
    steps === ''
      ? 'this run has no checkpoint yet'
      : `this run has no checkpoint of step ${step}; it has those of ${steps}`;
  throw new BadInput(message, { file: folder, isFolder: true });
}

/** `sort step 60` for a checkpoint of a run, else the name of the folder or file. */
function modelName(model: string): string {
  const run = dirname(dirname(model));
  const step = /^step-0*(\d+)$/.exec(basename(model))?.[1];
  if (step !== undefined && holdsRun(run)) return `${readRunInfo(run).name} step ${step}`;
  return basename(model).replace(/\.gguf$/i, '');
}

/** Where to, and as what. Without --format, the ending of --to decides. */
function findPlace({ to, format: given, type }: CommandOf<'export'>, checkpoint: string) {
  const asGguf = type !== undefined || (to !== undefined && isGguf(to));
  const format = given ?? (asGguf ? 'gguf' : 'merged');
  if (type !== undefined && format !== 'gguf') throw new BadInput(`--type ${type} requires --format gguf.`);
  if (to !== undefined && isGguf(to) !== (format === 'gguf')) {
    const wanted = format === 'gguf' ? 'a file that ends in .gguf' : 'a folder';
    throw new BadInput(`--to must be ${wanted} with --format ${format}, not "${to}".`);
  }
  if (format === 'adapter' && !isAdapterFolder(checkpoint)) {
    const message =
      'there is no LoRA adapter here (no adapter_config.json), so all weights were trained; export them as merged or gguf';
    throw new BadInput(message, { file: checkpoint, isFolder: true });
  }
  const ending = format === 'gguf' ? `-${type ?? 'f16'}.gguf` : `-${format}`;
  return { format, to: resolve(to ?? `${checkpoint.replace(/\.gguf$/i, '')}${ending}`) };
}
