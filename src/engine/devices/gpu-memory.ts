import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

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
  try {
    const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
    const lines = execFileSync('nvidia-smi', query, { encoding: 'utf8', timeout: 10_000, stdio: 'pipe' }).trim();
    return lines.split('\n').flatMap((line) => {
      const [, name, mebibytes] = /^(.*), (\d+)$/.exec(line.trim()) ?? [];
      return name ? { name, bytes: Number(mebibytes) * 2 ** 20 } : [];
    });
  } catch {
    return []; // no NVIDIA driver
  }
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
