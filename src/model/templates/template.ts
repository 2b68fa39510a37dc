import { type Analysis, analyze } from './analyze.ts';
import { resetBudget } from './budget.ts';
import { TemplateError } from './errors.ts';
import { place } from './evaluate.ts';
import { KNOWN } from './filters.ts';
import { Frame } from './frame.ts';
import { GLOBALS } from './globals.ts';
import type { Statement } from './nodes.ts';
import { parseTemplate } from './parse-statements.ts';
import { undefinedIsPrinted } from './printing.ts';
import { Renderer } from './render.ts';
import { type Dict, fromJson, type Value } from './values.ts';

interface TemplateOptions {
  /** Whether what is undefined is printed as nothing, as Jinja2 does unless told otherwise; false: it is an error. */
  printsUndefined?: boolean;
}

/**
 * A chat template, or one of a prompt. Its text is what transformers 5 gives: Jinja2 3.1 in its sandbox, with `trim_blocks`, `lstrip_blocks`, loop
 * controls, `generation`, `tojson`, `raise_exception` and `strftime_now`. What we do not know how to render alike raises `NotSupported`.
 */
export class Template {
  private readonly body: Statement[];
  private readonly analysis: Analysis;
  private readonly printsUndefined: boolean;

  /** Throws `TemplateError` for a template that Jinja2 would not compile. */
  constructor(source: string, { printsUndefined = true }: TemplateOptions = {}) {
    this.body = guarded(() => parseTemplate(source));
    this.analysis = guarded(() => analyze(this.body, KNOWN));
    this.printsUndefined = printsUndefined;
  }

  /** The names that it takes from its variables, in no order: functions that all templates have are not among them. */
  get variables(): string[] {
    const { root, scopes, callees } = this.analysis;
    const all = [root, ...scopes.values(), ...[...callees.values()].map(({ scope }) => scope)];
    const names = all.flatMap((scope) =>
      [...scope.entries()].flatMap(([name, start]) => (start === 'context' ? name : [])),
    );
    return [...new Set(names)].filter((name) => !Object.hasOwn(GLOBALS, name));
  }

  /** `variables` are JSON: nothing that a template does changes them. Throws `TemplateError`. */
  render(variables: Record<string, unknown>): string {
    resetBudget();
    place.line = 1;
    undefinedIsPrinted(this.printsUndefined);
    try {
      return guarded(() => {
        const context = new Map<string, Value>(Object.entries(GLOBALS));
        for (const [name, value] of (fromJson(variables) as Dict).entries()) context.set(name as string, value);
        const root = new Frame(this.analysis.root, undefined, context);
        return new Renderer(this.analysis).render(this.body, root);
      });
    } catch (error) {
      if (error instanceof TemplateError) error.line ??= place.line;
      throw error;
    }
  }
}

/** An expression can be nested more deeply than JavaScript's stack takes. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TemplateError(/stack/.test(error.message) ? 'it is nested too deeply' : 'it makes too long a text');
  }
}
