/**
 * glibc's malloc keeps what it took for arrays of up to 32 MB, and much of it lies between others that are still in use: after one phase of
 * a step, the packed weights of a model in 4 bits have left behind as much memory as they took. With this in its environment, a process
 * returns what is larger than a megabyte to the system as soon as it is freed. glibc reads it when a process starts; others ignore it.
 */
const NAME = 'MALLOC_MMAP_THRESHOLD_';
const BYTES = String(2 ** 20);

/** For a process that trains; what its user has set stays. */
export const trainerEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ [NAME]: BYTES, ...env });

/**
 * Makes this process one that returns freed memory, by starting its program again in its place where that is possible: under Linux, from
 * Node 22.15 on. Not where a host listens, whose channel would be lost.
 */
export function restartReturningMemory(): void {
  const { execve } = process as { execve?: (file: string, args: string[], env: NodeJS.ProcessEnv) => never };
  const isSet = process.env[NAME] !== undefined;
  // What this process starts is for others to configure.
  if (process.env[NAME] === BYTES) delete process.env[NAME];
  if (isSet || process.platform !== 'linux' || execve === undefined || process.send) return;
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  execve(process.execPath, args, trainerEnvironment(process.env));
}
