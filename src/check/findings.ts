import { basename } from 'node:path';
import type { CheckReport, Duplicates } from '../protocol/check-report.ts';
import { formatLocation, type SourceLocation } from '../protocol/errors.ts';
import type { Finding } from '../protocol/finding.ts';
import { type Remedy, setField } from '../protocol/remedy.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { formatGigabytes } from '../text/bytes.ts';
import { formatDuration } from '../text/duration.ts';
import { type FindingContext, stepFindings } from '../trainer/step-findings.ts';

/** A run as long as this is worth a second thought. */
const LONG_RUN = 12 * 3600;
/** Scoring takes most of a step, and long enough to be felt. */
const SLOW_SCORING = { share: 0.5, seconds: 2 };
/** What a first learning rate may be: TRL's default, and ten times as much for an adapter. */
const LEARNING_RATES = { full: 1e-6, lora: 1e-5 };

type Checked = Omit<CheckReport, 'findings'>;

/** What is wrong with a run, or may be. A pure function of what was measured. */
export function findingsOf(report: Checked, config: RunConfig, context: FindingContext): Finding[] {
  return [
    ...stepFindings(report.step, context),
    ...scheduleFindings(report, config, context),
    ...memoryFindings(report, config, context),
    ...promptFindings(report, config, context),
  ];
}

const SEVERITIES: Finding['severity'][] = ['error', 'warning', 'information'];

/** The worst first. */
export const bySeverity = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));

function scheduleFindings(
  { runSeconds, stepSeconds }: Checked,
  config: RunConfig,
  { locate }: FindingContext,
): Finding[] {
  const findings: Finding[] = [];
  const { learningRate, warmupSteps, maxSteps, lora } = config;
  if (learningRate === 0)
    findings.push({
      kind: 'no-learning-rate',
      severity: 'error',
      evidence: '"learningRate" is 0, so nothing is learned.',
      place: locate(['learningRate']),
      remedy: setField('learningRate', lora ? LEARNING_RATES.lora : LEARNING_RATES.full),
    });
  if (warmupSteps >= 1 && warmupSteps >= maxSteps)
    findings.push({
      kind: 'long-warmup',
      severity: 'warning',
      evidence: `The learning rate never reaches its peak: warm-up takes ${warmupSteps} steps, and the run has ${maxSteps}.`,
      place: locate(['warmupSteps']),
      remedy: setField('warmupSteps', 0.1),
    });
  if (runSeconds && stepSeconds && runSeconds.total > LONG_RUN)
    findings.push({
      kind: 'long-run',
      severity: 'information',
      evidence: `The run takes about ${Math.round(runSeconds.total / 3600)} hours: ${maxSteps} steps of ${formatDuration(stepSeconds.total)}.`,
      place: locate(['maxSteps']),
    });
  if (stepSeconds && stepSeconds.score > Math.max(SLOW_SCORING.seconds, SLOW_SCORING.share * stepSeconds.total))
    findings.push({
      kind: 'slow-rewards',
      severity: 'information',
      evidence: `Reward functions take ${formatDuration(stepSeconds.score)} of the ${formatDuration(stepSeconds.total)} of a step.`,
      place: locate(['rewards']),
    });
  return findings;
}

function memoryFindings({ memory, plan }: Checked, config: RunConfig, { locate }: FindingContext): Finding[] {
  const findings: Finding[] = [];
  for (const [use, whose] of [
    [memory.process, 'this machine'],
    [memory.gpu, 'the GPU'],
  ] as const) {
    if (!use || use.available === null || use.atMost <= use.available) continue;
    const surely = use.expected > use.available;
    const grown = config.generations ? ' and groups as large' : '';
    const when = surely ? '' : `, if completions become as long${grown} as they may`;
    findings.push({
      kind: 'memory',
      severity: surely ? 'error' : 'warning',
      evidence: `A step takes ${formatGigabytes(surely ? use.expected : use.atMost)} of memory${when}, and ${whose} has ${formatGigabytes(use.available)}.`,
      place: locate(['promptsPerStep']),
      remedy: promptsPerStep(Math.floor(plan.promptsPerStep / 2), config),
    });
  }
  const { checkpoints, free } = memory.disk;
  if (free !== null && checkpoints > free)
    findings.push({
      kind: 'disk-space',
      severity: 'warning',
      evidence: `The checkpoints take ${formatGigabytes(checkpoints)}, and the disk has ${formatGigabytes(free)} left.`,
      place: locate(['saveSteps']),
      ...(config.saveTotalLimit === null && plan.checkpoints > 1 && { remedy: setField('saveTotalLimit', 1) }),
    });
  return findings;
}

function promptFindings({ prompts, plan }: Checked, config: RunConfig, { locate }: FindingContext): Finding[] {
  const findings: Finding[] = [];
  const { training, trainedOn, duplicates, heldOut, beyond } = prompts;
  const context = prompts.context - config.maxCompletionLength;
  if (trainedOn && trainedOn.count > 0)
    findings.push({
      kind: 'held-out-duplicates',
      severity: 'warning',
      evidence: `${trainedOn.count} of ${heldOut} held-out prompts ${trainedOn.count === 1 ? 'is' : 'are'} also trained on, so evaluations overstate what is learned${pair(trainedOn)}.`,
      place: locate([config.evalDataset === null ? 'evalSplit' : 'evalDataset']),
    });
  if (beyond.count > 0)
    findings.push({
      kind: 'prompt-beyond-context',
      severity: 'warning',
      evidence: `With ${config.maxCompletionLength} tokens for the completion, ${beyond.count === 1 ? 'a prompt exceeds' : `at least ${beyond.count} prompts exceed`} the model's context of ${prompts.context}; ${config.maxSteps} steps do not reach them, but a longer run would fail there.`,
      place: beyond.first ?? locate(['dataset']),
      ...(context > 0 && { remedy: setField('maxPromptLength', context) }),
    });
  if (duplicates.count > 0)
    findings.push({
      kind: 'duplicate-prompts',
      severity: 'information',
      evidence: `${duplicates.count} of ${training} training prompts repeat${duplicates.count === 1 ? 's' : ''} an earlier one${pair(duplicates)}.`,
      place: locate(['dataset']),
    });
  if (plan.promptsPerStep > training)
    findings.push({
      kind: 'few-prompts',
      severity: 'warning',
      evidence: `A step takes ${plan.promptsPerStep} prompts, and the dataset has ${training}: each step repeats some.`,
      place: locate(['promptsPerStep']),
      remedy: promptsPerStep(training, config),
    });
  return findings;
}

/** Where the first pair is. */
const pair = ({ first }: Duplicates): string =>
  first === undefined ? '' : `, such as ${shortPlace(first.one)} and ${shortPlace(first.other)}`;
const shortPlace = (place: SourceLocation): string => formatLocation({ ...place, file: basename(place.file) });

/** Undefined if the config's other fields do not allow this many. */
const promptsPerStep = (prompts: number, config: RunConfig): Remedy | undefined =>
  prompts > 0 && (prompts * config.numGenerations) % (config.gradientAccumulationSteps * config.numMiniBatches) === 0
    ? setField('promptsPerStep', prompts)
    : undefined;
