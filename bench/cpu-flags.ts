import { readFileSync } from 'node:fs';

/** What the processor can do, by Linux' names; empty where the system does not say. */
export function cpuFlags(): string[] {
  try {
    const [, flags = ''] = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return flags.trim().split(' ');
  } catch {
    return [];
  }
}
