import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { TEMPLATE_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import type { ChatMessage } from '../protocol/rewards.ts';
import { homeOf, modelFilePath } from './model-files.ts';

/** Renders messages to the text that the model was trained on. `variables` reach the template by name. */
export type ChatRenderer = (messages: ChatMessage[], variables: Record<string, unknown>) => string;

/**
 * The model's chat template: `chat_template.jinja`, else the one in tokenizer_config.json, a string or a list of named ones of which
 * "default" is taken. Undefined when the model has none. Rendering follows transformers' `apply_chat_template`.
 */
export function loadChatTemplate(model: string, tokenizerConfig: Record<string, unknown>): ChatRenderer | undefined {
  const found = findTemplate(model, tokenizerConfig);
  if (!found) return undefined;
  const { source, file } = found;
  let template: Template | undefined;

  return (messages, variables) => {
    try {
      // Parsed when first needed: prompts that are plain text work even with a template we cannot parse.
      // Jinja reads every kind of line end as \n; the JavaScript port does not.
      template ??= new Template(source.replace(/\r\n?/g, '\n'));
    } catch (error) {
      throw new BadInput(`the chat template cannot be parsed: ${(error as Error).message}`, { file });
    }
    try {
      return template.render({ tools: null, documents: null, ...variables, messages });
    } catch (error) {
      // Templates refuse what the model was not trained on (roles that do not alternate, a system message) by raising.
      throw new BadInput(`the chat template refused the messages: ${(error as Error).message}`, { file });
    }
  };
}

function findTemplate(model: string, tokenizerConfig: Record<string, unknown>) {
  const jinjaFile = join(homeOf(model, 'chat_template.jinja'), 'chat_template.jinja');
  if (existsSync(jinjaFile)) return { source: readText(jinjaFile, TEMPLATE_FILE), file: jinjaFile };

  const file = modelFilePath(model, 'tokenizer_config.json');
  const inConfig = tokenizerConfig.chat_template;
  if (typeof inConfig === 'string') return { source: inConfig, file };
  if (inConfig === undefined || inConfig === null) return undefined;
  const named = Array.isArray(inConfig) ? inConfig : [];
  const chosen = named.find((entry) => entry?.name === 'default')?.template;
  if (typeof chosen !== 'string') {
    throw new BadInput('"chat_template" must be a string, or a list of templates with one named "default"', { file });
  }
  return { source: chosen, file };
}
