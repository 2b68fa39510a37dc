import type { LoadedConfig } from '../config/load-config.ts';
import { longerCompletions } from '../doctor/completion-room.ts';
import { isZero } from '../grpo/statistics.ts';
import type { Finding } from '../protocol/finding.ts';
import { LENGTH_REWARDS } from '../protocol/length-config.ts';
import { setField } from '../protocol/remedy.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { type FunctionReport, type StepReport, withoutSignal } from '../protocol/step-report.ts';
import { withFullStop } from '../text/full-stop.ts';
import type { PreparedRun } from './prepare.ts';
import { completionRoom } from './prompt-lengths.ts';

/** Cut off more often than this, a run learns to be brief rather than to be right. */
const OFTEN = 0.25;
/** With a signal in fewer groups than this, most of the time is spent on nothing. */
const FEW_SIGNALS = 0.25;
/** Where too many prompts are too hard or too easy. */
const FIND_OTHERS = '`grpo check --difficulty` finds prompts that are solved sometimes';
/** Below it, completions are nearly greedy. */
const COLD = 0.5;

/** What of a run findings refer to. */
export interface FindingContext {
  config: Pick<RunConfig, 'maxCompletionLength' | 'temperature' | 'promptsPerStep' | 'numGenerations' | 'rewards'>;
  functions: readonly { name: string; file: string }[];
  /** Tokens that the model's context leaves for a completion of the longest prompt. */
  room: number;
  locate: LoadedConfig['locate'];
}

export const findingContext = (
  { config, model, prompts, rewards }: Pick<PreparedRun, 'config' | 'model' | 'prompts' | 'rewards'>,
  locate: LoadedConfig['locate'],
): FindingContext => ({
  ...{ config, locate, functions: rewards.functions },
  room: completionRoom(model, prompts),
});

/**
 * What a step's completions and rewards say of the run. An `error`: nothing can be learned from such a step, because no group has a learning
 * signal; there is one at most, the cause. A `warning`: part of it is wasted, or of no use.
 */
export function stepFindings(report: StepReport, context: FindingContext): Finding[] {
  const nothing = report.groups.signals.signal === 0;
  const cause = nothing ? causeOf(report, context) : undefined;
  const others = [...lengthFindings(report, context), ...functionFindings(report, context), ...weakSignal(report)];
  return [...(cause ?? []), ...others.filter(({ kind }) => kind !== cause?.[0]?.kind)];
}

/** Why no group has a signal; of several causes, the one to fix first. */
function causeOf(report: StepReport, context: FindingContext): Finding[] {
  const { functions, groups, lengths, completions, reward } = report;
  const error = (finding: Omit<Finding, 'severity'>): Finding[] => [{ severity: 'error', ...finding }];
  const all = `all ${completions} completions`;

  if (reward.mean === null) {
    const failed = functions.filter((each) => each.failed === completions);
    if (failed.length > 0) return failed.flatMap((each) => error(failure(each, completions)));
    const names = functions.map(({ name }) => name).join(', ');
    return error({
      kind: 'no-reward',
      evidence: `No completion has a reward: ${names} gave none to ${all}.`,
      place: context.locate(['rewards']),
    });
  }
  if (lengths.truncated === completions) return error(truncated(report, context));
  if (isEmpty(report)) return error(empty(report, context));
  if (groups.identical === groups.count) return error(identical(report, context));
  if (isZero(reward.max! - reward.min!)) {
    const same = `${capitalized(all)} got the same reward, ${figure(reward.mean)}`;
    const place = context.locate(['rewards']);
    return reward.mean <= 0
      ? error({
          kind: 'too-hard',
          evidence: `${same}: no completion earned anything; use easier prompts, or a reward that also rewards partial success.`,
          place,
        })
      : error({ kind: 'constant-reward', evidence: `${same}, so they cannot be told apart.`, place });
  }
  return error({
    kind: 'no-signal',
    evidence: `None of the ${groups.count} groups has a learning signal: ${withoutSignal(groups.signals)}; ${FIND_OTHERS}.`,
    place: context.locate(['dataset']),
  });
}

