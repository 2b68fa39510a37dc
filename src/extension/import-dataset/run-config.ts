import type { DatasetSummary, RowMapping } from '../../protocol/dataset-summary.ts';
import { pathIn } from '../workspace/path-in.ts';
import { withField } from '../workspace/with-field.ts';

/** What a run config gets from *Import Dataset*; paths are absolute. */
export interface ImportedRun {
  model: string;
  dataset: string;
  mapping: RowMapping;
  /** Null: none yet. */
  reward: string | null;
  lora: boolean;
  /** Prompts to evaluate on; 0: none. */
  evalPrompts: number;
  /** The dataset that they come from; null: they are taken out of `dataset`. */
  heldOut: string | null;
  limits: TokenLimits;
}

export interface TokenLimits {
  maxCompletionLength: number;
  maxPromptLength?: number;
}

/** The config's fields for evaluation; undefined where it has none. */
function evaluation(file: string, { evalPrompts, heldOut }: ImportedRun): Record<string, unknown> {
  const [own, split] = evalPrompts === 0 ? [] : heldOut === null ? [undefined, evalPrompts] : [pathIn(file, heldOut)];
  return { evalDataset: own, evalSplit: split, evalPrompts: own === undefined ? undefined : evalPrompts };
}

/** A new config's text. */
export function newConfig(file: string, run: ImportedRun): string {
  const { mapping, reward, lora, limits } = run;
  const config = {
    model: pathIn(file, run.model),
    dataset: pathIn(file, run.dataset),
    ...(mapping.prompt !== null && { prompt: mapping.prompt }),
    ...(mapping.columns !== null && { columns: mapping.columns }),
    ...evaluation(file, run),
    rewards: reward === null ? [] : [pathIn(file, reward)],
    maxSteps: 100,
    ...limits,
    ...(lora ? { lora: { r: 8, loraAlpha: 16 }, learningRate: 1e-4 } : { learningRate: 1e-5 }),
    saveSteps: 25,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * The text of a config that there is, with the dataset and how it is read, and one reward more; all else stays as it is. What another dataset held
 * out goes with it.
 */
export function updatedConfig(text: string, file: string, run: ImportedRun, before: Record<string, unknown>): string {
  const { mapping, reward } = run;
  const dataset = pathIn(file, run.dataset);
  const fields: Record<string, unknown> = {
    model: pathIn(file, run.model),
    dataset,
    ...(before.dataset !== dataset && evaluation(file, run)),
    prompt: mapping.prompt ?? undefined,
    columns: mapping.columns ?? undefined,
  };
  const changed = Object.entries(fields).reduce((now, [name, value]) => withField(now, name, value), text);
  const rewards = Array.isArray(before.rewards) ? before.rewards : [];
  const entry = reward === null ? undefined : pathIn(file, reward);
  const isThere = rewards.some((given) => fileOf(given) === entry);
  return entry === undefined || isThere ? changed : withField(changed, ['rewards', rewards.length], entry);
}

/** Of a reward as a config writes it: `FILE`, `FILE#function` or `{ file }`. */
const fileOf = (reward: unknown): unknown =>
  typeof reward === 'string' ? reward.replace(/#[^#]*$/, '') : (reward as { file?: unknown } | null)?.file;

/** Prompts that were not looked at may be longer than those that were: by half, say. */
const LONGER = 1.5;

/**
 * Room for an answer, and more for one that thinks first; less where the model's context has no more. Where prompts that were not looked at might
 * leave no room, those that do are skipped.
 */
export function tokenLimits({ mapping, model, lengths, rows }: DatasetSummary): TokenLimits {
  const thinks = /<think>|step by step/i.test(JSON.stringify(mapping.prompt));
  const wanted = thinks ? 512 : 256;
  if (!model || lengths?.unit !== 'tokens') return { maxCompletionLength: wanted };
  const isAll = rows.total === lengths.count;
  const longest = isAll ? lengths.max : Math.ceil(LONGER * lengths.max);
  const maxCompletionLength = Math.max(16, Math.min(wanted, model.context - longest));
  const maxPromptLength = model.context - maxCompletionLength;
  return { maxCompletionLength, ...(!isAll && maxPromptLength < 4 * lengths.max && { maxPromptLength }) };
}
