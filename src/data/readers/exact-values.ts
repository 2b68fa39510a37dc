import type { JsonObject } from '../../files/json-lines.ts';
import { ExactJson, rememberNumbers } from '../../text/exact-json.ts';

/** A float as JSON has it: Python's json reads 5 as an int, 5.0 as a float, and 1e999 as infinity. NaN, which JSON does not have, is null. */
export function floatValue(number: number): unknown {
  if (Number.isNaN(number)) return null;
  if (!Number.isFinite(number)) return new ExactJson(number < 0 ? '-1e999' : '1e999', number);
  if (!Number.isInteger(number) || Math.abs(number) >= 1e21) return number;
  return new ExactJson(Object.is(number, -0) ? '-0.0' : `${number}.0`, number);
}

/** Writes an object of these members; those that are `ExactJson` become plain, and how they are written is remembered. */
export const objectWriter =
  (names: readonly string[]) =>
  (valueAt: (index: number) => unknown): JsonObject => {
    const object: JsonObject = {};
    let numbers: Map<string, string> | undefined;
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!;
      const value = valueAt(index);
      if (value instanceof ExactJson) {
        numbers ??= new Map();
        numbers.set(name, value.text);
        object[name] = value.value;
      } else object[name] = value;
    }
    if (numbers) rememberNumbers(object, numbers);
    return object;
  };

/** As `objectWriter`, for a list. */
export function writeList(values: readonly unknown[]): unknown[] {
  let numbers: Map<string, string> | undefined;
  const list = values.map((value, index) => {
    if (!(value instanceof ExactJson)) return value;
    numbers ??= new Map();
    numbers.set(String(index), value.text);
    return value.value;
  });
  if (numbers) rememberNumbers(list, numbers);
  return list;
}
