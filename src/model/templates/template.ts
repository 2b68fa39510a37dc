import { type Analysis, analyze } from './analyze.ts';
import { resetBudget } from './budget.ts';
import { TemplateError } from './errors.ts';
import { place } from './evaluate.ts';
import { KNOWN } from './filters.ts';
import { Frame } from './frame.ts';
import { GLOBALS } from './globals.ts';
import type { Statement } from './nodes.ts';
import { parseTemplate } from './parse-statements.ts';
import { Renderer } from './render.ts';
import { type Dict, fromJson, type Value } from './values.ts';

/**
 * A chat template. Its text is what transformers 5 gives: Jinja2 3.1 in its sandbox, with `trim_blocks`, `lstrip_blocks`, loop controls,
 * `generation`, `tojson`, `raise_exception` and `strftime_now`. What we do not know how to render alike raises `NotSupported`.
 */
export class Template {
  private readonly body: Statement[];
  private readonly analysis: Analysis;

  /** Throws `TemplateError` for a template that Jinja2 would not compile. */
  constructor(source: string) {
    this.body = guarded(() => parseTemplate(source));
    this.analysis = guarded(() => analyze(this.body, KNOWN));
  }

  /** `variables` are JSON: nothing that a template does changes them. Throws `TemplateError`. */
  render(variables: Record<string, unknown>): string {
    resetBudget();
    place.line = 1;
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
