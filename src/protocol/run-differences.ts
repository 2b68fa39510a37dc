import { z } from 'zod';

/** What to do where a run was recorded with other settings than those it would go on with. */
export const DIFFERENCE_CHOICES = ['as-recorded', 'with-changes'] as const;
export type DifferenceChoice = (typeof DIFFERENCE_CHOICES)[number];

/** One thing that is no longer as a run recorded it; null for `from` and `to` where only the content differs. */
export const runDifference = z.object({ what: z.string(), from: z.string().nullable(), to: z.string().nullable() });
export type RunDifference = z.infer<typeof runDifference>;

/** `learningRate 0.001 → 0.01`, `rewards/sort.reward.ts has changed` */
export const differenceText = ({ what, from, to }: RunDifference): string =>
  from === null || to === null ? `${what} has changed` : `${what} ${from} → ${to}`;

interface RewardSpec {
  file: string;
  function?: string;
  weight: number;
}

/** A value of a config, or of its history, as a person reads it: rewards as a config may write them. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (isReward(value)) {
    const { file, function: name, weight } = value;
    return `${file}${name === undefined ? '' : `#${name}`}${weight === 1 ? '' : ` × ${weight}`}`;
  }
  return JSON.stringify(value) ?? 'not set';
}

const isReward = (value: unknown): value is RewardSpec =>
  typeof value === 'object' && value !== null && 'file' in value && 'weight' in value;
