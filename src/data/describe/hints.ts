import type { PromptLengths } from '../../protocol/dataset-summary.ts';
import type { Finding } from '../../protocol/finding.ts';
import { setField } from '../../protocol/remedy.ts';

/** With fewer prompts, the longest one says little about those that were not read. */
const ENOUGH = 100;
/** Tokens for a completion that is never too few. */
const ROOMY = 1024;

/** What the lengths of the prompts, in tokens, mean for the run config, with a model that takes `context` tokens. */
export function lengthFindings({ unit, count, p95, max }: PromptLengths, context: number): Finding[] {
  if (unit !== 'tokens') return [];
  if (max >= context) {
    const cap = roundUp(p95);
    return [
      {
        kind: 'prompt-beyond-context',
        severity: 'warning',
        evidence: `The longest of ${count} prompts has ${max} tokens, and the model's context is ${context}: too long to leave room for a completion.`,
        ...(cap < context && { remedy: setField('maxPromptLength', cap) }),
      },
    ];
  }
  const room: Finding = {
    kind: 'room-for-completions',
    severity: 'information',
    evidence: `The model's context of ${context} tokens leaves room for completions of ${context - max} after the longest prompt: "maxCompletionLength" can be up to that.`,
  };
  const rooms = context - max < ROOMY ? [room] : [];
  if (count < ENOUGH || max < 3 * p95) return rooms;
  const cap = roundUp(p95);
  return [
    ...rooms,
    {
      kind: 'few-long-prompts',
      severity: 'information',
      evidence: `95 % of the prompts have at most ${p95} tokens, the longest has ${max}: "maxPromptLength" ${cap} skips only the longest, which take the most memory.`,
      remedy: setField('maxPromptLength', cap),
    },
  ];
}

/** To a multiple of 64. */
const roundUp = (length: number): number => Math.ceil(length / 64) * 64;
