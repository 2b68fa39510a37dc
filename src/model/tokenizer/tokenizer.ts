import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { BadInput, type SourceLocation } from '../../protocol/errors.ts';
import { splitPrefix } from '../../protocol/prompt-prefix.ts';
import type { ChatMessage, Prompt } from '../../protocol/rewards.ts';
import { isGguf } from '../files/gguf.ts';
import { mendAddedTokens } from './added-token-split.ts';
import { namedTokens } from './added-tokens.ts';
import { mendByteDecoding } from './byte-decoding.ts';
import { type ChatRenderer, loadChatTemplate } from './chat-template.ts';
import { TimeIsUp, withinSeconds } from './time-limit.ts';
import { checkTokenizer } from './tokenizer-checks.ts';
import { readTokenizerConfig, readTokenizerFiles } from './tokenizer-files.ts';

/** Text to token ids and back, exactly as the model's Python tokenizer does it. */
export interface Tokenizer {
  /** Every id is below this. The model's embedding may have more rows. */
  vocabSize: number;
  eosTokenId: number | undefined;
  padTokenId: number | undefined;
  /** Tokens such as BOS are added by default where the model's tokenizer adds them. */
  encode(text: string, options?: { addSpecialTokens?: boolean; room?: Room }): number[];
  /** Ids that have no token (the embedding's padding rows) give no text. Special tokens are kept by default. */
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** Work that decodes often, of texts with so many tokens in all, has one time limit for the whole of it. */
  withinOneLimit<T>(tokens: number, work: () => T): T;
  /** Whether the model has a chat template. */
  hasChatTemplate: boolean;
  /** The chat template's text; the generation prompt is added by default. Throws `BadInput` when the model has no template. */
  renderChat(messages: ChatMessage[], options?: ChatOptions): string;
  /** A dataset's prompt as the model sees it: as TRL does, text with special tokens added, a chat through the template alone. */
  encodePrompt(prompt: Prompt, options?: ChatOptions): { text: string; ids: number[] };
}

/** How many tokens a text may have, and where it is: one far too long is refused, with BadInput, before all of it is tokenized. */
export interface Room {
  tokens: number;
  at: SourceLocation | undefined;
}

export interface ChatOptions {
  room?: Room;
  /** Further variables for the template (TRL's `chat_template_kwargs`), such as `enable_thinking`. */
  variables?: Record<string, unknown>;
}

/**
 * Reads `tokenizer.json`, `tokenizer_config.json` and the chat template of a Hugging Face folder or a .gguf file. A folder's tokenizer is the one
 * that transformers' `AutoTokenizer` makes of it; throws BadInput where that is none that is supported.
 */
export function loadTokenizer(model: string): Tokenizer {
  const { json, config, file } = readTokenizerFiles(model);
  const tokenizer = createTokenizer(json, config, file);
  const mergesPairs = (json.model as { type?: unknown } | undefined)?.type === 'BPE';
  const encoding = timed([json.normalizer, json.pre_tokenizer], mergesPairs, file);
  const decoding = timed(json.decoder, true, file);
  const template = loadChatTemplate(model, config);
  const renderChat = chatRenderer(model, config, template);
  const specialTokens = namedTokens(config);
  const idOf = (token: string | undefined) => (token === undefined ? undefined : tokenizer.token_to_id(token));

  const idsOf = (text: string, add_special_tokens: boolean): number[] =>
    encoding(text.length, () => tokenizer.encode(text, { add_special_tokens }).ids);
  const encode: Tokenizer['encode'] = (text, { addSpecialTokens = true, room } = {}) => {
    if (room) refuseFarTooLong(text, room, (start) => idsOf(start, false).length);
    return idsOf(text, addSpecialTokens);
  };

  return {
    vocabSize: tokenizer.model!.vocab.length,
    eosTokenId: idOf(specialTokens.eos_token),
    padTokenId: idOf(specialTokens.pad_token),
    encode,
    decode: (ids, { skipSpecialTokens = false } = {}) => {
      const known = ids.filter((id) => tokenizer.id_to_token(id) !== undefined);
      if (known.length === 0) return '';
      // Cleaning up was meant for word pieces; the library's default would eat spaces before punctuation.
      const options = { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false };
      return decoding(known.length, () => tokenizer.decode(known, options));
    },
    withinOneLimit: decoding,
    hasChatTemplate: template !== undefined,
    renderChat,
    encodePrompt: (prompt, options) => {
      const room = options?.room && { room: options.room };
      if (typeof prompt === 'string') return { text: prompt, ids: encode(prompt, { ...room }) };
      const text = renderChat(prompt, options);
      // The template has written BOS itself.
      return { text, ids: encode(text, { addSpecialTokens: false, ...room }) };
    },
  };
}

