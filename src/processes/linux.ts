import { readdirSync, readFileSync } from 'node:fs';

/** What Linux tells of a process (proc(5), /proc/PID/stat). */
export interface ProcessStat {
  parent: number;
  /** Processor time so far, user and system, in clock ticks. */
  cpuTicks: number;
  /** When it started, in clock ticks since the boot. */
  started: number;
}

/** `ended`: nobody has asked how; in many containers nobody ever does. Undefined where that cannot be seen, or this is not Linux. */
export function statOf(pid: number | string): ProcessStat | 'ended' | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command's name, in parentheses, may hold anything, these and spaces included. The field behind it is the third.
  const fields = ['', '', '', ...stat.slice(stat.lastIndexOf(')') + 2).split(' ')];
  if (fields[3] === 'Z' || fields[3] === 'X') return 'ended';
  if (fields.length <= 22) return undefined;
  const [parent, user, system, started] = [fields[4], fields[14], fields[15], fields[22]].map(Number);
  return { parent: parent!, cpuTicks: user! + system!, started: started! };
}

/** Of all processes that are seen from here. Empty where this is not Linux. */
export function processNumbers(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
