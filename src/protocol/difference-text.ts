import type { RunDifference } from './run-differences.ts';
import type { RunChange } from './run-folder.ts';
import type { StageKind } from './stage-config.ts';

/** `learningRate 0.001 → 0.01`, `rewards/sort.reward.ts has changed` */
export const differenceText = ({ what, from, to }: RunDifference): string =>
  from === null || to === null ? `${what} has changed` : `${what} ${from} → ${to}`;

/** A change in a run's history as a person reads it: of files, only that they have changed. */
export function changeText({ field, from, to }: Pick<RunChange, 'field' | 'from' | 'to'>): string {
  const file = /^(?:inputs|rewardSources)\.(.*)$/.exec(field)?.[1];
  if (file !== undefined) return differenceText({ what: file, from: null, to: null });
  const name = field.replace(/^config\./, '');
  if (name === 'stages' && Array.isArray(from) && Array.isArray(to)) return stagesText(from, to);
  return differenceText({ what: name, from: valueText(from), to: valueText(to) });
}

/** What differs in each stage: `stages.1.maxSteps 200 → 300`. */
function stagesText(from: readonly object[], to: readonly object[]): string {
  const texts = Array.from({ length: Math.max(from.length, to.length) }, (_, i) => {
    const [before, after]: Record<string, unknown>[] = [{ ...from[i] }, { ...to[i] }];
    return Object.keys({ ...before, ...after })
      .map((name) => ({ what: `stages.${i}.${name}`, from: valueText(before![name]), to: valueText(after![name]) }))
      .filter((difference) => difference.from !== difference.to)
      .map(differenceText);
  });
  return texts.flat().join(', ');
}

interface RewardSpec {
  file: string;
  function?: string | undefined;
  weight: number;
}

/** A value of a config, or of its history, as a person reads it: rewards as a config may write them. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (isReward(value)) return rewardText(value);
  if (isStage(value)) return stageText(value);
  return JSON.stringify(value) ?? 'not set';
}

export const isReward = (value: unknown): value is RewardSpec =>
  typeof value === 'object' && value !== null && 'file' in value && 'weight' in value;

interface Stage {
  kind: string;
  name?: string;
}

/** A curriculum has a kind too, but none of these. */
const STAGE_KINDS: Record<StageKind, true> = { sft: true, grpo: true, rejection: true, distill: true };

const isStage = (value: unknown): value is Stage =>
  typeof value === 'object' && value !== null && 'kind' in value && Object.hasOwn(STAGE_KINDS, String(value.kind));

/** `cold start (sft): maxSteps 10, dataset data/cold.jsonl`, which is shorter than JSON. */
function stageText({ kind, name = kind, ...fields }: Stage): string {
  const own = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  const texts = own.map(([field, value]) => `${field} ${valueText(value)}`);
  return `${name}${name === kind ? '' : ` (${kind})`}: ${texts.join(', ')}`;
}

/** `file#function × weight`, which is shorter than JSON. */
export const rewardText = ({ file, function: name, weight }: RewardSpec): string =>
  `${file}${name === undefined ? '' : `#${name}`}${weight === 1 ? '' : ` × ${weight}`}`;
