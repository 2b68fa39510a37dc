import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { processNumbers, statOf } from './linux.ts';

/** Which process it is among all that were and will be. What is optional is known on Linux only, and not of earlier releases' processes. */
export interface ProcessIdentity {
  pid: number;
  host: string;
  /** The machine's id, which stays. */
  machine?: string;
  /** The boot's id: containers on one kernel share it. */
  boot?: string;
  /** The PID namespace: each container has its own, in which numbers begin with 1. */
  namespace?: string;
  /** When the process started, in clock ticks since the boot: of two processes with one number, only one has it. */
  started?: number;
}

/** `unknown`: in another container, or on another machine, from where it cannot be seen. */
export type ProcessFate = 'alive' | 'gone' | 'unknown';

/** The namespace of processes that are in no container; the number is the kernel's (PROC_PID_INIT_INO). */
const OUTERMOST = 'pid:[4026531836]';

export function thisProcess(): ProcessIdentity {
  const { pid } = process;
  const known = {
    // Empty in many images of containers.
    machine: attempt(() => readFileSync('/etc/machine-id', 'utf8').trim()) || undefined,
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
    started: startOf(pid),
  };
  return {
    pid,
    host: hostname(),
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
  };
}

/** Whether it has the number of this process and is it, as far as that can be determined; an earlier release's may be whoever had the number before. */
export function isThisProcess({ pid, host, boot, namespace, started }: ProcessIdentity): boolean {
  const me = thisProcess();
  if (pid !== me.pid) return false;
  return boot === undefined
    ? host === me.host
    : boot === me.boot && namespace === me.namespace && started === me.started;
}

/** Whether that process is still there, as far as that can be determined. */
export function fateOf(other: ProcessIdentity, me: ProcessIdentity = thisProcess()): ProcessFate {
  if (other.boot === undefined || me.boot === undefined) {
    if (other.host !== me.host) return 'unknown';
    return hasNumber(other.pid) ? 'alive' : 'gone';
  }
  if (other.boot === me.boot) return fateOnThisKernel(other, me);
  // The machine was started again since; of a container, host name and machine id may be those of another one elsewhere.
  const sameMachine = other.host === me.host && other.machine !== undefined && other.machine === me.machine;
  return sameMachine && other.namespace === OUTERMOST && me.namespace === OUTERMOST ? 'gone' : 'unknown';
}

function fateOnThisKernel(other: ProcessIdentity, me: ProcessIdentity): ProcessFate {
  const { pid, namespace, started } = other;
  if (namespace === me.namespace) {
    const now = startOf(pid);
    if (now !== undefined && started !== undefined) return now === started ? 'alive' : 'gone';
    // Processes of others may be hidden.
    return hasNumber(pid) ? 'alive' : 'gone';
  }
  // From outside all containers every process is seen, under another number.
  if (me.namespace !== OUTERMOST || startOf(1) === undefined || started === undefined) return 'unknown';
  return processNumbers().some((number) => startOf(number) === started && numberInside(number) === pid)
    ? 'alive'
    : 'gone';
}

/** In clock ticks since the boot; of a process that has ended, none that a living one has. */
function startOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat === 'ended' ? -1 : stat?.started;
}

/** A process's number in its own namespace. */
function numberInside(pid: number): number | undefined {
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8'));
  const numbers = status && /^NSpid:(.*)$/m.exec(status)?.[1];
  return numbers ? Number(numbers.trim().split(/\s+/).at(-1)) : undefined;
}

function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
