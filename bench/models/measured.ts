import { readFileSync } from 'node:fs';

/** The ways in which a model is trained, by their names on the command line. */
export const WAYS = {
  int4: { title: 'LoRA, model in 4 bits', lora: 16, quantization: 'int4' },
  lora: { title: 'LoRA', lora: 16, quantization: undefined },
  all: { title: 'all weights', lora: undefined, quantization: undefined },
} as const;
export type Way = keyof typeof WAYS;

/** One training step. */
export interface Measured {
  peakBytes: number;
  seconds: number;
  machine: string;
}

/** What `npm run bench -- models --save` keeps: what the tables of README and docs are made from. */
export interface MeasuredModels {
  /** Of each step: prompts × completions × tokens. */
  work: string;
  models: Record<string, Partial<Record<Way, Measured>>>;
}

export const MEASURED_FILE = 'bench/models/measured.json';

export const readMeasured = (): MeasuredModels => JSON.parse(readFileSync(MEASURED_FILE, 'utf8'));

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
