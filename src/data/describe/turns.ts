/** One turn of a conversation, whichever names the dataset has for its fields. */
export interface Turn {
  role: string;
  content: unknown;
}

/** The fields of a turn: those of chat templates, or those of ShareGPT. */
export interface TurnFields {
  role: 'role' | 'from';
  content: 'content' | 'value';
}

const NAMES: Record<string, string> = { human: 'user', gpt: 'assistant', chatgpt: 'assistant', bot: 'assistant' };

/** How the turns of a list are written; undefined for anything that is no conversation. */
export function turnFields(value: unknown): TurnFields | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const all = (role: string, content: string) =>
    value.every((turn: unknown) => {
      const fields = (turn ?? {}) as Record<string, unknown>;
      return typeof fields === 'object' && typeof fields[role] === 'string' && Object.hasOwn(fields, content);
    });
  if (all('role', 'content')) return { role: 'role', content: 'content' };
  return all('from', 'value') ? { role: 'from', content: 'value' } : undefined;
}

/** The turns of a conversation, ShareGPT's `human` as `user`; undefined for anything else. */
export function turnsOf(value: unknown): Turn[] | undefined {
  const fields = turnFields(value);
  if (!fields) return undefined;
  return (value as Record<string, unknown>[]).map((turn) => {
    const role = String(turn[fields.role]);
    return { role: NAMES[role] ?? role, content: turn[fields.content] };
  });
}
