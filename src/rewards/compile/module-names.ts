import type { CompiledModule } from './module-output.ts';

/** As esbuild writes it. `{ a, b as c }` may go over several lines. */
const IMPORT = /^(import|export) ([^"';]*?) from "([^"\n]+)"/gm;

/** The names that a compiled ES module takes from each of its imports. */
function namesAskedOf(source: string): Map<string, Set<string>> {
  const asked = new Map<string, Set<string>>();
  for (const [, , clause, specifier] of source.matchAll(IMPORT)) {
    const names = asked.get(specifier!) ?? new Set<string>();
    asked.set(specifier!, names);
    const listed = /\{([^}]*)\}/.exec(clause!)?.[1] ?? '';
    for (const item of listed.split(',')) {
      const name = item.trim().split(/\s/)[0]!;
      if (isName(name)) names.add(name);
    }
    const namespace = /\* as ([\w$]+)/.exec(clause!)?.[1];
    if (namespace === undefined) continue;
    const member = new RegExp(`(?<![\\w$.])${namespace.replaceAll('$', '\\$')}\\??\\.([A-Za-z_$][\\w$]*)`, 'g');
    for (const [, name] of source.matchAll(member)) if (isName(name!)) names.add(name!);
  }
  return asked;
}

const isName = (text: string): boolean => /^[A-Za-z_$][\w$]*$/.test(text) && text !== 'default';

type Imports = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * What others ask of each module by name, for those that only know their names when they have run (CommonJS), and for types: where TypeScript
 * passes a type on, `export { Row } from './types'`, the name is left in the JavaScript of the one module, and gone from that of the other.
 */
export function namesAsked(modules: ReadonlyMap<string, CompiledModule>, imports: Imports): Map<string, Set<string>> {
  const asked = new Map<string, Set<string>>();
  for (const [path, { source }] of modules)
    for (const [specifier, names] of namesAskedOf(source)) {
      const target = imports.get(path)?.get(specifier);
      if (target !== undefined && modules.has(target))
        asked.set(target, new Set([...(asked.get(target) ?? []), ...names]));
    }
  return asked;
}

/** Of the names asked of an ES module, those that it does not have; empty where it passes on all that another one has. */
export function namesMissing({ source, exports }: CompiledModule, asked: ReadonlySet<string>): string[] {
  if (/^export \* from /m.test(source)) return [];
  return [...asked].filter((name) => !exports.includes(name));
}
