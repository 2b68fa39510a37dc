import type { LoadedConfig } from '../config/load-config.ts';
import { grpoStage } from '../config/run-stages.ts';
import type { CheckedStage } from '../protocol/check-report.ts';
import { type PreparedRun, type PrepareOptions, prepareRun } from '../trainer/prepare.ts';
import { type PreparedStages, prepareStages } from '../trainer/prepare-stages.ts';

/** What is measured of a run: all of it, or its first stage of GRPO as if that were the run. */
export interface Checked {
  run: PreparedRun;
  loaded: LoadedConfig;
  /** What there is to say of all of them, where there are several. */
  stages: CheckedStage[] | undefined;
  close(): Promise<void>;
}

/** Loads and checks all that a run needs, as the run would. Throws BadInput for all that the run would be refused for, and where no stage is one of GRPO. */
export async function prepareChecked(loaded: LoadedConfig, options: PrepareOptions): Promise<Checked> {
  if (loaded.config.stages === null) {
    const run = await prepareRun(loaded, options);
    return { run, loaded, stages: undefined, close: () => run.rewards.close() };
  }
  const { number } = grpoStage(loaded);
  const prepared = await prepareStages(loaded, options);
  const close = () => prepared.rewards.close();
  try {
    const stage = prepared.stages[number - 1]!;
    return {
      run: await runOf(stage, prepared),
      loaded: stage.loaded,
      stages: await Promise.all(prepared.stages.map((each) => checkedStage(each, each === stage))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Stage = PreparedStages['stages'][number];

/** The run that a stage would be alone. */
async function runOf(
  { loaded, opened, sampling, evalPrompts, recorded, start }: Stage,
  { engine, engineReason, findings }: PreparedStages,
): Promise<PreparedRun> {
  const { prompts, rewards, reopenRewards } = sampling!;
  const { config } = loaded;
  const { weights, adapter } = await start();
  return {
    ...{ config, engine, engineReason, findings, evalPrompts, recorded, prompts, rewards, reopenRewards },
    ...{ ...opened, weights, adapter },
  };
}

async function checkedStage(
  { name, kind, first, last, written, demonstrations }: Stage,
  measured: boolean,
): Promise<CheckedStage> {
  const stage = { name, kind, first, last, measured };
  // What an earlier stage writes is not there yet.
  const waits = written !== undefined && 'from' in written && written.from !== undefined;
  if (!demonstrations || waits) return stage;
  const { sequences } = await demonstrations('');
  return { ...stage, demonstrations: sequences.length };
}
