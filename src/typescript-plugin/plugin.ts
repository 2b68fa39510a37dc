/**
 * A plugin of TypeScript's server, which VS Code loads into it: it answers what `grpo/rewards` is where the workspace itself has no answer, so
 * that reward files have types and documentation in any folder, without a tsconfig.json or a file of ours. It only names a declaration
 * file; nothing of it runs in a reward.
 */
import { join } from 'node:path';

const MODULE = 'grpo/rewards';

// Of TypeScript's own API, what is used here: https://github.com/microsoft/TypeScript/wiki/Writing-a-Language-Service-Plugin
interface Resolution {
  resolvedModule?: { resolvedFileName: string; extension: string; isExternalLibraryImport: boolean } | undefined;
}
type ResolveModules = (literals: readonly { text: string }[], ...context: unknown[]) => readonly Resolution[];
interface LanguageServiceHost {
  resolveModuleNameLiterals?: ResolveModules;
}
interface PluginContext {
  languageService: object;
  languageServiceHost: LanguageServiceHost;
}

/** `create` is called once for every project of the server, a file without a tsconfig.json included, before its modules are resolved. */
export default function init() {
  return {
    create({ languageService, languageServiceHost: host }: PluginContext): object {
      const resolve = host.resolveModuleNameLiterals?.bind(host);
      if (resolve) host.resolveModuleNameLiterals = withRewards(resolve, join(__dirname, 'grpo-rewards.d.ts'));
      return languageService;
    },
  };
}

/**
 * Resolves modules as before, and `grpo/rewards` to `declarations` where that found nothing. These are a module of their own: should the
 * workspace declare the module itself (`declare module 'grpo/rewards'`), TypeScript prefers that.
 */
export function withRewards(resolve: ResolveModules, declarations: string): ResolveModules {
  const resolvedModule = { resolvedFileName: declarations, extension: '.d.ts', isExternalLibraryImport: true };
  return (literals, ...context) =>
    resolve(literals, ...context).map((resolution, index) =>
      literals[index]!.text === MODULE && !resolution.resolvedModule ? { ...resolution, resolvedModule } : resolution,
    );
}
