import { type PreferencePair, preferencePairs } from '../grpo/preference.ts';
import { groupBy } from '../text/group-by.ts';
import type { CompletionTokens } from './completion-tokens.ts';
import type { Completion } from './dashboard-completion.ts';
import type { ExplainedGroup } from './explanation.ts';
import { promptTitle } from './message-text.ts';
import { bestFirst, inGroups, learnedFrom, ownOf } from './row-groups.ts';
import { keptRows, selectionAt } from './selection.ts';
import { type SettledRun, settingAt, settingsAt, stepArithmetic } from './step-settings.ts';

/** A recorded group that was not discarded, ready to be explained. `rows`: the whole step's, in the order of its file; `tokens`: the group's, where they are known. */
export function explainedGroup(
  run: SettledRun,
  {
    step,
    group,
    rows: sampled,
    tokens,
  }: { step: number; group: number; rows: readonly Completion[]; tokens: readonly CompletionTokens[] },
): ExplainedGroup {
  const rows = learnedFrom(sampled);
  const own = rows.filter((row) => row.group === group);
  const settings = settingsAt(run, step, Object.keys(own[0]!.rewards));
  const arithmetic = stepArithmetic(inGroups(ownOf(rows)), settings);
  const setting = <Name extends Parameters<typeof settingAt>[1]>(name: Name) => settingAt(run, name, step);
  const masks = setting('maskTruncatedCompletions');
  const counts = ({ truncated }: Completion) => !(masks && truncated);
  const epsilon = setting('epsilon');
  const dpoCoef = setting('dpoCoef') ?? 0;
  const ranked = own.map((row) => ({ group, reward: row.reward, counts: counts(row) }));
  const [pair] = dpoCoef === 0 ? [] : preferencePairs(ranked);
  const selection = selectionAt(run.config, step);
  const kept = selection && keptRows(own, selection);
  const order = equalTogether(own.toSorted(bestFirst));
  return {
    title: `Group ${group} of step ${step}`,
    prompt: promptTitle(own[0]!.prompt),
    functions: settings.functions,
    options: {
      ...settings.options,
      ...{ epsilon, epsilonHigh: setting('epsilonHigh') ?? epsilon, delta: setting('delta') },
      ...{ lossType: setting('lossType'), importanceSamplingLevel: setting('importanceSamplingLevel') },
      ...{ beta: setting('beta'), useBiasCorrectionKl: setting('useBiasCorrectionKl') },
      ...{ entropyCoef: setting('entropyCoef'), maxCompletionLength: setting('maxCompletionLength') },
      ...{ topEntropyQuantile: setting('topEntropyQuantile') ?? 1 },
      ...{ offPolicyMaskThreshold: setting('offPolicyMaskThreshold') ?? null },
      ...{ vespoKPos: setting('vespoKPos'), vespoLambdaPos: setting('vespoLambdaPos') },
      ...{ vespoKNeg: setting('vespoKNeg'), vespoLambdaNeg: setting('vespoLambdaNeg') },
      ...{ sapoTemperaturePos: setting('sapoTemperaturePos'), sapoTemperatureNeg: setting('sapoTemperatureNeg') },
      dpoCoef,
      numIterations: setting('numIterations'),
      numMiniBatches: setting('numMiniBatches') ?? 1,
      replayedFrom: own[0]!.replayed_from,
    },
    completions: own
      .map((completion) => ({ completion, tokens: tokens.find(({ row }) => sampled[row] === completion) }))
      .sort((a, b) => order.indexOf(a.completion) - order.indexOf(b.completion))
      .map(({ completion, tokens }) => ({
        completion: completion.completion,
        rewards: completion.rewards,
        reward: completion.reward,
        advantage: completion.advantage,
        arithmetic: arithmetic.get(completion),
        length: completion.length,
        truncated: completion.truncated,
        kept: kept?.has(completion),
        counts: counts(completion),
        ratios: trainedOnly(tokens?.ratios, tokens),
        kl: trainedOnly(tokens?.kl, tokens),
        weight: tokens?.weight,
        preferred: pair && preferredIn(pair, own.indexOf(completion)),
        learns: trainedOnly(tokens?.learns, tokens),
        advantages: trainedOnly(tokens?.advantages, tokens),
      })),
    selection,
    step: {
      rows: rows.length,
      tokens: rows.reduce((sum, row) => sum + (counts(row) ? row.length : 0), 0),
    },
  };
}

/** Equal completions beside each other, in the order of the first of each. */
const equalTogether = (rows: readonly Completion[]): Completion[] =>
  [
    ...groupBy(rows, ({ completion, reward, advantage }) => JSON.stringify([completion, reward, advantage])).values(),
  ].flat();

const preferredIn = ({ chosen, rejected }: PreferencePair, row: number): boolean | undefined =>
  row === chosen ? true : row === rejected ? false : undefined;

/** Tokens that the policy did not write do not count in the loss. */
const trainedOnly = (
  values: readonly number[] | undefined,
  tokens: CompletionTokens | undefined,
): readonly number[] | undefined => values?.filter((_, token) => tokens?.logprobs?.[token] !== null);
