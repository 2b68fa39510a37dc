import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { realPath } from '../files/real-path.ts';
import type { CompiledReward } from './compile.ts';

/** A reward file as one module with all that it imports but `grpo/rewards`, which runs where nothing can compile it. */
const BUNDLED = '.bundled.mjs';

export const isBundledReward = (file: string): boolean => file.endsWith(BUNDLED);

/** What the bundle of a reward file is called: `sort.bundled.mjs` for sort.reward.ts. */
export const bundledName = (file: string): string => basename(file).replace(/(\.reward)?\.[cm]?[jt]sx?$/, BUNDLED);

/** As `compileReward`, of a file that has been compiled already. */
export function openBundled(file: string, source: string): CompiledReward {
  const entry = pathToFileURL(realPath(file)).href;
  return {
    modules: { entry, modules: { [entry]: { format: 'module', source } }, imports: {} },
    code: source,
    inputs: [file],
  };
}

/**
 * Bundles a TypeScript or JavaScript reward file with the user's modules and the packages that it imports; errors point into the bundle, which is
 * where they can be looked up. Throws BuildFailure.
 */
export async function bundleReward(file: string): Promise<string> {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [file],
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['grpo/rewards'],
    logLevel: 'silent',
    // What CommonJS packages call.
    banner: {
      js: "import { createRequire as __grpo_createRequire } from 'node:module'; const require = __grpo_createRequire(import.meta.url);",
    },
  });
  return result.outputFiles[0]!.text;
}
