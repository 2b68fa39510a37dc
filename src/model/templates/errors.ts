/** Why a template gives no text: it raises an error in Jinja2 too, or its author raised one. */
export class TemplateError extends Error {
  override name = 'TemplateError';
  /** Line of the template, from 1. */
  line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** The template's author refuses what it was given, by `raise_exception`. */
export class Raised extends TemplateError {
  override name = 'Raised';
}

/** Jinja2 may well render this; we do not, and say so instead of giving another text. */
export class NotSupported extends TemplateError {
  override name = 'NotSupported';

  constructor(what: string, line?: number) {
    super(`${what} is not supported here`, line);
  }
}
