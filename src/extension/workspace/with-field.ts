import { applyEdits, modify } from 'jsonc-parser';

/** A run config's text with this value in a field; everything else stays as it is, comments too. Undefined removes the field. */
export function withField(text: string, field: string | (string | number)[], value: unknown): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  return applyEdits(text, modify(text, [field].flat(), value, { formattingOptions }));
}
