import type { LoadedConfig } from '../config/load-config.ts';
import { parameterCount, trainedShapes } from '../model/parameters.ts';
import { sizeOf } from '../model/shape.ts';
import type { CheckReport } from '../protocol/check-report.ts';
import type { Finding } from '../protocol/finding.ts';
import { phaseText } from '../protocol/phase-text.ts';
import { checkedModel } from '../trainer/checked-model.ts';
import type { RewardHost } from '../trainer/run-rewards.ts';
import { findingContext } from '../trainer/step-findings.ts';
import { stepReport } from '../trainer/step-report.ts';
import { bySeverity, findingsOf } from './findings.ts';
import { measureRun } from './measure-run.ts';
import { checkFits, checkpointBytes, freeDisk, memoryUse } from './memory.ts';
import { type Checked, prepareChecked } from './prepare-checked.ts';
import { promptReport } from './prompts.ts';
import { runPlan, runSeconds } from './run-plan.ts';

export interface CheckOptions extends RewardHost {
  /** Hears what is being done. */
  onProgress: (message: string) => void;
}

/**
 * Takes a few steps of a run without training, and says what the run will be like and what is wrong with it. Nothing is saved. Throws BadInput
 * for all that the run itself would be refused for.
 */
export async function checkRun(loaded: LoadedConfig, options: CheckOptions): Promise<CheckReport> {
  const started = performance.now();
  options.onProgress(phaseText('load'));
  checkFits(checkedModel(loaded), loaded);
  const checked = await prepareChecked(loaded, {
    ...options,
    onLoad: (share) => options.onProgress(phaseText('load', share)),
  });
  try {
    return await reportOf(checked, (performance.now() - started) / 1000, options);
  } finally {
    await checked.close();
  }
}

async function reportOf(
  { run, loaded, stages }: Checked,
  loadSeconds: number,
  { onProgress }: CheckOptions,
): Promise<CheckReport> {
  const { config, model, engine } = run;
  const measured = await measureRun(run, onProgress);
  const { rollout } = measured.scored;
  const completions = config.promptsPerStep * config.numGenerations;
  const plan = runPlan(config, run.evalPrompts?.length ?? 0);
  const each = checkpointBytes(model, config);
  const step = stepReport(measured.scored, config);
  const trained = [...trainedShapes(model).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const start = loadSeconds + measured.compileSeconds;
  const isOurs = config.backend === 'builtin';
  const use = memoryUse({ ...measured, rollout }, model, config, engine.name);
  const report: Omit<CheckReport, 'findings'> = {
    config: loaded.file,
    name: loaded.name,
    device: engine.name,
    model: { folder: config.model, parameters: parameterCount(model), trained },
    plan: {
      steps: plan.steps,
      promptsPerStep: config.promptsPerStep,
      numGenerations: config.numGenerations,
      ...(config.generations && { mostGenerations: config.generations.max }),
      evaluations: plan.evaluations,
      checkpoints: plan.checkpoints,
    },
    ...(stages && { stages }),
    sampled: { steps: measured.steps, prompts: measured.prompts },
    step,
    stepSeconds: isOurs ? measured.seconds : null,
    runSeconds: isOurs ? runSeconds(plan, measured.seconds, { start, completions, checkpointBytes: each }) : null,
    tokensPerSecond: isOurs ? (step.lengths.mean * completions) / measured.seconds.rollout || 0 : null,
    memory: {
      ...(isOurs ? use : { process: null, gpu: null }),
      disk: { checkpoints: plan.kept * each, free: freeDisk(loaded.directory) },
    },
    prompts: promptReport(run.prompts, run.evalPrompts, model.maxPositionEmbeddings),
  };
  const findings = [
    ...findingsOf(report, config, findingContext(run, loaded.locate)),
    ...(isOurs ? [] : [notMeasured(loaded)]),
  ];
  return { ...report, findings: bySeverity([...run.findings, ...findings]) };
}

/** What is said of completions and rewards holds for TRL as well. */
const notMeasured = ({ locate }: LoadedConfig): Finding => ({
  kind: 'cost-not-measured',
  severity: 'information',
  evidence:
    'TRL trains this run, and this check sampled completions with the built-in engine: the time and the memory that TRL takes are not measured.',
  place: locate(['backend']),
});
