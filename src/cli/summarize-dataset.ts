import { describeColumns, fullWords, valueWords } from '../data/describe/columns.ts';
import { lengthFindings } from '../data/describe/hints.ts';
import { describeLengths } from '../data/describe/lengths.ts';
import { proposeMapping } from '../data/describe/proposal.ts';
import { countRows } from '../data/readers/count-rows.ts';
import { type RawRow, readRows } from '../data/readers/read-rows.ts';
import { type MappedRow, type MappingContext, rowMapping } from '../data/row-mapping.ts';
import { datasetFiles } from '../files/dataset-files.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { refusedAt } from '../model/tokenizer/refused-at.ts';
import { loadTokenizer, type Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { DatasetSummary, RowMapping, ShownPrompt } from '../protocol/dataset-summary.ts';
import { BadInput, type Problem, type SourceLocation } from '../protocol/errors.ts';
import type { Finding } from '../protocol/finding.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { ExactJson } from '../text/exact-json.ts';
import { plainPrompts } from '../trainer/prompt-findings.ts';

export interface DatasetToSummarize extends Partial<RowMapping> {
  /** Files, patterns and folders. */
  named: string | string[];
  at?: SourceLocation | undefined;
  /** Rows to look at, from the beginning. */
  most: number;
  placeOf?: MappingContext['placeOf'];
  /** A Hugging Face folder or a .gguf file. */
  model: string | undefined;
  templateVariables: Record<string, unknown>;
}

const SHOWN_PROMPTS = 3;
const EXAMPLES = 20;
/** Examples are for types and samples: more text than this does not help. */
const EXAMPLES_LENGTH = 200_000;
/** Tokenizing stops after this: the distribution is that of the prompts until then. */
const COUNTING_SECONDS = 5;

/** Looks at a dataset's first rows. Throws BadInput where they, or the model, cannot be read; a row that gives no prompt is the summary's `problem`. */
export async function summarizeDataset(wanted: DatasetToSummarize): Promise<DatasetSummary> {
  const files = datasetFiles(wanted.named);
  // One more, to know whether there are more.
  const notes: Finding[] = [];
  const onNote = (evidence: string) => void notes.push({ kind: 'column-note', severity: 'information', evidence });
  const read = await readRows(files, { what: 'dataset', at: wanted.at, most: wanted.most + 1, onNote });
  const rows = read.slice(0, wanted.most);
  const values = rows.map(({ value }) => value);
  const model = wanted.model === undefined ? undefined : openModel(wanted.model);
  // Most models that are trained on rewards are chat models.
  const isChat = model?.tokenizer.hasChatTemplate ?? true;
  const { proposal, findings } = proposeMapping(values, { chat: isChat });
  const { prompt = proposal.prompt, columns = proposal.columns } = wanted;
  const isNamed = wanted.prompt !== undefined || proposal.promptColumn !== null;
  const { mapped, problem } = isNamed
    ? mapRows(rows, { prompt, columns }, { placeOf: wanted.placeOf, isChat: () => isChat })
    : noMapping;
  const plain = model && plainPrompts(mapped.slice(0, SHOWN_PROMPTS), model.tokenizer, prompt);
  const seen = seePrompts(mapped, model?.tokenizer, wanted.templateVariables);
  return {
    files,
    rows: { read: rows.length, total: read.length > rows.length ? await countRows(files, 'dataset') : rows.length },
    columns: describeColumns(values),
    proposal,
    mapping: { prompt, columns },
    model: model ? { path: wanted.model!, chat: model.tokenizer.hasChatTemplate, context: model.context } : null,
    prompts: seen.prompts,
    lengths: seen.lengths,
    findings: [
      ...(isNamed ? [] : [noPromptColumn]),
      ...notes,
      ...findings,
      ...(plain ? [plain] : []),
      ...(seen.lengths && model ? lengthFindings(seen.lengths, model.context) : []),
    ],
    problem: problem ?? seen.problem,
    examples: examples(mapped),
  };
}

const noPromptColumn: Finding = {
  kind: 'no-prompt-column',
  severity: 'warning',
  evidence:
    'No column looks like the prompt: name one, or write a template over the columns ("prompt" in the run config).',
};

function openModel(model: string): { tokenizer: Tokenizer; context: number } {
  const { maxPositionEmbeddings } = readModelConfig(model);
  return { tokenizer: loadTokenizer(model), context: maxPositionEmbeddings };
}

interface LocatedRow extends MappedRow {
  at: SourceLocation;
}

/** The rows up to the first one that gives no prompt. */
function mapRows(
  rows: RawRow[],
  mapping: RowMapping,
  context: MappingContext,
): { mapped: LocatedRow[]; problem: Problem | null } {
  const mapped: LocatedRow[] = [];
  try {
    const toPrompt = rowMapping(rows, mapping, context);
    for (const row of rows) mapped.push({ ...toPrompt(row), at: row.at });
    return { mapped, problem: null };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { mapped, problem: error.problem };
  }
}

const noMapping = { mapped: [], problem: null };

interface SeenPrompts extends Pick<DatasetSummary, 'prompts' | 'lengths' | 'problem'> {}

/** What the model would see: the first prompts, and how long all of them are. */
function seePrompts(
  rows: LocatedRow[],
  tokenizer: Tokenizer | undefined,
  variables: Record<string, unknown>,
): SeenPrompts {
  const prompts: ShownPrompt[] = [];
  const lengths: number[] = [];
  const end = performance.now() + 1000 * COUNTING_SECONDS;
  const seen = (problem: Problem | null): SeenPrompts => {
    return { prompts, lengths: describeLengths(lengths, tokenizer ? 'tokens' : 'characters'), problem };
  };
  for (const { prompt, columns, at } of rows) {
    if (performance.now() > end && prompts.length === SHOWN_PROMPTS) break;
    const answer = columns.answer === undefined ? null : valueWords(plain(columns.answer));
    try {
      const { text, tokens } = seenBy(tokenizer, prompt, variables, at);
      lengths.push(tokens ?? text.length);
      if (prompts.length < SHOWN_PROMPTS) prompts.push({ text, tokens, answer });
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      return seen(error.problem);
    }
  }
  return seen(null);
}

const plain = (value: unknown): unknown => (value instanceof ExactJson ? value.value : value);

/** Without a model, a chat is shown a message a line. */
function seenBy(
  tokenizer: Tokenizer | undefined,
  prompt: Prompt,
  variables: Record<string, unknown>,
  at: SourceLocation,
): { text: string; tokens: number | null } {
  if (!tokenizer) return { text: fullWords(prompt), tokens: null };
  const { text, ids } = refusedAt(at, () => tokenizer.encodePrompt(prompt, { variables }));
  if (typeof prompt !== 'string') return { text, tokens: ids.length };
  // The tokens that the tokenizer adds, such as BOS, are in no text.
  const added = ids.length - tokenizer.encode(text, { addSpecialTokens: false }).length;
  return { text: tokenizer.decode(ids.slice(0, added)) + text, tokens: ids.length };
}

function examples(rows: LocatedRow[]): Record<string, unknown>[] {
  const taken: Record<string, unknown>[] = [];
  let length = 0;
  for (const { prompt, columns } of rows.slice(0, EXAMPLES)) {
    const example = { prompt, ...columns };
    length += JSON.stringify(example).length;
    if (length > EXAMPLES_LENGTH && taken.length > 0) break;
    taken.push(example);
  }
  return taken;
}
