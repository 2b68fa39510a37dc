import type { JsonObject } from '../../files/json-lines.ts';
import type { MappingProposal } from '../../protocol/dataset-summary.ts';
import type { Finding } from '../../protocol/finding.ts';
import type { PromptMapping } from '../../protocol/inputs-config.ts';
import { own } from '../../text/own.ts';
import { columnNames } from '../shared-columns.ts';
import { answerFindings, answerPath } from './answers.ts';
import { firstUserTurn, isConversation } from './conversation.ts';
import { columnOfPrompt } from './prompt-column.ts';

type Rows = readonly JsonObject[];

/**
 * How these rows could become prompts for a model with a chat template or for one without, and which column has the answer, by the names of
 * the columns and what is in them; with what the user should know of it.
 */
export function proposeMapping(
  rows: Rows,
  { chat }: { chat: boolean },
): { proposal: MappingProposal; findings: Finding[] } {
  const names = columnNames(rows.map((value) => ({ value })));
  const promptColumn = columnOfPrompt(rows, names);
  const others = names.filter((name) => name !== promptColumn);
  const answer = answerPath(rows, others);
  const variables = new Variables();
  const found =
    promptColumn === undefined ? undefined : new PromptProposal(rows, others, variables).from(promptColumn, chat);
  const added = { ...variables.renamed, ...(answer !== null && answer !== 'answer' && { answer }) };
  const columns = Object.keys(added).length > 0 ? added : null;
  const proposal = { prompt: found?.prompt ?? null, columns, promptColumn: promptColumn ?? null, answer };
  return { proposal, findings: [...(found?.findings ?? []), ...answerFindings(rows, answer)] };
}

/** Names of columns in templates: those that are none in Jinja get another one by the config's `columns`. */
class Variables {
  readonly renamed: Record<string, string> = {};

  of(column: string): string {
    if (/^[A-Za-z_]\w*$/.test(column)) return column;
    const name = `_${column}`.replaceAll(/\W+/g, '_').replace(/^_+(?=[A-Za-z])/, '');
    this.renamed[name] = column;
    return name;
  }
}

interface Found {
  prompt: PromptMapping | null;
  findings: Finding[];
}

class PromptProposal {
  readonly #rows: Rows;
  readonly #others: readonly string[];
  readonly #variables: Variables;

  constructor(rows: Rows, others: readonly string[], variables: Variables) {
    this.#rows = rows;
    this.#others = others;
    this.#variables = variables;
  }

  from(column: string, chat: boolean): Found {
    const values = this.#rows.map((row) => own(row, column));
    if (values.some(isConversation)) return this.#fromConversation(column, values, chat);
    if (values.some((value) => typeof value === 'string' && TEMPLATE_TOKENS.test(value)))
      return { prompt: asItIs(column), findings: [hasTemplateTokens(column)] };
    const text = this.#text(column);
    if (chat) return { prompt: { user: text }, findings: [] };
    // As base models have seen questions answered.
    if (/^(question|problem|query)/i.test(column))
      return { prompt: { text: `Question: ${text.trimEnd()}\nAnswer:` }, findings: [] };
    if (text !== `{{ ${column} }}`) return { prompt: { text: `${text.trimEnd()}\n` }, findings: [] };
    return { prompt: asItIs(column), findings: [] };
  }

  /** The text of a prompt that is no conversation, with what other columns have to add to it. */
  #text(column: string): string {
    const variable = this.#variables.of(column);
    const text = `{{ ${variable} }}`;
    // Alpaca's layout: an instruction, and sometimes what it is about.
    const about = this.#others.find((name) => /^(input|context)$/i.test(name));
    if (/^instruction/i.test(column) && about !== undefined)
      return `${text}{% if ${about} %}{{ "\\n\\n" + ${about} }}{% endif %}`;
    // Multiple choice: a list of texts next to the question, and the index of the right one or its letter as the answer.
    const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');
    const choices = this.#others.find((name) => /^(choices|options)$/i.test(name));
    if (choices === undefined || !this.#rows.every((row) => isTexts(own(row, choices)))) return text;
    const isIndex = this.#rows.every((row) => typeof own(row, 'answer') === 'number');
    const mark = isIndex ? '{{ loop.index0 }}' : '{{ "ABCDEFGHIJKLMNOP"[loop.index0] }}';
    return `${text}\n{% for choice in ${choices} %}${mark}. {{ choice }}\n{% endfor %}`;
  }

  #fromConversation(column: string, values: unknown[], chat: boolean): Found {
    const { ends, template, system, several, hasRoles } = firstUserTurn(values, this.#variables.of(column));
    if (!chat) {
      const findings = system === undefined ? [] : [withoutSystem(column)];
      return { prompt: { text: `${template}\n` }, findings };
    }
    if (ends === 'never' && hasRoles) return { prompt: asItIs(column), findings: [] };
    const prompt = { ...(system !== undefined && { system }), user: template };
    return { prompt, findings: ends === 'never' ? [] : [endsWithAnswer(column, ends, several)] };
  }
}

/** Of the chat templates that are in use. */
const TEMPLATE_TOKENS = /<\|[a-z_]+\|>|<start_of_turn>|\[INST\]/;

const hasTemplateTokens = (column: string): Finding => ({
  kind: 'has-template-tokens',
  severity: 'information',
  evidence: `"${column}" has been written with a chat template, so the proposal takes it as it is: it must be that of the model.`,
});

/** `prompt` is what a config without the field takes. */
const asItIs = (column: string): string | null => (column === 'prompt' ? null : column);

const endsWithAnswer = (column: string, ends: 'always' | 'sometimes', several: boolean): Finding => ({
  kind: 'ends-with-answer',
  severity: 'information',
  evidence: `${ends === 'always' ? `"${column}" ends` : `Some rows of "${column}" end`} with the assistant's answer, which must not be in the prompt: the proposal takes the first user turn${several ? ' and none of the later ones' : ''}.`,
});

const withoutSystem = (column: string): Finding => ({
  kind: 'without-system',
  severity: 'information',
  evidence: `"${column}" has system messages. The model has no chat template, so the proposal takes only the user's text.`,
});