function functionFindings({ functions, completions, groups }: StepReport, context: FindingContext): Finding[] {
  return functions.flatMap((each): Finding[] => {
    const { name, failed, abstained, scored, min, max, steps } = each;
    const place = placeOfFunction(name, context);
    if (failed > 0) return [{ severity: 'warning', ...failure(each, completions) }];
    if (abstained === completions) {
      const evidence = `"${name}" abstained on all ${completions} completions, so it has no effect.`;
      return [{ kind: 'always-abstains', severity: 'warning', evidence, place }];
    }
    // Of one whose weight is 0, nobody wants more than its figures. With no signal at all, the cause says more.
    const isFlat = isZero(max! - min!) && (!steps || isZero(steps.max! - steps.min!));
    // A penalty on length that the config adds costs nothing while completions are short.
    const isPenalty = LENGTH_REWARDS.includes(name) && !context.functions.some((other) => other.name === name);
    const constant = scored > 1 && each.weight !== 0 && isFlat && !isPenalty && groups.signals.signal > 0;
    if (!constant) return [];
    const evidence = `"${name}" gave all ${scored} completions ${figure(max!)}, so it cannot tell them apart.`;
    return [{ kind: 'constant-function', severity: 'warning', evidence, place }];
  });
}

function lengthFindings(report: StepReport, context: FindingContext): Finding[] {
  const { lengths, completions, groups } = report;
  if (lengths.truncated > OFTEN * completions) return [{ severity: 'warning', ...truncated(report, context) }];
  if (isEmpty(report)) return [{ severity: 'warning', ...empty(report, context) }];
  const most = groups.identical > groups.count / 2 && groups.identical < groups.count;
  return most ? [{ severity: 'warning', ...identical(report, context) }] : [];
}

function weakSignal({ groups: { count, signals } }: StepReport): Finding[] {
  if (signals.signal === 0 || signals.signal >= FEW_SIGNALS * count) return [];
  const evidence = `Only ${signals.signal} of ${count} groups ${signals.signal === 1 ? 'has' : 'have'} a learning signal: ${withoutSignal(signals)}; ${FIND_OTHERS}.`;
  return [{ kind: 'weak-signal', severity: 'warning', evidence }];
}

function failure({ name, failed, failure: first }: FunctionReport, completions: number): Omit<Finding, 'severity'> {
  const share = failed === completions ? `all ${completions} completions` : `${failed} of ${completions} completions`;
  const evidence = withFullStop(`"${name}" failed on ${share}: ${first?.message}`);
  return { kind: 'reward-failed', evidence, place: first?.place, remedy: { action: 'fix-reward' } };
}

function truncated(report: StepReport, context: FindingContext): Omit<Finding, 'severity'> {
  const { lengths, completions } = report;
  const all = lengths.truncated === completions;
  const share = all ? `All ${completions} completions` : `${lengths.truncated} of ${completions} completions`;
  const seen = { cap: lengths.cap, truncated: lengths.truncated / completions, mean: lengths.tokens / completions };
  const longer = longerCompletions(seen, context.config, context.room);
  const noRoom = ", and the model's context has no room for longer ones";
  return {
    kind: all ? 'all-truncated' : 'often-truncated',
    evidence: `${share} were cut off at ${lengths.cap} ${lengths.cap === 1 ? 'token' : 'tokens'}${longer === undefined ? noRoom : ''}.`,
    place: context.locate(['maxCompletionLength']),
    ...(longer !== undefined && { remedy: setField('maxCompletionLength', longer) }),
  };
}

/** Nothing but the token that ends them. */
const isEmpty = ({ lengths }: StepReport): boolean => lengths.max <= 1 && lengths.truncated === 0;

const empty = ({ completions }: StepReport, { locate }: FindingContext): Omit<Finding, 'severity'> => ({
  kind: 'empty-completions',
  evidence: `All ${completions} completions are empty: the model has nothing to add to these prompts.`,
  place: locate(['model']),
});

function identical({ groups }: StepReport, { config, locate }: FindingContext): Omit<Finding, 'severity'> {
  const { temperature } = config;
  const share = groups.identical === groups.count ? `all ${groups.count}` : `${groups.identical} of ${groups.count}`;
  return {
    kind: 'identical-completions',
    evidence: `In ${share} groups, the completions are all the same text (temperature ${temperature}).`,
    place: locate(['temperature']),
    ...(temperature < COLD && { remedy: setField('temperature', 1) }),
  };
}

/** Its entry in the config. */
function placeOfFunction(name: string, { config, functions, locate }: FindingContext): Finding['place'] {
  const file = functions.find((each) => each.name === name)?.file;
  const index = config.rewards.findIndex(
    (reward) => reward.file === file && (reward.function === undefined || reward.function === name),
  );
  return locate(index === -1 ? ['rewards'] : ['rewards', index]);
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));
const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
