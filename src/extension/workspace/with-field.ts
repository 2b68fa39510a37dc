import { applyEdits, modify } from 'jsonc-parser';

/** A run config's text with this value in a field; everything else stays as it is, comments too. */
export function withField(text: string, field: 'model' | 'device', value: string): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  return applyEdits(text, modify(text, [field], value, { formattingOptions }));
}
