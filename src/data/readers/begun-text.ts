/** A text that has begun to be read. */
export interface BegunText {
  file: string;
  /** Its first piece, for a look at what it is; empty where it has none. */
  start: string;
  /** All of its pieces, the first one included. */
  pieces: AsyncIterable<Buffer>;
}
