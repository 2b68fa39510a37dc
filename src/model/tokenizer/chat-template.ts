import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TEMPLATE_FILE } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';
import { BadInput } from '../../protocol/errors.ts';
import type { ChatMessage } from '../../protocol/rewards.ts';
import { withFields } from '../../text/exact-json.ts';
import { homeOf, modelFilePath } from '../files/model-files.ts';
import { Raised, TemplateError } from '../templates/errors.ts';
import { Template } from '../templates/template.ts';

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
    // Parsed when first needed: prompts that are plain text work even with a template that cannot be rendered here.
    template ??= orRefuse(
      () => new Template(source),
      (reason) => new BadInput(`the chat template cannot be used: ${reason}`, { file }),
    );
    const context = { tools: null, documents: null, ...variables, messages: messages.map(withReasoning) };
    return orRefuse(
      () => template!.render(context),
      (reason) => new PromptRefused(`the chat template refuses this prompt: ${reason}`, { file }),
    );
  };
}

/** A template refuses messages that the model was not trained on (roles that do not alternate, a system message), or cannot write them. */
export class PromptRefused extends BadInput {}

function orRefuse<T>(work: () => T, refusal: (reason: string) => BadInput): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    // What the template's author says needs no line.
    const line = error instanceof Raised || error.line === undefined ? '' : ` (line ${error.line} of the template)`;
    throw refusal(error.message + line);
  }
}

const REASONING_FIELDS = ['reasoning_content', 'thinking', 'reasoning'] as const;

/** Templates read a message's reasoning under different names; transformers fills in those that are missing. */
function withReasoning(message: ChatMessage): Record<string, unknown> {
  const fields: Record<string, unknown> = message;
  const reasoning = REASONING_FIELDS.map((name) => fields[name]).find((value) => value !== undefined && value !== null);
  if (reasoning === undefined) return fields;
  return withFields({ thinking: reasoning }, fields, { reasoning_content: reasoning });
}

/** The text of a model's chat template and the file that it is in; undefined when it has none. */
export function findTemplate(
  model: string,
  tokenizerConfig: Record<string, unknown>,
): { source: string; file: string } | undefined {
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
