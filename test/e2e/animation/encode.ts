import sharp from 'sharp';
import type { Frame } from './recorder.ts';

/** Frames closer than this are one: 10 pictures a second are enough for typing. */
const SHORTEST = 100;

/** An animated WebP, `width` pixels wide, that starts again at its end. */
export async function encode(frames: readonly Frame[], width: number): Promise<Buffer> {
  const kept = await distinct(merged(frames), width);
  const pictures = kept.map(({ picture }) => picture);
  return sharp(pictures, { join: { animated: true } })
    .webp({
      quality: 80,
      effort: 4,
      loop: 0,
      minSize: true,
      delay: kept.map(({ milliseconds }) => Math.round(milliseconds)),
    })
    .toBuffer();
}

/** What was shown for a moment only gives its time to the picture after it. */
function merged(frames: readonly Frame[]): Frame[] {
  const kept: Frame[] = [];
  let owed = 0;
  for (const { picture, milliseconds } of frames) {
    owed += milliseconds;
    if (owed < SHORTEST) continue;
    kept.push({ picture, milliseconds: owed });
    owed = 0;
  }
  return kept;
}

/** At their size, each different from the one before it. */
async function distinct(frames: readonly Frame[], width: number): Promise<Frame[]> {
  const kept: Frame[] = [];
  for (const { picture, milliseconds } of frames) {
    const scaled = await sharp(picture).resize({ width }).removeAlpha().png({ compressionLevel: 1 }).toBuffer();
    const last = kept.at(-1);
    if (last?.picture.equals(scaled)) last.milliseconds += milliseconds;
    else kept.push({ picture: scaled, milliseconds });
  }
  return kept;
}
