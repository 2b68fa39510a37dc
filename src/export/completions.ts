import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { BadInput } from '../protocol/errors.ts';
import { rememberExact, withFields } from '../text/exact-json.ts';
import { CompletionColumns } from './completion-columns.ts';
import { writeOutput } from './output-file.ts';
import { linesOf, type RecordedFile } from './recorded-lines.ts';
import { writePieces } from './text-writer.ts';

/** A row group is held in memory: this many characters of JSON, or this many rows. */
const GROUP_CHARACTERS = 16e6;
const GROUP_ROWS = 20_000;

const TOKENS = /^"logprobs":\[[^\]]*/;
const ENDS = /"token_ends":\[[^\]]*/;

/** Called before each file is read: how many of how many are done. */
export type OnFile = (done: number, of: number) => void;

/** Writes recorded completions in the format that the file's name asks for. */
export async function exportCompletions(target: string, files: readonly RecordedFile[], onFile: OnFile): Promise<void> {
  if (/\.jsonl$/i.test(target))
    return writeOutput(target, (file) => writePieces(file, jsonLines(counted(files, onFile, files.length, 0))));
  if (!/\.parquet$/i.test(target)) throw new BadInput('--completions must name a .jsonl or a .parquet file.');
  return writeOutput(target, (file) => writeParquet(file, files, onFile));
}

/** As they were recorded, to the letter, with the run and the split in front. */
function* jsonLines(files: Iterable<RecordedFile>): Generator<string> {
  for (const file of files) {
    const { run, split } = file;
    const front = `{"run":${JSON.stringify(run.label)},"split":${JSON.stringify(split)},`;
    for (const line of linesOf(file)) yield `${front}${line.trimStart().slice(1)}\n`;
  }
}

/** In two passes: what types the columns have is only known after all rows. */
async function writeParquet(target: string, files: readonly RecordedFile[], onFile: OnFile): Promise<void> {
  const columns = new CompletionColumns();
  for (const file of counted(files, onFile, files.length * 2, 0))
    for (const line of linesOf(file)) columns.see(rowOf(file, line));

  const writer = fileWriter(target);
  const parquet = new ParquetWriter({ writer, schema: columns.schema, createdBy: 'grpo-lab' });
  let rows: object[] = [];
  let characters = 0;
  const flush = async () => {
    try {
      await parquet.write({ columnData: columns.dataOf(rows), rowGroupSize: GROUP_ROWS });
    } catch (error) {
      throw refusal(error);
    }
    rows = [];
    characters = 0;
  };
  for (const file of counted(files, onFile, files.length * 2, files.length))
    for (const line of linesOf(file)) {
      rows.push(rowOf(file, line));
      characters += line.length;
      if (characters >= GROUP_CHARACTERS || rows.length === GROUP_ROWS) await flush();
    }
  if (rows.length > 0) await flush();
  await parquet.finish();
}

/** What the format says of a value that is not of its column's type: someone has edited a file. */
function refusal(error: unknown): unknown {
  const { message } = error as Error;
  if (!message.startsWith('parquet ')) return error;
  return new BadInput(`These completions cannot be written as Parquet (${message}); write a .jsonl file.`);
}

function rowOf({ run, split }: RecordedFile, line: string): object {
  const row = JSON.parse(line) as object;
  rememberExact(withoutTokens(line), row);
  return withFields({ run: run.label, split }, row, {});
}

/** How a row's columns are written matters; how numbers of its tokens are does not, and they are most of the row. */
function withoutTokens(line: string): string {
  const last = line.lastIndexOf('"logprobs":[');
  const back = line.slice(last).replace(TOKENS, '"logprobs":[').replace(ENDS, '"token_ends":[');
  const front = last < 0 ? line : `${line.slice(0, last)}${back}`;
  return front.replace(/("prompt_ids":)\[[\d,]*/, '$1[').replace(/("completion_ids":)\[[\d,]*/, '$1[');
}

function* counted(files: readonly RecordedFile[], onFile: OnFile, of: number, before: number): Generator<RecordedFile> {
  for (const [index, file] of files.entries()) {
    onFile(before + index, of);
    yield file;
  }
}
