import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { outputNow } from '../../processes/output-of.ts';

/** A GPU whose memory size is known. */
export interface GpuMemory {
  /** Its name in its driver. */
  name: string;
  bytes: number;
}

/** The GPU with the most memory of those whose drivers report it (NVIDIA's everywhere, AMD's on Linux, Apple's): WebGPU does not. */
export function gpuMemory(): GpuMemory | undefined {
  if (process.platform === 'darwin') return { name: 'Apple GPU', bytes: totalmem() };
  return [...nvidiaMemory(), ...amdMemory()].sort((a, b) => b.bytes - a.bytes)[0];
}

function nvidiaMemory(): GpuMemory[] {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
  const lines = outputNow('nvidia-smi', query, 10) ?? ''; // no NVIDIA driver
  return lines.split('\n').flatMap((line) => {
    const [, name, mebibytes] = /^(.*), (\d+)$/.exec(line.trim()) ?? [];
    return name ? [{ name, bytes: Number(mebibytes) * 2 ** 20 }] : [];
  });
}

function amdMemory(): GpuMemory[] {
  const cards = '/sys/class/drm';
  try {
    return readdirSync(cards).flatMap((card) => {
      try {
        const bytes = Number(readFileSync(join(cards, card, 'device/mem_info_vram_total'), 'utf8'));
        return { name: `AMD GPU ${card}`, bytes };
      } catch {
        return []; // a connector, or another vendor's card
      }
    });
  } catch {
    return []; // not Linux
  }
}
