import type { LoadedConfig } from '../config/load-config.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Finding } from '../protocol/finding.ts';
import type { PromptMapping } from '../protocol/inputs-config.ts';
import { type Remedy, setField } from '../protocol/remedy.ts';
import type { Prompt } from '../protocol/rewards.ts';
import type { PromptList } from './prompt-list.ts';

/** How tokens of chat templates look: `<|im_start|>`, `<start_of_turn>`, `[INST]`. */
const MARKER = /<[^<>\s]{2,40}>|\[\/?INST\]/g;
const LOOKED_AT = 16;

/** What is noticed about a run's prompts before anything is sampled. */
export function promptFindings(
  prompts: PromptList,
  heldOut: PromptList | undefined,
  tokenizer: Tokenizer,
  loaded: LoadedConfig,
): Finding[] {
  const { config, locate } = loaded;
  const plain = plainPrompts(prompts.slice(0, LOOKED_AT), tokenizer, config.prompt);
  const place = locate(config.prompt === null ? ['dataset'] : ['prompt']);
  return [
    plain && { ...plain, place },
    skips(prompts, 'prompts', loaded),
    heldOut && skips(heldOut, 'held-out prompts', loaded),
  ].filter((found) => found !== undefined);
}

function skips({ skipped, length }: PromptList, what: string, { config, locate }: LoadedConfig): Finding | undefined {
  if (skipped === 0) return undefined;
  return {
    kind: 'prompts-skipped',
    severity: 'information',
    evidence: `Skipped ${skipped} of ${skipped + length} ${what}, which have more than ${config.maxPromptLength} tokens (maxPromptLength).`,
    place: locate(['maxPromptLength']),
  };
}

/**
 * A chat model that is asked in plain text continues the text, and often never ends: it answers, and stops, in turns of its chat template. Prompts that
 * have the template's own tokens in them were written with it. `mapping` is how the config makes prompts of rows.
 */
export function plainPrompts(
  prompts: readonly { prompt: Prompt }[],
  tokenizer: Tokenizer,
  mapping: PromptMapping | null,
): Finding | undefined {
  const texts = prompts.flatMap(({ prompt }) => (typeof prompt === 'string' ? prompt : []));
  if (texts.length === 0 || !tokenizer.hasChatTemplate) return undefined;
  const markers = turnMarkers(tokenizer);
  if (markers === undefined || texts.some((text) => markers.some((marker) => text.includes(marker)))) return undefined;
  return {
    kind: 'plain-prompts',
    severity: 'warning',
    evidence: 'The model has a chat template, but the prompts are plain text, which it continues instead of answering.',
    remedy: asMessage(mapping),
  };
}

/** What the chat template writes around a message; undefined where it refuses a plain question. */
function turnMarkers({ renderChat }: Tokenizer): string[] | undefined {
  try {
    return renderChat([{ role: 'user', content: 'x' }]).match(MARKER) ?? [];
  } catch {
    return undefined;
  }
}

/** The same prompt as a message of the user's. */
function asMessage(prompt: PromptMapping | null): Remedy | undefined {
  const set = (user: string): Remedy => setField('prompt', { user });
  if (prompt === null) return set('{{ prompt }}');
  if (typeof prompt === 'string') return /^\w+$/.test(prompt) ? set(`{{ ${prompt} }}`) : undefined;
  return 'text' in prompt ? set(prompt.text) : undefined;
}
