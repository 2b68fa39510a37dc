/** What the library's decoders have and its types do not say. */
interface Decoder {
  decoders?: object[];
  text_decoder?: { decode(bytes: Uint8Array): string };
  byte_decoder?: Readonly<Record<string, number>>;
  decode_chain?(tokens: string[]): string[];
}

/**
 * Makes the library write bytes as Hugging Face's own does (`decoders/byte_fallback.rs` and `pre_tokenizers/byte_level.rs` of tokenizers). A run of
 * byte tokens that is no UTF-8 as a whole is one U+FFFD for each byte, the good characters in it included, and U+FEFF is a character like others.
 * A byte-level token, added ones included, is the bytes that its letters stand for, or its own where one of them stands for none.
 */
export function mendByteDecoding(instance: object | null, settings: unknown): void {
  const { type, decoders } = (settings ?? {}) as { type?: string; decoders?: unknown[] };
  if (!instance) return;
  const decoder: Decoder = instance;
  if (type === 'ByteFallback') decoder.text_decoder = { decode: decodeRun };
  if (type === 'ByteLevel') {
    const letters = new Map(Object.entries(decoder.byte_decoder!).map(([letter, byte]) => [letter, Number(byte)]));
    decoder.decode_chain = (tokens) => [
      lossy.decode(Uint8Array.from(tokens.flatMap((token) => bytesOf(token, letters)))),
    ];
  }
  decoder.decoders?.forEach((inner, index) => {
    mendByteDecoding(inner, decoders?.[index]);
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });

function decodeRun(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return '\uFFFD'.repeat(bytes.length);
  }
}

function bytesOf(token: string, letters: ReadonlyMap<string, number>): number[] {
  const bytes = Array.from(token, (letter) => letters.get(letter));
  return bytes.includes(undefined) ? [...new TextEncoder().encode(token)] : (bytes as number[]);
}
