import { type DatasetEnding, datasetEnding } from '../../files/dataset-endings.ts';
import { readFirstBytes } from '../../files/text-pieces.ts';
import { BadInput, type SourceLocation } from '../../protocol/errors.ts';

/** `json`: a list of objects, or an object on each line. All but Parquet may be gzipped. */
export type DatasetFormat = 'json' | 'csv' | 'tsv' | 'parquet';

const BY_ENDING: Record<DatasetEnding, DatasetFormat> = {
  jsonl: 'json',
  ndjson: 'json',
  json: 'json',
  csv: 'csv',
  tsv: 'tsv',
  parquet: 'parquet',
};

/** What begins files that are something else, and what to do with it. */
const OTHERS: [magic: string, what: string, remedy: string][] = [
  ['PARE', 'an encrypted Parquet file', 'decrypt it in Python (pyarrow.parquet with its keys) and write it again'],
  ['\x28\xb5\x2f\xfd', 'compressed with zstd', 'unpack it with "unzstd", or compress it with gzip'],
  ['BZh', 'compressed with bzip2', 'unpack it with "bunzip2", or compress it with gzip'],
  ['\xfd7zXZ', 'compressed with xz', 'unpack it with "unxz", or compress it with gzip'],
  ['PK\x03\x04', 'a zip archive or an Excel workbook', 'unpack it, or export the sheet as CSV'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', 'unpack it'],
  ['ARROW1', 'an Arrow file', 'write it as Parquet in Python: Dataset.to_parquet'],
  [
    '\xff\xff\xff\xff',
    'an Arrow stream, as save_to_disk writes it',
    'write it as Parquet in Python: load_from_disk(…).to_parquet',
  ],
  ['SQLite format 3', 'an SQLite database', 'export the table as CSV'],
  ['\x89HDF', 'an HDF5 file', 'write it as Parquet in Python: DataFrame.to_parquet'],
  [
    'version https://git-lfs.github.com',
    "a Git LFS pointer, not the file's content",
    'fetch the content with "git lfs pull"',
  ],
];

/** The format of a file by its name, and by its first bytes where those tell. Throws BadInput for what is none that is read. */
export function formatOf(file: string, what: string, at?: SourceLocation): DatasetFormat {
  const start = readFirstBytes(file, what, 64, at).toString('latin1');
  if (start.startsWith('PAR1')) return 'parquet';
  const other = OTHERS.find(([magic]) => start.startsWith(magic));
  if (other !== undefined) throw new BadInput(`This file is ${other[1]}; ${other[2]}.`, { file });
  if (/^\s*<(!doctype|html|\?xml)/i.test(start))
    throw new BadInput('This file is a web page or XML, not a dataset; was it downloaded by its page address?', {
      file,
    });
  const ending = datasetEnding(file);
  const named = ending === undefined ? 'json' : BY_ENDING[ending];
  if (named === 'parquet' && start.startsWith('\x1f\x8b'))
    throw new BadInput('This Parquet file is gzipped as a whole; unpack it with "gunzip".', { file });
  if (named === 'parquet')
    throw new BadInput('This is not a Parquet file: it does not begin with "PAR1"; copy or download it again.', {
      file,
    });
  return named;
}
