import { crc32c } from './crc32c.ts';

export const HEAD_BYTES = 12;
export const FOOT_BYTES = 4;
const MASK_DELTA = 0xa282ead8;

/**
 * A TFRecord: the data's length (8 bytes), a checksum of the length (4), the data, and a checksum of the data (4), all little-endian.
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
export function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + data.length + FOOT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, HEAD_BYTES);
  view.setUint32(HEAD_BYTES + data.length, masked(crc32c(data)), true);
  return bytes;
}

/** A checksum of bytes that themselves hold checksums would be weak: rotated by 15 bits and moved, it is not one. */
export const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
