/** What the files of datasets end in, the more common one first; all but Parquet may have `.gz` behind it. */
export const DATASET_ENDINGS = ['parquet', 'jsonl', 'json', 'csv', 'ndjson', 'tsv'] as const;
export type DatasetEnding = (typeof DATASET_ENDINGS)[number];

const ENDING = new RegExp(`\\.(${DATASET_ENDINGS.join('|')})(?:\\.gz)?$`, 'i');

/** What a dataset's file ends in, compressed or not; undefined for other files. */
export const datasetEnding = (path: string): DatasetEnding | undefined =>
  ENDING.exec(path)?.[1]?.toLowerCase() as DatasetEnding | undefined;

export const isDatasetFile = (path: string): boolean => datasetEnding(path) !== undefined;
