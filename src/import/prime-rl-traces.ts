import * as z from 'zod';
import type { JsonLine } from '../files/json-lines.ts';

/** Numbers by name: with a weight, or as prime-rl 0.7 has them; null where scoring did not come to it. */
const reward = z.union([z.object({ score: z.number(), weight: z.number() }), z.number()]).nullable();

const node = z.object({
  /** Index of the message before; none for the first. */
  parent: z.int().nullish(),
  message: z.object({ role: z.string(), content: z.unknown(), reasoning_content: z.string().nullish() }),
  /** The model wrote it. */
  sampled: z.boolean().default(false),
  /** Of each of its tokens: whether the model wrote it. */
  mask: z.array(z.boolean()).default([]),
  /** Of the tokens that the model wrote. */
  advantages: z.array(z.number()).nullish(),
});
export type TraceNode = z.infer<typeof node>;

/** What one agent did: a conversation, or several with a common beginning. */
const trace = z.object({
  task: z.object({ data: z.record(z.string(), z.unknown()) }),
  agent: z.object({ trainable: z.boolean().default(true) }).optional(),
  nodes: z.array(node).default([]),
  calls: z.array(z.object({ model: z.string().nullish(), finish_reason: z.string().nullish() })).default([]),
  rewards: z.record(z.string(), reward).default({}),
  metrics: z.record(z.string(), z.number().nullable()).default({}),
  info: z.record(z.string(), z.unknown()).default({}),
  stop_condition: z.string().nullish(),
  errors: z.array(z.object({ type: z.string(), message: z.string() })).default([]),
});
export type Trace = z.infer<typeof trace>;

/** An episode: the traces of all its agents. */
const episode = z.object({
  group: z.object({ id: z.string() }).nullish(),
  run: z.object({ work: z.object({ policy: z.object({ start: z.int() }).nullish() }).optional() }).nullish(),
  traces: z.array(trace),
});

export interface LoggedTrace {
  trace: Trace;
  /** Of the prompt in its step, where that is logged. */
  group: string | undefined;
  /** How many updates the policy had seen. */
  policy: number | undefined;
}

/** The traces that a line has: prime-rl writes episodes, its releases 0.7 and 0.8 each trace alone. Undefined for other lines. */
export function tracesOf({ value }: JsonLine): LoggedTrace[] | undefined {
  if (!('traces' in value)) {
    const { data } = trace.safeParse(value);
    if (!data) return undefined;
    // Release 0.7 has them beside the trace, 0.8 in it.
    const { group_id: group, policy_version: policy } = { ...value, ...data.info };
    return trainable([
      {
        trace: data,
        group: typeof group === 'string' ? group : undefined,
        policy: typeof policy === 'number' ? policy : undefined,
      },
    ]);
  }
  const { data } = episode.safeParse(value);
  return (
    data &&
    trainable(data.traces.map((one) => ({ trace: one, group: data.group?.id, policy: data.run?.work?.policy?.start })))
  );
}

/** Judges and other agents whose weights are not trained are no completions. */
const trainable = (traces: LoggedTrace[]): LoggedTrace[] =>
  traces.filter(({ trace: { agent, nodes } }) => agent?.trainable !== false && nodes.some(({ sampled }) => sampled));

/** The conversation that ended last, from its first message on. */
export function lastBranch({ nodes }: Trace): TraceNode[] {
  const path: TraceNode[] = [];
  for (let node = nodes.at(-1); node && !path.includes(node); node = nodes[node.parent ?? -1]) path.unshift(node);
  return path;
}
