/** A file, and the function of it that is meant: without `function`, all that it exports. */
export interface FileAndFunction {
  file: string;
  function?: string;
}

/** `FILE`, or `FILE#FUNCTION`: the last `#` counts. */
export function fileAndFunction(text: string): FileAndFunction {
  const hash = text.lastIndexOf('#');
  return hash < 0 ? { file: text } : { file: text.slice(0, hash), function: text.slice(hash + 1) };
}