/** Only the chat template of a model: as `Tokenizer.renderChat`, without the time that the tokenizer takes to load. */
export function loadChat(model: string): Tokenizer['renderChat'] {
  const config = readTokenizerConfig(model);
  return chatRenderer(model, config, loadChatTemplate(model, config));
}

/** Whether a model has a chat template; false too where that cannot be read. */
export function hasChatTemplate(model: string): boolean {
  try {
    return loadChatTemplate(model, readTokenizerConfig(model)) !== undefined;
  } catch {
    return false;
  }
}

function chatRenderer(
  model: string,
  config: Record<string, unknown>,
  renderTemplate: ChatRenderer | undefined,
): Tokenizer['renderChat'] {
  const specialTokens = namedTokens(config);
  return (messages, { variables = {} } = {}) => {
    if (!renderTemplate) {
      const message = 'the model has no chat template, so prompts must be plain text; use a chat model for messages';
      throw new BadInput(message, { file: model, isFolder: !isGguf(model) });
    }
    const { asked, begun } = splitPrefix(messages);
    return renderTemplate(asked, { ...specialTokens, add_generation_prompt: true, ...variables }) + begun;
  };
}

function createTokenizer(json: Record<string, unknown>, config: Record<string, unknown>, file: string) {
  checkTokenizer(json, file);
  try {
    // The library would make every one of these special, which transformers does with new ones only: they are in `json` by now.
    const { additional_special_tokens: _, ...rest } = config;
    return withinSeconds(LOAD_SECONDS, () => {
      const tokenizer = new HuggingFaceTokenizer(json, rest);
      mendAddedTokens(tokenizer);
      mendByteDecoding(tokenizer.decoder, json.decoder);
      tokenizer.encode('a'); // Some gaps in the file show only at the first use.
      return tokenizer;
    });
  } catch (error) {
    throw new BadInput(`the tokenizer cannot be read: ${(error as Error).message}`, { file });
  }
}

/** A vocabulary of a million tokens takes a few. */
const LOAD_SECONDS = 30;

/** What is this short is done before a limit is set. */
const SHORT = 10_000;

/**
 * Runs work on a text with these rules of tokenizer.json, by the text's length, for a hundred times as long as it takes at most. Only a regular
 * expression that never ends takes longer, or words that a model without merges cuts in many ways.
 */
function timed(rules: unknown, isQuick: boolean, file: string): Tokenizer['withinOneLimit'] {
  const mayBacktrack = !isQuick || JSON.stringify(rules ?? null).includes('"Regex":');
  return (length, work) => {
    if (!mayBacktrack && length <= SHORT) return work();
    try {
      return withinSeconds(2 + length * 1e-4, work);
    } catch (error) {
      if (!(error instanceof TimeIsUp)) throw error;
      const message = `the tokenizer does not get done with a text of ${length} characters (${error.message}); a regular expression of it may backtrack without end, or its model try too many ways to cut a word`;
      throw new BadInput(message, { file });
    }
  };
}

/** Tokenizes beginnings of a long text, each eight times as long as the one before, until one is twice what there is room for. */
function refuseFarTooLong(text: string, { tokens, at }: Room, count: (start: string) => number): void {
  for (let length = 4 * tokens; length < text.length; length *= 8) {
    const found = count(text.slice(0, length));
    if (found > 2 * tokens)
      throw new BadInput(
        `A text of ${text.length} characters, of which the first ${length} are ${found} tokens already, is beyond the model's context of ${tokens}; shorten it.`,
        at,
      );
  }
}
