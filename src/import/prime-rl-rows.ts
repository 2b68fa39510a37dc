import type { JsonLine } from '../files/json-lines.ts';
import { mean } from '../grpo/statistics.ts';
import type { ChatMessage, Prompt } from '../protocol/rewards.ts';
import type { RolloutRow } from '../protocol/run-folder.ts';
import { groupedRows } from './grouped-rows.ts';
import { type LoggedTrace, lastBranch, type Trace, type TraceNode, tracesOf } from './prime-rl-traces.ts';

/** Fields of every task of verifiers' (`TaskData`); the others are what its dataset has. */
const TASK_FIELDS = new Set(
  'idx id name description prompt system_prompt image workdir agent_user skills network_allow network_block artifacts artifact_max_bytes timeout resources'.split(
    ' ',
  ),
);
/** As `Trace.is_truncated`: the last reply ended because of its length, or a limit stopped the conversation. */
const LIMITS = new Set(['max_turns', 'max_input_tokens', 'max_output_tokens', 'max_total_tokens', 'context_length']);

/** The reward functions and metrics of a file's traces, with the weights of the rewards; metrics are no part of the reward. */
export function weightsOfTraces(traces: readonly LoggedTrace[]): Map<string, number> {
  const rewards = traces.flatMap(({ trace }) => Object.entries(trace.rewards));
  const weights = new Map<string, number>();
  for (const [name, reward] of rewards) {
    const weight = typeof reward === 'number' ? 1 : reward?.weight;
    if (weight !== undefined || !weights.has(name)) weights.set(name, weight ?? 1);
  }
  for (const name of traces.flatMap(({ trace }) => Object.keys(trace.metrics)))
    if (!weights.has(name)) weights.set(name, 0);
  return weights;
}

export const groupKey = ({ group, trace }: LoggedTrace): string => group ?? JSON.stringify(promptOf(lastBranch(trace)));

/** The rows of a step. Without token ids, as the tokenizer that could show them is not here. */
export function primeRlRows(step: number, lines: readonly JsonLine[]): RolloutRow[] {
  const traces = lines.flatMap((line) => tracesOf(line) ?? []);
  const names = [...weightsOfTraces(traces).keys()];
  return groupedRows(
    traces.map((logged) => {
      const { trace } = logged;
      const branch = lastBranch(trace);
      const columns = Object.entries(trace.task.data).filter(([name]) => !TASK_FIELDS.has(name));
      return {
        step,
        key: groupKey(logged),
        prompt: promptOf(branch),
        prompt_ids: [],
        completion: branch.slice(beginning(branch)).map(textOf).join(''),
        completion_ids: [],
        rewards: Object.fromEntries(names.map((name) => [name, scoreOf(trace, name)])),
        reward: rewardOf(trace),
        advantage: advantageOf(branch),
        length: branch.flatMap(({ mask }) => mask).filter((written) => written).length,
        truncated: LIMITS.has(trace.stop_condition ?? '') || trace.calls.at(-1)?.finish_reason === 'length',
        error: trace.errors.map(({ type, message }) => `${type}: ${message}`).at(-1) ?? null,
        ...(columns.length > 0 && { columns: Object.fromEntries(columns) }),
      };
    }),
    'none',
  );
}

/** Where the first message is that the model wrote. */
const beginning = (branch: readonly TraceNode[]): number => branch.findIndex(({ sampled }) => sampled);

const promptOf = (branch: readonly TraceNode[]): Prompt =>
  branch
    .slice(0, beginning(branch))
    .map(({ message: { role, content } }) => ({ role, content: content ?? null }) as ChatMessage);

/** Of several turns, all of the texts behind each other; a model's thoughts are between <think> tags. */
function textOf({ message: { content, reasoning_content: thoughts } }: TraceNode): string {
  const text = Array.isArray(content)
    ? content.map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : '')).join('')
    : typeof content === 'string'
      ? content
      : '';
  return thoughts ? `<think>${thoughts}</think>${text}` : text;
}

function scoreOf({ rewards, metrics }: Trace, name: string): number | null {
  const reward = rewards[name];
  if (reward === undefined) return metrics[name] ?? null;
  return typeof reward === 'number' ? reward : (reward?.score ?? null);
}

/** As `Trace.reward`; null where nothing was scored. */
function rewardOf({ rewards }: Trace): number | null {
  const scored = Object.values(rewards).filter((reward) => reward !== null);
  if (scored.length === 0) return null;
  return scored.reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : one.score * one.weight), 0);
}

/** The credit that its tokens got, which GRPO gives all of them alike; null where none was logged. */
function advantageOf(branch: readonly TraceNode[]): number | null {
  return mean(branch.flatMap(({ advantages }) => advantages ?? []));
}
