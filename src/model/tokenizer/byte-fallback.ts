/** What the library's decoders have and its types do not say. */
interface Decoder {
  decoders?: object[];
  text_decoder?: { decode(bytes: Uint8Array): string };
}

/**
 * Makes the library write byte tokens as Hugging Face's own does (`decoders/byte_fallback.rs` of tokenizers): a run of them that is no UTF-8 as a
 * whole is one U+FFFD for each byte, the good characters in it included, and U+FEFF is a character like others.
 */
export function mendByteFallback(instance: object | null, settings: unknown): void {
  const { type, decoders } = (settings ?? {}) as { type?: string; decoders?: unknown[] };
  if (!instance) return;
  const decoder: Decoder = instance;
  if (type === 'ByteFallback') decoder.text_decoder = { decode: decodeRun };
  decoder.decoders?.forEach((inner, index) => {
    mendByteFallback(inner, decoders?.[index]);
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeRun(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return '\uFFFD'.repeat(bytes.length);
  }
}
