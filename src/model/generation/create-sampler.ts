import type { Engine } from '../../engine/engine.ts';
import type { ModelConfig } from '../config.ts';
import type { GenerateOptions } from './ends.ts';
import { ResponseSampler } from './response-sampler.ts';
import { type CompletionSampler, Sampler } from './sampler.ts';

/** The sampler for a model: token after token, or all of a response at once. */
export const createSampler = (engine: Engine, config: ModelConfig, options: GenerateOptions): CompletionSampler =>
  config.positions ? new ResponseSampler(engine, config, options) : new Sampler(engine, config, options);
