import { describe, expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from '../../../../src/model/files/float16.ts';

const every16Bits = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

function narrow(convert: (values: Float32Array, out: Uint16Array) => void, value: number): number {
  const out = new Uint16Array(1);
  convert(Float32Array.of(value), out);
  return out[0]!;
}

describe.each([
  { name: 'float16', widen: float16ToFloat32, narrowAll: float32ToFloat16 },
  { name: 'bfloat16', widen: bfloat16ToFloat32, narrowAll: float32ToBfloat16 },
])('$name', ({ widen, narrowAll }) => {
  it('gives every bit pattern back', () => {
    const values = new Float32Array(65_536);
    widen(every16Bits, values);
    const back = new Uint16Array(65_536);
    narrowAll(values, back);
    for (let bits = 0; bits < 65_536; bits++) {
      if (Number.isNaN(values[bits])) expect(Number.isNaN(widened(widen, back[bits]!))).toBe(true);
      else if (back[bits] !== bits) expect.fail(`${bits} became ${back[bits]}`);
    }
  });

  it('rounds the middle of two neighbours to the even one, and anything nearer to its neighbour', () => {
    // Both formats have neighbours with consecutive bit patterns, so all finite positive patterns can be tried.
    const values = new Float32Array(65_536);
    widen(every16Bits, values);
    for (let bits = 0; Number.isFinite(values[bits + 1]); bits++) {
      const middle = (values[bits]! + values[bits + 1]!) / 2;
      if (Math.fround(middle) !== middle) continue;
      expect(narrow(narrowAll, middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
      const above = nextFloat32(middle);
      expect(narrow(narrowAll, above)).toBe(bits + 1);
    }
  });
});

describe('known values', () => {
  it('follows IEEE 754 binary16', () => {
    expect(widened(float16ToFloat32, 0x3555)).toBe(0.333251953125);
    expect(widened(float16ToFloat32, 0x0001)).toBe(2 ** -24);
    expect(widened(float16ToFloat32, 0x7bff)).toBe(65_504);
    expect(narrow(float32ToFloat16, 65_519.99)).toBe(0x7bff);
    expect(narrow(float32ToFloat16, 65_520)).toBe(0x7c00);
    expect(narrow(float32ToFloat16, -1e-9)).toBe(0x8000);
  });

  it('takes the upper half of a float32 as bfloat16', () => {
    expect(widened(bfloat16ToFloat32, 0x3f80)).toBe(1);
    expect(widened(bfloat16ToFloat32, 0xc049)).toBe(-3.140625);
    expect(narrow(float32ToBfloat16, 3.4e38)).toBe(0x7f80);
    expect(narrow(float32ToBfloat16, Number.NaN) & 0x7fff).toBeGreaterThan(0x7f80);
  });
});

function widened(widen: (halves: Uint16Array, out: Float32Array) => void, bits: number): number {
  const out = new Float32Array(1);
  widen(Uint16Array.of(bits), out);
  return out[0]!;
}

function nextFloat32(value: number): number {
  const floats = Float32Array.of(value);
  new Uint32Array(floats.buffer)[0]! += 1;
  return floats[0]!;
}
