import { formatGigabytes } from '../text/bytes.ts';
import { formatDuration } from '../text/duration.ts';
import type { CheckReport, MemoryUse, StepSeconds } from './check-report.ts';
import { stageText } from './stage-spans.ts';
import { type StepReport, withoutSignal } from './step-report.ts';

/** Of a step: less is noise. */
const WORTH_SHOWING = 0.05;

/** What a check found out, a line each: what about, and in which words. */
export function checkLines(report: CheckReport): [label: string, text: string][] {
  const { step, plan, prompts, sampled } = report;
  const lines: [string, string][] = [
    ...stageLines(report),
    ['signal', signalText(step)],
    ['length', lengthText(step)],
    ['reward', `mean ${figure(step.reward.mean)}, std. dev. ${figure(step.reward.std)}`],
    ...costLines(report),
    ['prompts', promptText(report)],
  ];
  const { heldOut, trainedOn, duplicates } = prompts;
  if (heldOut !== null)
    lines.push(['held out', `${counted(heldOut, 'prompt')}, ${trainedOn?.count ?? 0} of them also trained on`]);
  if (duplicates.count > 0) lines.push(['duplicates', `${counted(duplicates.count, 'training prompt')} repeated`]);
  const all = sampled.prompts === plan.promptsPerStep ? '' : `, extrapolated to ${plan.promptsPerStep}`;
  const grown =
    plan.mostGenerations === undefined
      ? ''
      : `; groups without a signal grow up to ${plan.mostGenerations}, which takes longer`;
  lines.push([
    'sampled',
    `${counted(sampled.steps, 'step')} of ${counted(sampled.prompts, 'prompt')}, ${plan.numGenerations} completions each${all}${grown}`,
  ]);
  return lines;
}

/** What the run takes, where the engine that measured it trains it. */
function costLines(report: CheckReport): [string, string][] {
  const { memory, runSeconds, stepSeconds } = report;
  const planned = (before: string) => `${before}${runText(report)}`;
  const run = report.stages ? 'this stage' : 'run';
  return [
    ...(stepSeconds ? [['step', stepText(stepSeconds, report)] as [string, string]] : []),
    [
      run,
      runSeconds
        ? planned(`about ${formatDuration(runSeconds.total)}: ${formatDuration(runSeconds.start)} to start, `)
        : planned(''),
    ],
    ...(memory.process ? [['memory', memoryText(memory.process)] as [string, string]] : []),
    ...(memory.gpu ? [['GPU memory', memoryText(memory.gpu)] as [string, string]] : []),
  ];
}

/** Each stage of a run; what follows is about the one that was measured. */
const stageLines = ({ stages = [] }: CheckReport): [string, string][] =>
  stages.map((stage, i) => {
    const data = stage.demonstrations === undefined ? '' : `; ${counted(stage.demonstrations, 'demonstration')}`;
    const about = stage.measured ? '; measured below, before any training' : '';
    return [`stage ${i + 1}`, `${stageText(stage)}${data}${about}`];
  });

/** What is trained, and where. */
export function modelText({ device, model, stepSeconds }: CheckReport): string {
  const millions = (count: number) => `${(count / 1e6).toPrecision(3)} million`;
  const trained = model.trained === model.parameters ? 'all trained' : `${millions(model.trained)} trained`;
  const where = stepSeconds ? `on ${device}` : `by TRL; sampled for this check on ${device}`;
  return `${millions(model.parameters)} parameters, ${trained}, ${where}`;
}

/** A heading, and a row for each reward function. */
export function functionRows({ functions }: StepReport): string[][] {
  return [
    ['function', 'weight', 'mean', 'std. dev.', 'min', 'max', 'abstained', 'failed'],
    ...functions.map(({ name, weight, mean, std, min, max, abstained, failed }) => [
      ...[name, String(weight), figure(mean), figure(std), figure(min), figure(max)],
      ...[String(abstained), String(failed)],
    ]),
  ];
}

function signalText({ groups: { count, signals } }: StepReport): string {
  const others = withoutSignal(signals);
  const none = others === '' ? '' : `; ${others}`;
  return `${signals.signal} of ${counted(count, 'group')} with a learning signal (${percent(signals.signal / count)})${none}`;
}

function lengthText({ lengths, completions }: StepReport): string {
  const { min, mean, max, cap, truncated } = lengths;
  return `${range(min, max)} tokens, mean ${mean.toFixed(0)}, of at most ${cap}; ${truncated} of ${completions} cut off (${percent(truncated / completions)})`;
}

function stepText(seconds: StepSeconds, { tokensPerSecond }: CheckReport): string {
  const phases = (['rollout', 'score', 'reference', 'update'] as const)
    .filter((phase) => seconds[phase] > WORTH_SHOWING * seconds.total)
    .map((phase) => `${phase} ${short(seconds[phase])}`);
  const speed = tokensPerSecond === null ? '' : `; ${Math.round(tokensPerSecond)} tokens/s`;
  return `${short(seconds.total)}: ${phases.join(', ')}${speed}`;
}

function runText({ plan }: CheckReport): string {
  const parts = [counted(plan.steps, 'step')];
  if (plan.evaluations > 0) parts.push(counted(plan.evaluations, 'evaluation'));
  return [...parts, counted(plan.checkpoints, 'checkpoint')].join(', ');
}

function memoryText({ expected, atMost, available }: MemoryUse): string {
  const most = formatGigabytes(atMost) === formatGigabytes(expected) ? '' : `, at most ${formatGigabytes(atMost)}`;
  return `${formatGigabytes(expected)} expected${most}${available === null ? '' : `, of ${formatGigabytes(available)}`}`;
}

function promptText({ prompts, step, plan }: CheckReport): string {
  const { training, shortest, longest, context, skipped } = prompts;
  const epochs = (plan.steps * plan.promptsPerStep) / training;
  const used =
    epochs < 1
      ? `${percent(epochs)} of them used`
      : `each used ${epochs < 10 ? epochs.toFixed(1) : Math.round(epochs)} times`;
  const skips = skipped === 0 ? '' : `, ${skipped} longer ones skipped`;
  return `${counted(training, 'prompt')} of ${range(shortest, longest)} tokens (${used}${skips}); longest with its completion ${longest + step.lengths.cap}, context ${context}`;
}

const short = (seconds: number): string =>
  seconds < 0.9995
    ? `${(1000 * seconds).toFixed(0)} ms`
    : seconds < 10
      ? `${seconds.toFixed(1)} s`
      : formatDuration(seconds);
const range = (least: number, most: number): string => (least === most ? `${most}` : `${least} to ${most}`);
const figure = (value: number | null): string => (value === null ? '–' : String(Number(value.toFixed(3))));
const percent = (share: number): string => `${Math.round(100 * share)} %`;
const counted = (count: number, thing: string): string => `${count} ${count === 1 ? thing : `${thing}s`}`;
