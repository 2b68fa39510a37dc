import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { cpuFlags } from '../../bench/cpu-flags.ts';
import type { Files } from './files.ts';

/** What a case gave, and on what. */
export interface Recording {
  cpu: Cpu;
  onnxruntime: string;
  files: Files;
}

export interface Cpu {
  name: string;
  /** What ONNX Runtime chooses float32 kernels by. */
  kernels: string;
  /** What it has for other number formats, which training on the CPU does not use. */
  others: string;
}

const KERNELS = ['avx', 'avx2', 'fma', 'f16c', 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'asimd', 'sve'];
const OTHERS = ['avx_vnni', 'avx512_vnni', 'avx512_bf16', 'amx_tile', 'amx_int8', 'amx_bf16', 'bf16', 'i8mm'];

/** This machine's; where Linux does not tell what it can do, by its name. */
export function thisCpu(): Cpu {
  const name = cpus()[0]?.model.trim() ?? 'unknown';
  const flags = cpuFlags();
  const having = (features: string[]) => features.filter((feature) => flags.includes(feature));
  const known = flags.length > 0 ? having(KERNELS) : [process.platform, name];
  return { name, kernels: [process.arch, ...known].join(' '), others: having(OTHERS).join(' ') };
}

export function onnxruntimeVersion(): string {
  const text = readFileSync('node_modules/onnxruntime-node/package.json', 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

export const recordingFile = (name: string): string => join('test/recordings/fixtures', `${name}.json`);

export const readRecording = (name: string): Recording => JSON.parse(readFileSync(recordingFile(name), 'utf8'));

/** JSON with a line for each file, and for each row of one, so that git shows what has changed. */
export const formatRecording = (recording: Recording): string => `${format(recording, 4)}\n`;

function format(value: unknown, levels: number): string {
  if (levels === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = Object.entries(value).map(([key, each]) => {
    const text = format(each, levels - 1);
    return Array.isArray(value) ? text : `${JSON.stringify(key)}: ${text}`;
  });
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${inner.join(',\n')}\n${close}`;
}
