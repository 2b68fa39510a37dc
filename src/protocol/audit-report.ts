import * as z from 'zod';

/** A completion that was tried, and what it earned. */
const triedProbe = z.object({
  /** `trick`: no answer to the prompt. `form`: the honest answer, written in another way. */
  kind: z.enum(['trick', 'form']),
  /** What was tried, in a few words. */
  name: z.string(),
  /** The line of the prompt's sample. */
  line: z.int().min(1),
  completion: z.string(),
  score: z.number(),
  /** What the prompt's honest answer earned. */
  honest: z.number(),
});
export type TriedProbe = z.infer<typeof triedProbe>;

const auditedFunction = z.object({
  /** A function's name, or "total": the weighted sum. */
  name: z.string(),
  /** Whether it gives an honest answer more than one with a wrong answer in it: format and length rewards do not. */
  judgesAnswers: z.boolean(),
  /** The worst score that it gave. */
  worst: z.number().nullable(),
  /** Tricks that were tried, and those that earned at least nine tenths of an honest answer. */
  tricks: z.int().min(0),
  fooled: z.array(triedProbe),
  /** Forms of the honest answer that were tried, and those that earned less. */
  forms: z.int().min(0),
  missed: z.array(triedProbe),
  /** What each of these tricks earns on average: 1 is as much as the honest answer, 0 as little as the worst completion. The most first. */
  earns: z.array(z.object({ name: z.string(), share: z.number() })),
  /** Of a function that shows a judge several completions at once: whether their places matter. */
  position: z
    .object({
      /** Comparisons of two completions, and those that came out otherwise when the order was reversed. */
      pairs: z.int().min(0),
      changed: z.int().min(0),
      /** What a completion gets more when it is shown earlier, on average. */
      gain: z.number(),
    })
    .optional(),
  /** For each completion; null for "total". */
  milliseconds: z.number().nullable(),
});
export type AuditedFunction = z.infer<typeof auditedFunction>;

const auditFinding = z.object({
  kind: z.enum([
    ...(['constant', 'no-honest-answer', 'without-task', 'same-as-another'] as const),
    ...(['dominates', 'not-deterministic', 'depends-on-order', 'position-bias', 'failed', 'too-slow'] as const),
  ]),
  /** The function that it is about. */
  name: z.string(),
  /** One sentence. */
  message: z.string(),
  /** A note is worth knowing, and does no harm as things are. */
  severity: z.enum(['warning', 'note']),
});
export type AuditFinding = z.infer<typeof auditFinding>;

/** What an audit found out about reward functions; `grpo audit --json` prints it. */
export const auditReport = z.object({
  prompts: z.int().min(0),
  /** Prompts of which the expected answer is known: without one, only what needs no answer is tried. */
  answers: z.int().min(0),
  probes: z.int().min(0),
  seconds: z.number().min(0),
  functions: z.array(auditedFunction),
  findings: z.array(auditFinding),
});
export type AuditReport = z.infer<typeof auditReport>;

/** One of each kind, those that are furthest from what an honest answer earned first. */
export function worstOf(tried: readonly TriedProbe[]): TriedProbe[] {
  const gain = ({ kind, score, honest }: TriedProbe) => (kind === 'trick' ? score - honest : honest - score);
  const sorted = tried.toSorted((a, b) => gain(b) - gain(a));
  return [...new Map(sorted.toReversed().map((probe) => [probe.name, probe])).values()].toReversed();
}

/** Functions whose tricks count: those that judge answers, and the total; one that is alone always does. */
export const counts = ({ functions }: AuditReport, { name, judgesAnswers }: AuditedFunction): boolean =>
  judgesAnswers || name === 'total' || functions.length === 1;

/** "2 of 41 tricks pass", "3 of 7 forms missed". */
export function auditWords({ tricks, fooled, forms, missed }: AuditedFunction): string {
  if (tricks + forms === 0) return 'nothing could be judged';
  const missing = missed.length > 0 ? ` · ${missed.length} of ${forms} forms missed` : '';
  return `${fooled.length} of ${tricks} tricks pass${missing}`;
}
