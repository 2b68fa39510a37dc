import { TemplateError } from '../model/templates/errors.ts';
import { Template } from '../model/templates/template.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { didYouMean } from '../text/nearest-name.ts';

/**
 * A text of a prompt as a Jinja template over a row's columns: Jinja2's `Environment(trim_blocks=True, lstrip_blocks=True,
 * keep_trailing_newline=True)`, with the filters and functions of transformers' chat templates. Unlike there, a name must be a column and what
 * is printed must be defined: a misspelling would otherwise be a prompt with a gap.
 */
export class PromptTemplate {
  readonly #template: Template;
  readonly #field: string;

  /** `field` is its name in the config, for messages, and `at` its place there. Throws BadInput for a text that Jinja2 does not compile. */
  constructor(source: string, field: string, at: SourceLocation | undefined) {
    this.#field = field;
    try {
      // Jinja2 drops one line feed at the end, which here is part of the prompt: "<think>\n".
      this.#template = new Template(`${source}\n`, { printsUndefined: false });
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new BadInput(`"${field}" is not a valid Jinja template: ${error.message}.`, at);
    }
  }

  /** The columns that it reads. */
  get variables(): string[] {
    return [...this.#template.variables];
  }

  /** Throws BadInput for a name that is none of the columns. */
  requireColumns(names: readonly string[], at: SourceLocation | undefined): void {
    const unknown = this.#template.variables.find((name) => !names.includes(name));
    if (unknown === undefined) return;
    const columns = `it has ${names.join(', ')}`;
    const hint = didYouMean(unknown, names);
    const message = `"${this.#field}" uses "${unknown}", which is not a column of the dataset (${columns}).${hint}`;
    throw new BadInput(message, at);
  }

  /** Throws BadInput at the row for which it fails. */
  render(columns: Record<string, unknown>, row: SourceLocation): string {
    try {
      return this.#template.render(columns);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new BadInput(`"${this.#field}" cannot be rendered for this row: ${error.message}.`, row);
    }
  }
}
