import { readJsonLines } from '../files/json-lines.ts';
import type { Sequence } from '../model/network/batch.ts';
import { Scorer } from '../model/network/scorer.ts';
import { checkLogProb } from '../model/not-finite.ts';
import type { CommandOf } from './commands.ts';
import { checkFits, checkKnown, readCompletionIds, readPromptRow } from './model-rows.ts';
import { type OpenModel, openModel } from './open-model.ts';
import { print, printJson } from './output.ts';

/** `grpo logprobs`: log-probability of every completion token at temperature 1, one line per row of the file. */
export async function logprobsCommand({ json, ...options }: CommandOf<'logprobs'>): Promise<number> {
  const model = await openModel(options.model, options);
  const sequences = readSequences(options.file, model);
  // Attention pads those that are scored together to the longest.
  const byLength = [...sequences.keys()].sort((a, b) => lengthOf(sequences[a]!) - lengthOf(sequences[b]!));
  const scorer = new Scorer(model.engine, model.config, 1);
  const scored = await scorer.logProbs(
    model.weights,
    byLength.map((index) => sequences[index]!),
  );
  scored.flat().forEach(checkLogProb);
  const results: number[][] = [];
  for (const [place, index] of byLength.entries()) results[index] = scored[place]!;
  for (const row of results) json ? printJson({ logprobs: row }) : print(describe(row));
  return 0;
}

function readSequences(file: string, model: OpenModel): Sequence[] {
  const { config } = model;
  return readJsonLines(file, 'file').map((line) => {
    const row = readPromptRow(line, file, model);
    const completionIds = readCompletionIds(line, file, model);
    checkKnown([...row.promptIds, ...completionIds], config, row.at);
    checkFits(row, completionIds.length, `the completion's ${completionIds.length}`, config);
    return { promptIds: row.promptIds, completionIds };
  });
}

const lengthOf = ({ promptIds, completionIds }: Sequence): number => promptIds.length + completionIds.length;

function describe(logProbs: number[]): string {
  const sum = logProbs.reduce((total, logProb) => total + logProb, 0);
  const mean = logProbs.length > 0 ? `, ${(sum / logProbs.length).toFixed(4)} per token` : '';
  return `${logProbs.length} tokens, log-probability ${sum.toFixed(4)}${mean}`;
}
