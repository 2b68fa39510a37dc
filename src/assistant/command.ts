import { Child } from '../processes/child.ts';

interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Ends it. */
  signal?: AbortSignal;
}

/** What a `grpo` command prints. `script`: `dist/grpo.js`. One that ends with 1 has found something: that is no failure. */
export async function commandText(script: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { signal, ...how } = options;
  signal?.throwIfAborted();
  let said = '';
  const child = new Child({ script, args, ...how }, { onPrint: (text) => (said += text) });
  const kill = () => child.kill();
  signal?.addEventListener('abort', kill);
  const { code, error } = await child.ended;
  signal?.removeEventListener('abort', kill);
  signal?.throwIfAborted();
  if (error || (code !== 0 && code !== 1))
    throw new Error(error?.message ?? (said.trim() || `grpo ${args[0]} failed.`));
  return said.trim();
}
