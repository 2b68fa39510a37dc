import type { TrainerEvent } from './events.ts';

export type Phase = Extract<TrainerEvent, { type: 'phase' }>['phase'];

const WORDS: Record<Phase, string> = {
  load: 'loading model',
  rollout: 'generating completions',
  score: 'scoring',
  update: 'updating',
  evaluate: 'evaluating held-out prompts',
  save: 'saving checkpoint',
};

/** What a trainer is doing, and how much of it is done: `loading model 43 %`. */
export function phaseText(phase: Phase, share?: number | null): string {
  const done = share === undefined || share === null ? '' : ` ${Math.round(100 * share)} %`;
  return `${WORDS[phase]}${done}`;
}
