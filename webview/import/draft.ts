import type { DatasetSummary, RowMapping } from '../../src/protocol/dataset-summary.ts';

export const KINDS = ['chat', 'text', 'column'] as const;
export type Kind = (typeof KINDS)[number];

/** The form's fields. Those of the kinds that are not chosen wait for their turn. */
export interface Draft {
  kind: Kind;
  system: string;
  user: string;
  prefill: string;
  text: string;
  column: string;
  /** A column or a path into one; '' for none. */
  answer: string;
  /** Other columns that the mapping adds. */
  added: Record<string, string>;
}

/** The form for what a dataset is looked at with. */
export function draftOf({ mapping, proposal, columns }: DatasetSummary): Draft {
  const { prompt } = mapping;
  const { answer: renamed, ...added } = mapping.columns ?? {};
  const column = proposal.promptColumn ?? columns[0]?.name ?? '';
  const isList = columns.find(({ name }) => name === column)?.type.startsWith('chat messages') ?? false;
  const whole = isList ? `{{ ${column}[0].content }}` : `{{ ${column} }}`;
  const fields: Draft = {
    ...{ kind: 'column', system: '', user: whole, prefill: '', text: whole, column, added },
    answer: renamed ?? (columns.some(({ name }) => name === 'answer') ? 'answer' : ''),
  };
  if (prompt === null) return { ...fields, column: 'prompt' };
  if (typeof prompt === 'string') return { ...fields, column: prompt };
  if ('text' in prompt) return { ...fields, kind: 'text', text: prompt.text };
  const { system = '', user, prefill = '' } = prompt;
  return { ...fields, kind: 'chat', system, user, prefill };
}

/** What the form says, as the run config has it. */
export function mappingOf({ kind, system, user, prefill, text, column, answer, added }: Draft): RowMapping {
  const columns = { ...added, ...(answer !== '' && answer !== 'answer' && { answer }) };
  const prompt = {
    column: column === 'prompt' ? null : column,
    text: { text },
    chat: { ...(system !== '' && { system }), user, ...(prefill !== '' && { prefill }) },
  };
  return { prompt: prompt[kind], columns: Object.keys(columns).length > 0 ? columns : null };
}
