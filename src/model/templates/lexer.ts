import { NotSupported, TemplateError } from './errors.ts';
import { unescapeString } from './string-literals.ts';
import { SPACE, trimEnd } from './text.ts';

export type TokenType =
  | 'data'
  | 'variable_begin'
  | 'variable_end'
  | 'block_begin'
  | 'block_end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator'
  | 'eof';

export interface Token {
  type: TokenType;
  /** A string's contents, an operator's characters, a number without underscores. */
  value: string;
  line: number;
}

// As jinja2.lexer has them, with Python's idea of white space.
const BEGIN = new RegExp(`\\{%([-+]?)${SPACE}*raw${SPACE}*(?:-%\\}${SPACE}*|%\\})|(\\{%|\\{\\{|\\{#)([-+]?)`, 'g');
const BLOCK_END = new RegExp(`\\+%\\}|-%\\}${SPACE}*|%\\}\\n?`, 'y');
const VARIABLE_END = new RegExp(`-\\}\\}${SPACE}*|\\}\\}`, 'y');
const COMMENT_END = new RegExp(`\\+#\\}|-#\\}${SPACE}*|#\\}\\n?`, 'g');
const RAW_END = new RegExp(`\\{%([-+]?)${SPACE}*endraw${SPACE}*(?:\\+%\\}|-%\\}${SPACE}*|%\\}\\n?)`, 'g');
const BLANK = new RegExp(`${SPACE}+`, 'y');
const ONLY_BLANK = new RegExp(`^${SPACE}+$`);
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{M}\p{N}\p{Pc}]+/uy;
const STRING = /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/** Splits a template as Jinja2 does with `trim_blocks` and `lstrip_blocks`, which transformers sets. */
export function tokenize(template: string): Token[] {
  return new Lexer(template.replace(/\r\n?/g, '\n').replace(/\n$/, '')).run();
}

class Lexer {
  private readonly source: string;
  private readonly tokens: Token[] = [];
  private position = 0;
  /** Where `line` was last counted to. */
  private counted = 0;
  private line = 1;

  constructor(source: string) {
    this.source = source;
  }

  run(): Token[] {
    while (this.position < this.source.length) this.readText();
    this.push('eof', '', this.source.length);
    return this.tokens;
  }

  /** Text up to the next tag, and that tag. */
  private readText(): void {
    const { source, position } = this;
    BEGIN.lastIndex = position;
    const found = BEGIN.exec(source);
    if (!found) {
      this.push('data', source.slice(position), position);
      this.position = source.length;
      return;
    }
    const [whole, rawSign, begin, sign] = found;
    this.pushText(found.index, rawSign ?? sign!, begin === '{{');
    this.position = found.index + whole.length;
    if (begin === undefined) this.readRaw(found.index);
    else if (begin === '{#') this.readComment(found.index);
    else {
      const kind = begin === '{%' ? 'block' : 'variable';
      this.push(`${kind}_begin`, begin, found.index);
      this.readCode(`${kind}_end`, kind === 'block' ? BLOCK_END : VARIABLE_END);
    }
  }

  /** Text before a tag: "-" takes all white space from its end, a block or comment without "+" what indents the tag. */
  private pushText(end: number, sign: string, beforeVariable: boolean): void {
    const start = this.position;
    let text = this.source.slice(start, end);
    if (sign === '-') text = trimEnd(text);
    else if (sign !== '+' && !beforeVariable) {
      const lineStart = text.lastIndexOf('\n') + 1;
      const atLineStart = lineStart > 0 || start === 0 || this.source[start - 1] === '\n';
      if (atLineStart && ONLY_BLANK.test(text.slice(lineStart))) text = text.slice(0, lineStart);
    }
    this.push('data', text, start);
  }

  private readRaw(at: number): void {
    if (this.position === this.source.length) return;
    RAW_END.lastIndex = this.position;
    const end = RAW_END.exec(this.source);
    if (!end) throw new TemplateError('the "raw" has no end', this.lineOf(at));
    this.pushText(end.index, end[1]!, false);
    this.position = RAW_END.lastIndex;
  }

  private readComment(at: number): void {
    if (this.position === this.source.length) return;
    COMMENT_END.lastIndex = this.position;
    if (!COMMENT_END.test(this.source)) throw new TemplateError('a comment has no end', this.lineOf(at));
    this.position = COMMENT_END.lastIndex;
  }

  /** The inside of a tag. Its end counts only where all brackets are closed. */
  private readCode(endType: TokenType, endPattern: RegExp): void {
    const open: string[] = [];
    while (this.position < this.source.length) {
      const start = this.position;
      if (open.length === 0 && this.take(endPattern) !== undefined) {
        this.push(endType, '', start);
        return;
      }
      if (this.take(BLANK) !== undefined) continue;
      const token = this.readToken(start);
      if (token.type === 'operator') this.balance(token, open);
      this.push(token.type, token.value, start);
    }
  }

  private readToken(start: number): { type: TokenType; value: string } {
    let text = this.take(FLOAT);
    if (text !== undefined) return { type: 'float', value: text.replaceAll('_', '') };
    text = this.take(INTEGER);
    if (text !== undefined) return { type: 'integer', value: text.replaceAll('_', '') };
    text = this.take(NAME);
    if (text !== undefined) {
      // Python normalizes other letters in names.
      if (!/^[A-Za-z_]\w*$/.test(text)) throw new NotSupported(`the name "${text}"`, this.lineOf(start));
      return { type: 'name', value: text };
    }
    text = this.take(STRING);
    if (text !== undefined) return { type: 'string', value: unescapeString(text.slice(1, -1), this.lineOf(start)) };
    text = this.take(OPERATOR);
    if (text !== undefined) return { type: 'operator', value: text };
    throw new TemplateError(`the character ${JSON.stringify(this.source[start])} is unexpected`, this.lineOf(start));
  }

  private balance({ value }: { value: string }, open: string[]): void {
    const closing = CLOSING[value];
    if (closing) open.push(closing);
    else if (/[)\]}]/.test(value) && open.pop() !== value)
      throw new TemplateError(`"${value}" is unexpected`, this.lineOf(this.position));
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.source)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  private push(type: TokenType, value: string, at: number): void {
    if (type !== 'data' || value !== '') this.tokens.push({ type, value, line: this.lineOf(at) });
  }

  private lineOf(position: number): number {
    for (; this.counted < position; this.counted++) if (this.source[this.counted] === '\n') this.line++;
    return this.line;
  }
}
