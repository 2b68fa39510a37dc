import {
  add,
  cast,
  concat,
  div,
  equal,
  exp,
  expandDims,
  greater,
  log,
  matMul,
  maximum,
  mul,
  neg,
  reshape,
  slice,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { timesSlope } from '../soft-cap.ts';
import { after } from './after.ts';
import { addToColumn } from './column.ts';
import { composedOp } from './fused.ts';
import {
  type Chunk,
  type ChunkSums,
  chunkBounds,
  chunksOf,
  type FiguresOptions,
  type LogitsTerm,
  logitsOf,
  rowsOfWords,
  sumsOf,
  type WordRows,
  widthOf,
} from './vocabulary-chunk.ts';

/**
 * Figures of the distribution that each row of logits is, without the logits: words are taken in chunks, each with exponentials relative to
 * its own largest logit, as flash attention takes keys (arXiv:2205.14135).
 */

/** Columns of the operation's result. Those of each term's weights follow: of the others' their mean, and its like for entropies. */
const [LOG_PROB, ENTROPY, HIT, LARGEST, LOG_ALL, OTHERS, SCALARS] = [0, 1, 2, 3, 4, 5, 6];

type Operation = (inputs: Record<string, Tensor>, options: FiguresOptions) => Tensor;

const operations = new Map<string, Operation>();

/** By its inputs: each term has one matrix, or one for each chunk. */
function operationOf(inputs: string[]): Operation {
  const name = `VocabularyFigures(${inputs})`;
  const known = operations.get(name);
  if (known) return known;
  const operation = composedOp<FiguresOptions>({
    name,
    compose: (inputs, options) => figures(inputs.ids as Tensor1D, termsOf(inputs), options),
    saves: inputs,
    savesOutputs: ['figures'],
    gradient: (dy, saved, options) => gradients(dy as Tensor2D, saved, termsOf(saved), options),
  });
  operations.set(name, operation);
  return operation;
}

const inputsOf = (ids: Tensor1D, terms: readonly LogitsTerm[]): Record<string, Tensor> => ({
  ids,
  ...Object.fromEntries(
    terms.flatMap(({ states, weight }, term) => [
      [`states${term}`, states],
      ...weight.map((rows, part) => [weightName(term, part), rows]),
    ]),
  ),
});

function termsOf(inputs: Record<string, Tensor>): LogitsTerm[] {
  const names = Object.keys(inputs);
  const count = names.filter((name) => name.startsWith('states')).length;
  return Array.from({ length: count }, (_, term) => ({
    states: inputs[`states${term}`] as Tensor2D,
    weight: names
      .filter((name) => name.startsWith(weightName(term, '')))
      .map((name) => inputs[name]) as unknown as WordRows,
  }));
}

const weightName = (term: number, part: number | '') => `weight${term}.${part}`;

function figures(ids: Tensor1D, terms: readonly LogitsTerm[], options: FiguresOptions): Tensor2D {
  const chunks = chunksOf(terms[0]!.weight, ids);
  const parts = chunks.map((chunk) => sumsOf(chunk, terms, options));
  const largest = parts.map((part) => part.largest).reduce((a, b) => maximum(a, b));
  const scales = parts.map((part) => exp(sub(part.largest, largest)));
  const total = (of: (part: ChunkSums, index: number) => Tensor) =>
    parts.map((part, index) => mul(of(part, index), scales[index]!)).reduce((a, b) => add(a, b));

  const others = total((part) => part.others); // [N, 1]
  const all = add(
    others,
    total((part) => part.own),
  );
  const logAll = log(all);
  const shifts = parts.map((part) => sub(part.largest, add(largest, logAll)));
  const ownLogit = parts.map((part): Tensor => part.ownLogit).reduce((a, b) => add(a, b));
  const logProb = sub(sub(ownLogit, largest), logAll);
  const zero = zerosLike(all);
  const entropy =
    options.entropies === 'none'
      ? zero
      : neg(
          div(
            total(({ logarithms, others, own }, i) => add(logarithms!, mul(add(others, own), shifts[i]!))),
            all,
          ),
        );
  const means = !options.gradients
    ? []
    : terms.flatMap((_, term) => {
        const mean = div(
          total((part) => part[`weights${term}`]!),
          all,
        );
        if (options.entropies !== 'learned') return [mean];
        const logarithms = total((part, i) =>
          add(part[`logarithms${term}`]!, mul(part[`weights${term}`]!, add(shifts[i]!, entropy))),
        );
        return [mean, div(logarithms, all)];
      });
  const hit = options.hits ? cast(equal(likeliest(parts), expandDims(cast(ids, 'float32'), 1)), 'float32') : zero;
  return concat([logProb, entropy, hit, largest, logAll, div(others, all), ...means], 1) as Tensor2D;
}

/** The first of the likeliest words, as `argMax` gives it. */
function likeliest([first, ...rest]: readonly ChunkSums[]): Tensor {
  let [largest, word]: Tensor[] = [first!.largest, first!.likeliest!];
  for (const part of rest) {
    word = where(greater(part.largest, largest!), part.likeliest!, word!);
    largest = maximum(part.largest, largest!);
  }
  return word!;
}

/** By the states no logits are needed, only the means that the forward pass gave. */
function gradients(
  dy: Tensor2D,
  saved: Record<string, Tensor>,
  terms: readonly LogitsTerm[],
  options: FiguresOptions,
): Record<string, () => Tensor> {
  const result = saved.figures as Tensor2D;
  const ids = saved.ids as Tensor1D;
  const { cap } = options;
  const learned = options.entropies === 'learned';
  const [logProb, entropy] = [columns(result, LOG_PROB), columns(result, ENTROPY)];
  const [byLogProb, byEntropy] = [columns(dy, LOG_PROB), columns(dy, ENTROPY)];
  const none = () => {
    throw new Error('ids have no gradient');
  };
  const widths = terms.flatMap(({ weight }) => Array<number>(learned ? 2 : 1).fill(widthOf(weight)));
  const means = (index: number) =>
    columns(result, SCALARS + widths.slice(0, index).reduce((a, b) => a + b, 0), widths[index]!);

  const ownLogit = () => add(logProb, add(columns(result, LARGEST), columns(result, LOG_ALL)));
  const byStates = (term: number) => {
    const weight = rowsOfWords(terms[term]!.weight, ids); // [N, K]
    const own = cap === undefined ? weight : timesSlope(weight, ownLogit(), cap);
    const others = columns(result, OTHERS); // not 1 − exp(logProb), which rounding would make 0 first
    const direct = mul(byLogProb, sub(mul(own, others), means(learned ? 2 * term : term)));
    if (!learned) return direct;
    const ownPart = mul(own, mul(exp(logProb), add(logProb, entropy)));
    return sub(direct, mul(byEntropy, add(means(2 * term + 1), ownPart)));
  };
  /** Of the rows of one chunk, whose logits are computed a second time. */
  const byRows = (term: number, part: number): Tensor =>
    tidy(() => {
      const again = terms.map(({ states, weight }) => ({
        states: after(states, dy),
        weight: weight.map((rows) => after(rows, dy)) as unknown as WordRows,
      }));
      const chunk = chunksOf(again[term]!.weight, ids)[part]!;
      return matMul(byLogits(chunk, again), again[term]!.states, true, false);
    });
  const byWeight = (term: number): [string, () => Tensor][] => {
    const { weight } = terms[term]!;
    const whole = () =>
      concat(
        chunkBounds(weight[0].shape[0]).map((_, part) => byRows(term, part)),
        0,
      );
    return weight.map((_, part) => [weightName(term, part), weight.length === 1 ? whole : () => byRows(term, part)]);
  };
  /** [N, words]. */
  const byLogits = (chunk: Chunk, again: readonly LogitsTerm[]): Tensor2D => {
    const logits = logitsOf(again, chunk, cap);
    const logProbs = sub(sub(logits, columns(result, LARGEST)), columns(result, LOG_ALL));
    const slopes = learned ? add(byLogProb, mul(byEntropy, add(logProbs, entropy))) : byLogProb;
    const spread = neg(mul(exp(logProbs), slopes)) as Tensor2D;
    return timesSlope(addToColumn(spread, chunk.columns, mul(byLogProb, chunk.isHere) as Tensor2D), logits, cap);
  };
  return {
    ids: none,
    ...Object.fromEntries(terms.flatMap((_, term) => [[`states${term}`, () => byStates(term)], ...byWeight(term)])),
  };
}

const columns = (x: Tensor2D, from: number, count = 1): Tensor2D => slice(x, [0, from], [-1, count]);

export interface VocabularyFigures {
  /** log softmax(logits)[n, ids[n]]; entropies in nats; 1 where the word is the likeliest, else 0: [N] each. */
  logProbs: Tensor1D;
  entropies?: Tensor1D;
  hits?: Tensor1D;
}

/** Of logits that are the sum of one or two terms [N, words]; ids int32 [N]. */
export function vocabularyFigures(
  terms: readonly LogitsTerm[],
  ids: Tensor1D,
  options: FiguresOptions,
): VocabularyFigures {
  const inputs = inputsOf(ids, terms);
  const result = operationOf(Object.keys(inputs))(inputs, options) as Tensor2D;
  const column = (index: number) => reshape(columns(result, index), [ids.shape[0]]) as Tensor1D;
  return {
    logProbs: column(LOG_PROB),
    ...(options.entropies !== 'none' && { entropies: column(ENTROPY) }),
    ...(options.hits && { hits: column(HIT) }),
  };
}
