import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { version } from '../../../package.json';
import type { LoadedConfig } from '../../config/load-config.ts';
import { BadInput, problemOf } from '../../protocol/errors.ts';
import type { TrainerEvent } from '../../protocol/events.ts';
import { tryTo } from '../../run-folder/atomic-write.ts';
import { listCheckpoints } from '../../run-folder/checkpoints.ts';
import { logLine } from '../../run-folder/log-line.ts';
import { RunFolder } from '../../run-folder/run-folder.ts';
import { digestInputs } from '../../run-folder/run-inputs.ts';
import type { RunControl } from '../../trainer/control.ts';
import { readState, STATE_FILE } from '../../trainer/policy/checkpoint-files.ts';
import { isTrlState } from '../../trainer/policy/trl-checkpoint.ts';
import { checkUsed } from '../../trainer/prepare.ts';
import { recordRewards, runRewards } from '../../trainer/run-rewards.ts';
import { RunWatch } from '../../trainer/run-watch.ts';
import type { SessionOptions, SessionResult, TrainElsewhere } from '../../trainer/session.ts';
import type { Outcome } from '../../trainer/train.ts';
import { askTorch } from '../ask-python.ts';
import { refusal, translate } from '../fields.ts';
import { gpuFields } from '../options.ts';
import { packagesOf } from '../packages.ts';
import { prepareScript } from '../prepare-script.ts';
import { findEnvironment, inWords } from '../python-environment.ts';
import { trainingFailure } from './failure-words.ts';
import { Recording } from './recording.ts';
import { removeLaterCheckpoints, writeRunScript } from './run-script.ts';
import { runTrainer } from './trainer-process.ts';

/** Of the run folder: the script, its data, and what TRL writes. */
const FOLDER = 'trl';
/** The optimizer in a checkpoint of transformers': torch's, DeepSpeed's, or FSDP's in pieces. */
const OPTIMIZER = /^(optimizer\.(pt|bin)|optimizer_\d+|latest|global_step\d+)$/;

/** What a script on its own does not heed, and a run of ours does: it is watched here, and Python rewards in python_rewards of grpo_lab_host.py. */
const WATCHED = ['rewardTimeoutSeconds', 'stopOn'];

type Plan = Parameters<TrainElsewhere>[0];

/**
 * A session whose steps TRL takes, in a Python process of its own: `runSession` for `"backend": "trl"`. Python writes the rows of the run folder
 * and tells what happens; `run.json`, the log and the lock are ours. Throws as `runSession`.
 */
export async function trainWithTrl(
  plan: Plan,
  options: SessionOptions,
  control: RunControl,
  emit: (event: TrainerEvent) => void,
): Promise<SessionResult> {
  const { loaded } = plan;
  const built = dirname(options.rewardWorker);
  refuseImpossible(plan, options);
  const environment = await findEnvironment({
    folder: loaded.directory,
    python: loaded.config.python,
    at: loaded.locate(['python']),
    packages: packagesOf(loaded.config),
  });
  await refuseWithoutGpu(loaded, environment.python);
  const prepared = await prepareScript(loaded, translate(loaded.config), { built, python: environment.python });
  const { config, prompts, set } = prepared;
  checkUsed(prompts, config);
  const { inputs = digestInputs(config, undefined) } = plan;

  const described = { device: null, versions: { 'grpo-lab': version }, rewards: runRewards(set), config, inputs };
  const last = plan.run === undefined ? undefined : listCheckpoints(plan.run).at(-1);
  const checkpoint = last ? trlCheckpoint(last.path, loaded) : null;
  const folder = plan.run
    ? RunFolder.open(plan.run)
    : RunFolder.create({ name: loaded.name, configFile: loaded.file, ...described }, options.out);
  const tell = (event: TrainerEvent) => {
    const line = logLine(event);
    // A log that cannot be written must not end the run.
    if (line !== undefined) tryTo(() => folder.log(line));
    emit(event);
  };
  try {
    return { ...(await trainIn()), run: folder.path };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = problemOf(error);
    tryTo(() => folder.update({ state: 'failed', reason: problem?.message ?? reason }));
    const checkpoint = folder.checkpoints().at(-1)?.path ?? null;
    const said = problem?.message ?? reason;
    tell({ type: 'end', outcome: 'failed', step: folder.info.step, checkpoint, error: said, problem });
    throw error;
  } finally {
    folder.close();
  }

  async function trainIn(): Promise<Outcome> {
    const script = join(folder.path, FOLDER);
    const resumedFrom = last?.step ?? 0;
    const before = folder.info;
    const rows = folder.rewindTo(resumedFrom);
    removeLaterCheckpoints(script, resumedFrom, config);
    folder.update({ state: 'running', reason: null, findings: undefined, heldOut: undefined, seed: config.seed });
    const changes = recordRewards(folder, set, resumedFrom + 1);
    const { name, file: configFile } = loaded;
    const args = writeRunScript(script, { name, configFile, prepared, built, checkpoint });

    const kept = prepared.notes.filter((note) => !WATCHED.some((field) => note.startsWith(`"${field}"`)));
    const notes = environment.note === undefined ? kept : [...kept, environment.note];
    const record = { configFile, config, inputs };
    const about = { before, changes, resumedFrom, record, isNew: plan.run === undefined };
    const stops = {
      watch: new RunWatch({ ...folder.info, config }, { config: before.config, rows }),
      control,
      attended: options.attended,
    };
    const recording = new Recording(folder, rows, tell, { ...about, notes, findings: prepared.findings }, stops);
    const { python } = environment;
    const onPrint = (line: string) => tell({ type: 'log', level: levelOf(line), message: line });
    const end = await runTrainer({ python, args, run: folder.path, folder: script, onPrint }, control, (heard) =>
      recording.take(heard),
    ).finally(() => recording.close());

    const outcome = end.stoppedEarly ? 'stopped' : recording.outcome;
    if (outcome === undefined || (end.code !== 0 && !end.stoppedEarly))
      throw trainingFailure(recording.failure, end, { config, checkpoint: folder.checkpoints().at(-1)?.step ?? 0 });
    return recording.end(outcome);
  }
}

