import type { RunFinding } from '../protocol/run-finding.ts';
import { figure, meanOf, newest, spanOf } from './curve.ts';
import { setting } from './grpo-steps.ts';
import type { RunHistory } from './run-history.ts';

const RATE = 'learning_rate';
const CHANGE = 'update/relative_change';
const STEPS = 5;
/** With less than this much of their size, all steps of the run together hardly move the weights, even if all point the same way. */
const LEAST = 1e-3;
/** What the whole run would move the weights by, at least, with the learning rate that is proposed. */
const ENOUGH = 1e-2;
/** AdamW moves each weight by about the learning rate, which is a share of its size: with weights of 0.1, ten times the rate. */
const RATE_TO_CHANGE = 10;
/** Proposed at most, and at least, for a run that does not tell how its weights move. */
const GUESS = { least: 1e-6, most: 1e-4 };

/** The learning rate is 0, or so low that the weights stay where they are. */
export function lowLearningRate(history: RunHistory): RunFinding[] {
  const { metrics, config } = history;
  const rates = newest(metrics, RATE, STEPS);
  if (rates.length < STEPS) return [];
  const span = spanOf(rates);
  const common = { kind: 'learning-rate', steps: span, metrics: [RATE, CHANGE] };
  if (rates.every(({ value }) => value === 0))
    return [
      {
        ...{ ...common, severity: 'error', title: 'The learning rate is 0' },
        evidence: `In steps ${span.first} to ${span.last}, the learning rate was 0, so no weight changed.`,
        ...(config.learningRate === 0 && { remedy: setting(history, 'learningRate', guess(config.maxSteps)) }),
      },
    ];
  const { maxSteps, learningRate } = config;
  const changes = newest(metrics, CHANGE, STEPS).filter(({ value }) => value > 0);
  // During warm-up, and at the end of a schedule, it is meant to be low.
  const atPeak = learningRate !== undefined && rates.every(({ value }) => value >= learningRate / 2);
  if (changes.length < STEPS || !atPeak || maxSteps === undefined) return [];
  const each = meanOf(changes);
  const all = each * maxSteps;
  if (all >= LEAST) return [];
  return [
    {
      ...{ ...common, severity: 'warning', title: 'The learning rate is too low to learn anything' },
      evidence: `A step changes the weights by ${figure(each)} of their size: all ${maxSteps} steps together by ${figure(100 * all)} % at most.`,
      remedy: setting(history, 'learningRate', Number(((learningRate * ENOUGH) / all).toPrecision(1))),
    },
  ];
}

/** A learning rate with which so many steps move typical weights by enough. */
const guess = (maxSteps = Number.POSITIVE_INFINITY): number =>
  Number(Math.min(Math.max(ENOUGH / RATE_TO_CHANGE / maxSteps, GUESS.least), GUESS.most).toPrecision(1));
