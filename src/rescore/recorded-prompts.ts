import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PromptRefused } from '../model/tokenizer/chat-template.ts';
import { promptRenderer, type RenderPrompt } from '../preview/rendered-prompts.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RunInfo } from '../protocol/run-folder.ts';
import { digestFile } from '../run-folder/file-digest.ts';

/** What in a model's folder decides how a chat is written out. */
const TEMPLATE_FILES = ['chat_template.jinja', 'tokenizer_config.json'];

/**
 * Renders prompts as the run's model saw them: with the template and the variables of the run, whatever the config says today. Null where that is not
 * known any more; `onWarning` hears it when it is asked for a chat.
 */
export function recordedRenderer(info: RunInfo, today: RunConfig, onWarning: (message: string) => void): RenderPrompt {
  // A workspace that was moved has it elsewhere.
  const model = existsSync(info.config.model) ? info.config.model : today.model;
  const render = promptRenderer()(model, info.config.chatTemplateKwargs);
  const changed = changedFile(info, model);
  let warned = false;
  const unknown = (why: string): null => {
    if (!warned) onWarning(`${why}: reward functions get no renderedPrompt.`);
    warned = true;
    return null;
  };
  return (prompt) => {
    if (typeof prompt === 'string') return prompt;
    if (changed !== undefined) return unknown(`${changed} has changed since the run was recorded`);
    try {
      return render(prompt) ?? unknown(`The chat template of ${model} cannot be read`);
    } catch (error) {
      if (error instanceof PromptRefused) return unknown(error.message);
      throw error;
    }
  };
}

/** The first of a folder's files with the template that differs; of a .gguf file and of an old run it is not known. */
function changedFile({ inputs }: RunInfo, model: string): string | undefined {
  if (!inputs?.model.some(({ file }) => basename(file) === 'config.json')) return undefined;
  const before = (name: string) => inputs.model.find(({ file }) => basename(file) === name)?.sha256;
  const now = (file: string) => (existsSync(file) ? digestFile(file).sha256 : undefined);
  return TEMPLATE_FILES.map((name) => join(model, name)).find((file) => now(file) !== before(basename(file)));
}
