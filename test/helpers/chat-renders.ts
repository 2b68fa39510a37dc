import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadChatTemplate } from '../../src/model/tokenizer/chat-template.ts';
import { BadInput } from '../../src/protocol/errors.ts';
import type { ChatMessage } from '../../src/protocol/rewards.ts';

/** What Jinja2 makes of a template; without a text, it raised. */
export interface Rendered {
  text?: string;
  error?: string;
}

/** What test/references/chat_templates.py writes: results[template][conversation][setting]. */
export interface Chats {
  templates: Record<string, string>;
  conversations: Record<string, ChatMessage[]>;
  settings: Record<string, unknown>[];
  tokens: Record<string, string>;
  results: Record<string, Record<string, Rendered[]>>;
}

/** Renders all of a template's conversations by the model's code, and says where that is not what transformers gives. */
export function differences(chats: Chats, name: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-template-'));
  try {
    writeFileSync(join(folder, 'chat_template.jinja'), chats.templates[name]!);
    const render = loadChatTemplate(folder, {})!;
    return Object.entries(chats.results[name]!).flatMap(([conversation, results]) =>
      results.flatMap((expected, index) => {
        const variables = { ...chats.settings[index], ...chats.tokens };
        const ours = attempt(() => render(chats.conversations[conversation]!, variables));
        const same = expected.text === undefined ? ours.text === undefined : ours.text === expected.text;
        return same ? [] : [`${name}, ${conversation}, setting ${index}: ${describe(ours)}, but ${describe(expected)}`];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function attempt(render: () => string): Rendered {
  try {
    return { text: render() };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { error: error.message };
  }
}

function describe({ text, error }: Rendered): string {
  return text === undefined ? `refused (${error})` : JSON.stringify(text);
}
