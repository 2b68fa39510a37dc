import { createHash } from 'node:crypto';
import { fstatSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withFile } from '../files/file-bytes.ts';
import { REWARD_FILE } from '../files/open-file.ts';
import { readSource } from '../files/source.ts';
import { readText } from '../files/text.ts';
import type { FileDigest } from '../protocol/run-folder.ts';

/** Up to here every byte is hashed, which takes a fifth of a second at most. */
const WHOLE_BYTES = 64 * 2 ** 20;
const EDGE_BYTES = 2 ** 20;
const BLOCKS = 256;
const BLOCK_BYTES = 2 ** 16;
const PIECE_BYTES = 2 ** 22;

/**
 * The SHA-256 of a file; of one beyond 64 MiB (weights, which are gigabytes) that of a sample: its size, its first and last MiB (where
 * safetensors and GGUF files have their headers), and 256 blocks of 64 KiB, evenly spread. Another model, and the same one trained
 * further or saved in another format, differ in nearly every block; an edit of a few weights may escape it. Throws BadInput for a file that
 * cannot be read.
 */
export function digestFile(file: string): FileDigest {
  return withFile(file, (descriptor) => {
    const { size } = fstatSync(descriptor);
    const hash = createHash('sha256');
    const take = (start: number, length: number) => {
      for (let at = start; at < start + length; at += PIECE_BYTES) {
        const piece = Buffer.alloc(Math.min(PIECE_BYTES, start + length - at));
        hash.update(piece.subarray(0, readSync(descriptor, piece, 0, piece.length, at)));
      }
    };
    const whole = size <= WHOLE_BYTES;
    if (whole) take(0, size);
    else {
      hash.update(String(size));
      take(0, EDGE_BYTES);
      const stride = (size - 2 * EDGE_BYTES - BLOCK_BYTES) / (BLOCKS - 1);
      for (let block = 0; block < BLOCKS; block++) take(EDGE_BYTES + Math.floor(block * stride), BLOCK_BYTES);
      take(size - EDGE_BYTES, EDGE_BYTES);
    }
    return { file, bytes: size, sha256: hash.digest('hex'), covers: whole ? 'all' : 'sample' };
  });
}

/** In the folder of a model. */
export const isModelFile = (name: string): boolean => /\.(json|jinja|safetensors|model|txt)$/.test(name);

/** A model's files: a .gguf file, or what a Hugging Face folder has of configs, tokenizers, templates and weights. */
export function digestModel(model: string): FileDigest[] {
  if (statSync(model).isFile()) return [digestFile(model)];
  const names = readdirSync(model).filter(isModelFile);
  return names
    .sort()
    .map((name) => join(model, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .map(digestFile);
}

/** The SHA-256 of source code; undefined when the file is not there. */
export const digestSource = (file: string): string | undefined => digestIfThere(() => readSource(file));

/** That of a run's copy of source code: copies are UTF-8, whatever encoding a Python file declares. */
export const digestCopy = (file: string): string | undefined => digestIfThere(() => readText(file, REWARD_FILE));

function digestIfThere(read: () => string): string | undefined {
  try {
    return digestText(read());
  } catch {
    return undefined;
  }
}

export const digestText = (text: string): string => createHash('sha256').update(text).digest('hex');
