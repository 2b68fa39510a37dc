import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { version } from '../../../package.json';
import type { LoadedConfig } from '../../config/load-config.ts';
import { BadInput, problemOf } from '../../protocol/errors.ts';
import type { TrainerEvent } from '../../protocol/events.ts';
import { trlOptions } from '../../protocol/trl-config.ts';
import { tryTo } from '../../run-folder/atomic-write.ts';
import { logLine } from '../../run-folder/log-line.ts';
import { RunFolder } from '../../run-folder/run-folder.ts';
import { digestInputs } from '../../run-folder/run-inputs.ts';
import type { RunControl } from '../../trainer/control.ts';
import { checkUsed } from '../../trainer/prepare.ts';
import { recordRewards, runRewards } from '../../trainer/run-rewards.ts';
import { RunWatch } from '../../trainer/run-watch.ts';
import type { SessionOptions, SessionResult, TrainElsewhere } from '../../trainer/session.ts';
import type { Outcome } from '../../trainer/train.ts';
import { refusal, translate } from '../fields.ts';
import { packagesOf } from '../packages.ts';
import { prepareScript } from '../prepare-script.ts';
import { findEnvironment } from '../python-environment.ts';
import { trainingFailure } from './failure-words.ts';
import { Recording } from './recording.ts';
import { removeLaterCheckpoints, writeRunScript } from './run-script.ts';
import { runTrainer } from './trainer-process.ts';

/** Of the run folder: the script, its data, and what TRL writes. */
const FOLDER = 'trl';
/** What transformers writes last into a checkpoint that it can continue from. */
const STATE = 'trainer_state.json';

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
  const prepared = await prepareScript(loaded, translate(loaded.config), { built, python: environment.python });
  const { config, prompts, set } = prepared;
  checkUsed(prompts, config);
  const { inputs = digestInputs(config, undefined) } = plan;

  const described = { device: null, versions: { 'grpo-lab': version }, rewards: runRewards(set), config, inputs };
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
    const last = plan.run ? folder.checkpoints().at(-1) : undefined;
    const checkpoint = last ? trlCheckpoint(last.path, loaded) : null;
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
    const stops = { watch: new RunWatch(config, runRewards(set), rows), control, attended: options.attended };
    const recording = new Recording(folder, rows, tell, { ...about, notes, findings: prepared.findings }, stops);
    const { python } = environment;
    const onPrint = (line: string) => tell({ type: 'log', level: levelOf(line), message: line });
    const end = await runTrainer({ python, args, run: folder.path, folder: script, onPrint }, control, (heard) =>
      recording.take(heard),
    ).finally(() => recording.close());

    const outcome = end.stoppedEarly ? 'stopped' : recording.outcome;
    if (outcome === undefined || (end.code !== 0 && !end.stoppedEarly))
      throw trainingFailure(recording.failure, end, trlOptions(config).processes);
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

/** Of a run's checkpoint, TRL's folder. Throws BadInput where another trainer has written it. */
function trlCheckpoint(path: string, { locate }: LoadedConfig): string {
  if (!existsSync(join(path, STATE)))
    throw new BadInput(
      `The checkpoint to continue from, ${path}, was not written by TRL (it has no ${STATE}); set "backend" to "builtin", or start a new run.`,
      locate(['backend']),
    );
  return realpathSync(path);
}

/** Of a line that Python printed. */
const levelOf = (line: string): 'info' | 'warning' => (line.startsWith('grpo_lab: ') ? 'warning' : 'info');
