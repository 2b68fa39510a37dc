import type { RunDifference } from './run-differences.ts';
import type { RunChange } from './run-folder.ts';

/** `learningRate 0.001 → 0.01`, `rewards/sort.reward.ts has changed` */
export const differenceText = ({ what, from, to }: RunDifference): string =>
  from === null || to === null ? `${what} has changed` : `${what} ${from} → ${to}`;

/** A change in a run's history as a person reads it: of files, only that they have changed. */
export function changeText({ field, from, to }: Pick<RunChange, 'field' | 'from' | 'to'>): string {
  const file = /^(?:inputs|rewardSources)\.(.*)$/.exec(field)?.[1];
  if (file !== undefined) return differenceText({ what: file, from: null, to: null });
  return differenceText({ what: field.replace(/^config\./, ''), from: valueText(from), to: valueText(to) });
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
  return JSON.stringify(value) ?? 'not set';
}

export const isReward = (value: unknown): value is RewardSpec =>
  typeof value === 'object' && value !== null && 'file' in value && 'weight' in value;

/** `file#function × weight`, which is shorter than JSON. */
export const rewardText = ({ file, function: name, weight }: RewardSpec): string =>
  `${file}${name === undefined ? '' : `#${name}`}${weight === 1 ? '' : ` × ${weight}`}`;
