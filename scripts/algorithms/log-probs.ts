import { div, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { pickLogProb } from '../../src/engine/fused/pick-log-prob.ts';
import type { Parameters } from '../../src/model/network/decoder.ts';
import { type PlacesInResponses, responseLogits } from '../../src/model/network/positions.ts';
import { model, TEMPERATURE } from './task.ts';

/** Of tokens, [tokens], under a policy. */
export const logProbs = (params: Parameters, { places, ids }: { places: PlacesInResponses; ids: Tensor }): Tensor1D =>
  pickLogProb(div(responseLogits(params, model, places), TEMPERATURE), ids as Tensor1D);
