/** A value as Python source code writes it. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | PythonValue[]
  | { [key: string]: PythonValue }
  | PythonCode;

/** An expression that stands as it is. */
export class PythonCode {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

export function python(value: PythonValue): string {
  if (value instanceof PythonCode) return value.code;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  // JSON's escapes are Python's, but for those outside the 16-bit plane, which it leaves as they are.
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${python(member)}`);
  return `{${members.join(', ')}}`;
}