/** Throws BadInput for what TRL cannot do, at the first field of that. */
function refuseImpossible({ loaded, rollouts, texts }: Plan, options: SessionOptions): void {
  const { locate } = loaded;
  if (rollouts !== undefined || options.rollouts !== undefined)
    throw new BadInput(
      '"backend": "trl" cannot train on recorded completions (--rollouts); set "backend" to "builtin".',
      locate(['backend']),
    );
  const refused = refusal(loaded.config);
  if (refused)
    throw new BadInput(
      `TRL cannot train this config. ${refused.sentences.join(' ')} Or set "backend" to "builtin".`,
      locate([refused.field]),
    );
  const [edited] = texts.keys();
  if (edited !== undefined)
    throw new BadInput(
      `${edited} has changed since the run recorded it, and TRL takes reward files as they are; restore it from the run's copy, or continue with today's (--with-changes).`,
    );
}

/** Throws BadInput where a field needs a GPU that PyTorch does not find. Asking takes seconds, so only where there is such a field. */
async function refuseWithoutGpu({ config, locate }: LoadedConfig, python: string): Promise<void> {
  const fields = gpuFields(config);
  if (fields.length === 0) return;
  const torch = await askTorch(python);
  if (typeof torch === 'string')
    throw new BadInput(`PyTorch does not work in ${python}: ${torch}.`, locate(['backend']));
  if (torch.kind === 'cuda') return;
  const built = torch.builtFor === null ? ', which was built without CUDA,' : '';
  throw new BadInput(
    `${inWords(fields)} ${fields.length === 1 ? 'needs' : 'need'} a GPU, and the PyTorch of ${python}${built} finds none. \`grpo doctor\` says what it finds.`,
    locate([config.device === 'cuda' ? 'device' : config.fp16 ? 'fp16' : 'trl']),
  );
}

/** Of a run's checkpoint, TRL's folder. Throws BadInput where another trainer has written it, and where TRL would begin with a new optimizer unasked. */
function trlCheckpoint(path: string, { locate }: LoadedConfig): string {
  if (!existsSync(join(path, STATE_FILE)) || !isTrlState(readState(path)))
    throw new BadInput(
      `The checkpoint to continue from, ${path}, was not written by TRL; set "backend" to "builtin", or start a new run.`,
      locate(['backend']),
    );
  if (!readdirSync(path).some((name) => OPTIMIZER.test(name)))
    throw new BadInput(
      `The checkpoint to continue from, ${path}, has no optimizer ("trl.args.save_only_model" leaves it out), so the run cannot continue where it was; start a new run.`,
      locate(['trl']),
    );
  return realpathSync(path);
}

/** Of a line that Python printed. */
const levelOf = (line: string): 'info' | 'warning' => (line.startsWith('grpo_lab: ') ? 'warning' : 'info');
