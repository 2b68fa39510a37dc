import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { integers } from '../../src/data/random.ts';
import { type Draw, mutate } from './mutate.ts';
import { GRPO, type Target } from './subject.ts';
import { type Ended, runWatched } from './watched.ts';

/** What bad input may take until its sentence is there. */
export const REFUSAL_LIMITS = { cpuSeconds: 4, bytes: 500e6 };
/** What anything may take here. */
const LIMITS = { cpuSeconds: 30, seconds: 240, bytes: 1.5e9 };

/** What must never happen. */
export const FAULTS = ['stack', 'killed', 'status', 'lines', 'control', 'slow', 'large'] as const;
export type Fault = (typeof FAULTS)[number];

export interface CaseResult extends Ended {
  case: number;
  group: string;
  command: string;
  /** The file, and how it was spoiled. */
  what: string;
  outcome: 'accepted' | 'failed' | 'refused' | 'ran on';
  faults: Fault[];
}

/** Spoils one file in a copy of the workspace and runs a command that reads it. The same seed and number give the same case. */
export async function runCase(
  workspace: string,
  targets: Target[],
  seed: number,
  number: number,
  keep = false,
): Promise<CaseResult> {
  const next = integers(seed, ['fuzz', number]);
  const draw: Draw = (below) => next() % below;
  const groups = [...new Set(targets.map(({ group }) => group))];
  const group = groups[draw(groups.length)]!;
  const files = targets.filter((target) => target.group === group);
  const target = files[draw(files.length)]!;
  const args = target.commands[draw(target.commands.length)]!;
  const folder = mkdtempSync(join(tmpdir(), 'grpo-fuzz-case-'));
  try {
    cpSync(workspace, folder, { recursive: true });
    const what = spoil(join(folder, target.file), target, draw);
    const ended = await runWatched([GRPO, ...args], folder, LIMITS);
    const command = `grpo ${args.join(' ')}`;
    const judged = judge(ended);
    return { case: number, group, command, what: `${target.file}: ${what}`, ...ended, ...judged };
  } finally {
    if (keep) console.log(`The files are in ${folder}.`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

/** One file in twelve is no file any more; of the others the content changes. */
function spoil(file: string, { content }: Target, draw: Draw): string {
  if (draw(12) > 0) {
    const { bytes, what } = mutate(readFileSync(file), content, draw);
    writeFileSync(file, bytes);
    return what;
  }
  rmSync(file);
  switch (draw(process.platform === 'win32' ? 2 : 4)) {
    case 0:
      return 'removed';
    case 1:
      mkdirSync(file);
      return 'a folder';
    case 2:
      execFileSync('mkfifo', [file]);
      return 'a pipe';
    default:
      symlinkSync('/dev/zero', file);
      return '/dev/zero';
  }
}

function judge(ended: Ended): Pick<CaseResult, 'outcome' | 'faults'> {
  const { status, killed, stderr, stdout, cpuSeconds, peakBytes } = ended;
  const faults = new Set<Fault>();
  if (/^\s+at .+:\d+|Unexpected error|Traceback/m.test(stderr)) faults.add('stack');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there.
  if (/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(stdout + stderr)) faults.add('control');
  // A config may ask for more work than anyone waits for: that is no bad input.
  if (killed === 'time' && /run folder/.test(stderr)) return { outcome: 'ran on', faults: [...faults] };
  if (killed) faults.add('killed');
  else if (status !== 0 && status !== 1 && status !== 2) faults.add('status');
  if (status === 2) {
    if (stderr.trimEnd().split('\n').length !== 1 || stderr.length > 2000) faults.add('lines');
    if ((cpuSeconds ?? 0) > REFUSAL_LIMITS.cpuSeconds) faults.add('slow');
    if ((peakBytes ?? 0) > REFUSAL_LIMITS.bytes) faults.add('large');
  }
  const outcome = status === 0 ? 'accepted' : status === 2 ? 'refused' : 'failed';
  return { outcome, faults: [...faults] };
}
