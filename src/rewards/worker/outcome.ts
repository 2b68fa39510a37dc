import { type FailureKind, LARGEST_SCORE, type RewardOutcome, type RewardStep } from '../../protocol/rewards.ts';
import { errorWords, shown } from './error-words.ts';
import { placeOfError } from './source-place.ts';

/** As they are before the user's code runs, which may put others in their place. */
const [isNumber, isWhole, isList] = [Number.isFinite, Number.isInteger, Array.isArray];

/** Longer explanations are cut: they are for a person to read. */
const LONGEST_TEXT = 4000;

const failure = (kind: FailureKind, message: string): RewardOutcome => ({ kind: 'failure', failure: kind, message });

/** What a function threw, at its place in the user's source. */
export function thrown(error: unknown): RewardOutcome {
  return { kind: 'failure', failure: 'throw', message: describeError(error), ...placeOfError(error) };
}

export const describeError = (error: unknown): string => cut(errorWords(error));

/** Checks what a row function returned for `completion`, or a batch function in its list. Never turns a mistake into a 0. */
export function toOutcome(value: unknown, completion: string): RewardOutcome {
  if (value === null) return { kind: 'abstain' };
  if (typeof value === 'number') return toScore(value, {});
  if (typeof value !== 'object' || !('score' in value)) return wrongType(value);
  const { score, reason, extracted, steps } = value as Record<string, unknown>;
  if (score === null) {
    if (!isList(steps) || steps.length === 0) return { kind: 'abstain' };
    return failure(
      'wrong-type',
      'The function abstained (score: null) and scored "steps"; give the whole a score, too.',
    );
  }
  if (typeof score !== 'number') return wrongType(score, ' as "score"');
  if (reason !== undefined && typeof reason !== 'string')
    return failure('wrong-type', `"reason" must be a text, not ${shown(reason)}.`);
  const found = typeof extracted === 'number' ? String(extracted) : (extracted ?? undefined);
  if (found !== undefined && typeof found !== 'string')
    return failure('wrong-type', `"extracted" must be a text or a number, not ${shown(extracted)}.`);
  const checked = steps === undefined ? undefined : checkSteps(steps, completion);
  if (checked && 'kind' in checked) return checked;
  return toScore(score, {
    ...(reason !== undefined && { reason: cut(reason) }),
    ...(found !== undefined && { extracted: cut(found) }),
    ...(checked && { steps: checked }),
  });
}

function toScore(score: number, details: object): RewardOutcome {
  if (!isNumber(score)) return failure('nan', `The score is ${score}; return a finite number, or null to abstain.`);
  if (isTooLarge(score)) return failure('too-large', `The score is ${score}; ${BOUND}`);
  return { kind: 'score', score, ...details };
}

const BOUND = `scores must lie between -1e12 and 1e12: training computes in float32.`;
const isTooLarge = (score: number): boolean => score > LARGEST_SCORE || score < -LARGEST_SCORE;

function checkSteps(steps: unknown, completion: string): RewardStep[] | RewardOutcome {
  if (!isList(steps)) return failure('wrong-type', `"steps" must be a list of { end, score }, not ${shown(steps)}.`);
  let last = 0;
  for (const step of steps) {
    const { end, score } = (step ?? {}) as Partial<RewardStep>;
    if (typeof end !== 'number' || typeof score !== 'number')
      return failure('wrong-type', `A step must be { end, score }, both numbers, not ${shown(step)}.`);
    if (!isNumber(score)) return failure('nan', `The score of a step is ${score}; give a finite number.`);
    if (isTooLarge(score)) return failure('too-large', `The score of a step is ${score}; ${BOUND}`);
    if (!isWhole(end) || end < last || end > completion.length)
      return failure(
        'wrong-type',
        `A step's "end" is ${end}; ends must ascend and be whole numbers up to the completion's length, ${completion.length}.`,
      );
    last = end;
  }
  return steps.map(({ end, score }) => ({ end, score }));
}

function wrongType(value: unknown, where = ''): RewardOutcome {
  const what =
    value === undefined
      ? 'returned nothing (undefined)'
      : typeof value === 'boolean'
        ? `returned ${value}, which is no number (write ${value ? 1 : 0}, or Number(...))`
        : `returned ${shown(value)}`;
  return failure('wrong-type', `The function ${what}${where}; a reward is a number, null to abstain, or { score }.`);
}

/** Short enough, and of whole characters: what is cut elsewhere may end in half of one, which no file should keep. */
const cut = (text: string): string =>
  (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text).replace(/\p{Cs}/gu, '\uFFFD');
