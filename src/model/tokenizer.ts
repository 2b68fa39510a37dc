import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { BadInput } from '../protocol/errors.ts';
import type { ChatMessage, Prompt } from '../protocol/rewards.ts';
import { loadChatTemplate } from './chat-template.ts';
import { modelFilePath, readModelFile } from './model-files.ts';

/** Text to token ids and back, exactly as the model's Python tokenizer does it. */
export interface Tokenizer {
  /** Every id is below this. The model's embedding may have more rows. */
  vocabSize: number;
  eosTokenId: number | undefined;
  padTokenId: number | undefined;
  /** Tokens such as BOS are added by default where the model's tokenizer adds them. */
  encode(text: string, options?: { addSpecialTokens?: boolean }): number[];
  /** Ids that have no token (the embedding's padding rows) give no text. Special tokens are kept by default. */
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** The chat template's text; the generation prompt is added by default. Throws `BadInput` when the model has no template. */
  renderChat(messages: ChatMessage[], options?: ChatOptions): string;
  /** A dataset's prompt as the model sees it: as TRL does, text with special tokens added, a chat through the template alone. */
  encodePrompt(prompt: Prompt, options?: ChatOptions): { text: string; ids: number[] };
}

export interface ChatOptions {
  addGenerationPrompt?: boolean;
  /** Further variables for the template (TRL's `chat_template_kwargs`), such as `enable_thinking`. */
  variables?: Record<string, unknown>;
}

/** Reads `tokenizer.json`, `tokenizer_config.json` and the chat template of a Hugging Face folder or a .gguf file. */
export function loadTokenizer(model: string): Tokenizer {
  const file = modelFilePath(model, 'tokenizer.json');
  const json = readModelFile(model, 'tokenizer.json');
  if (!json) {
    throw new BadInput('this folder has no tokenizer.json; save the tokenizer again with transformers', {
      file: model,
    });
  }
  const config = readModelFile(model, 'tokenizer_config.json') ?? {};
  const tokenizer = createTokenizer(json, config, file);
  const renderChat = loadChat(model, config);
  const specialTokens = specialTokensOf(config);
  const idOf = (token: string | undefined) => (token === undefined ? undefined : tokenizer.token_to_id(token));

  const encode: Tokenizer['encode'] = (text, { addSpecialTokens = true } = {}) =>
    tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids;

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
      return tokenizer.decode(known, options);
    },
    renderChat,
    encodePrompt: (prompt, options) => {
      if (typeof prompt === 'string') return { text: prompt, ids: encode(prompt) };
      const text = renderChat(prompt, options);
      // The template has written BOS itself.
      return { text, ids: encode(text, { addSpecialTokens: false }) };
    },
  };
}

/** Only the chat template of a model: as `Tokenizer.renderChat`, without the time that the tokenizer takes to load. */
export function loadChat(
  model: string,
  config = readModelFile(model, 'tokenizer_config.json') ?? {},
): Tokenizer['renderChat'] {
  const renderTemplate = loadChatTemplate(model, config);
  const specialTokens = specialTokensOf(config);
  return (messages, { addGenerationPrompt = true, variables = {} } = {}) => {
    if (!renderTemplate) {
      const message = 'the model has no chat template, so prompts must be plain text; use a chat model for messages';
      throw new BadInput(message, { file: model });
    }
    return renderTemplate(messages, { ...specialTokens, add_generation_prompt: addGenerationPrompt, ...variables });
  };
}

function createTokenizer(json: Record<string, unknown>, config: Record<string, unknown>, file: string) {
  try {
    const tokenizer = new HuggingFaceTokenizer(json, config);
    tokenizer.encode('a'); // Some gaps in the file show only at the first use.
    return tokenizer;
  } catch (error) {
    throw new BadInput(`the tokenizer cannot be read: ${(error as Error).message}`, { file });
  }
}

/** `bos_token`, `eos_token` and their like by name; the file has each as a string or as an object with its `content`. */
function specialTokensOf(config: Record<string, unknown>): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    if (!name.endsWith('_token')) continue;
    const content = typeof value === 'object' ? (value as { content?: unknown } | null)?.content : value;
    if (typeof content === 'string') tokens[name] = content;
  }
  return tokens;
}
