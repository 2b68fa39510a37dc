import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import { keep, scalar, type Tensor, type Tensor2D, tensor2d, tidy, valueAndGrads } from '@tensorflow/tfjs-core';
import { grpoLoss, type LossInputs, type LossOptions } from '../../../src/grpo/loss.ts';
import type { LossSums } from '../../../src/grpo/loss-sums.ts';

type Table = number[][];

export interface Batch {
  logps: Table;
  oldLogps?: Table;
  sampledLogps?: Table;
  refLogps?: Table;
  entropies?: Table;
  slopes?: Table;
  mask: Table;
  advantages: Table;
}

export interface LossResult {
  loss: number;
  gradient: number[];
  entropyGradient: number[];
  sums: Record<keyof LossSums, number>;
  /** Of each token; empty where all learn. */
  learns: number[];
}

export const defaults: LossOptions = {
  lossType: 'grpo',
  epsilon: 0.2,
  epsilonHigh: 0.28,
  delta: null,
  beta: 0,
  useBiasCorrectionKl: false,
  importanceSamplingLevel: 'token',
  maxCompletionLength: 8,
  sapoTemperaturePos: 1,
  sapoTemperatureNeg: 1.05,
  vespoKPos: 2,
  vespoLambdaPos: 3,
  vespoKNeg: 3,
  vespoLambdaNeg: 2,
  topEntropyQuantile: 1,
  offPolicyMaskThreshold: null,
  entropyCoef: 0,
};

/** The loss and its gradients on the reference backend; `whole` is the batch whose part `batch` is. */
export function runLoss(batch: Batch, options: LossOptions, whole = batch): LossResult {
  return tidy(() => {
    const inputs: Record<string, Tensor> = {};
    for (const [name, table] of Object.entries(batch)) inputs[name] = tensor2d(table);
    const { logps, ...constants } = inputs as Record<keyof Batch, Tensor2D>;
    const totalTokens = whole.mask.flat().reduce((sum, m) => sum + m, 0);
    let sums: LossSums | undefined;
    let learns: Tensor | undefined;
    // tfjs refuses to differentiate by what does not reach the loss.
    const differentiated = options.entropyCoef !== 0 && constants.entropies ? [logps, constants.entropies] : [logps];
    const { value, grads } = valueAndGrads((lp: Tensor, entropy?: Tensor) => {
      const given = { ...constants, logps: lp, ...(entropy && { entropies: entropy }) } as LossInputs;
      const result = grpoLoss(
        { ...given, totalRows: scalar(whole.mask.length), totalTokens: scalar(totalTokens) },
        options,
      );
      sums = result.sums;
      learns = result.learns && keep(result.learns);
      for (const each of Object.values(sums)) keep(each);
      return result.loss;
    })(differentiated);
    return {
      loss: value.dataSync()[0]!,
      gradient: [...grads[0]!.dataSync()],
      entropyGradient: [...(grads[1]?.dataSync() ?? [])],
      learns: [...(learns?.dataSync() ?? [])],
      sums: Object.fromEntries(
        Object.entries(sums!).map(([name, each]) => [name, each.dataSync()[0]!]),
      ) as LossResult['sums'],
    };
  });
}

/** Some of the batch's rows. */
export function rowsOf(batch: Batch, start: number, end: number): Batch {
  return Object.fromEntries(
    Object.entries(batch).map(([name, table]) => [name, table.slice(start, end)]),
  ) as unknown as Batch;
}
