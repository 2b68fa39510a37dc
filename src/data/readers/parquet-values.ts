type Unit = 'MILLIS' | 'MICROS' | 'NANOS';
const PER_SECOND = { MILLIS: 1000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n };

/** `1.10`: a decimal of its unscaled value, a number or two's complement with the highest byte first. Floats would round it. */
export function decimalText(stored: number | bigint | Uint8Array, scale: number): string {
  const unscaled = stored instanceof Uint8Array ? signedOf(stored) : BigInt(stored);
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return scale > 0 ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : `${sign}${digits}`;
}

function signedOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** `2024-03-01`, of days since 1970; null beyond what calendars have. */
export const dateText = (days: number): string | null => isoOf(days * 86_400_000)?.replace(/T.*/, '') ?? null;

/** `2024-03-01T12:00:00.250000+00:00` as Python's `isoformat` writes it: without a fraction where it is 0, and with the zone only in UTC. */
export function timestampText(stored: number | bigint, unit: Unit, isUtc: boolean): string | null {
  const [seconds, fraction] = split(stored, unit);
  const text = isoOf(Number(seconds) * 1000)?.replace(/\.000Z$/, '');
  return text === undefined ? null : `${text}${fraction}${isUtc ? '+00:00' : ''}`;
}

/** `12:00:00.250000`, of a time of day. */
export function timeText(stored: number | bigint, unit: Unit): string {
  const [seconds, fraction] = split(stored, unit);
  return `${isoOf(Number(seconds % 86_400n) * 1000)!.slice(11, 19)}${fraction}`;
}

/** Whole seconds, and the rest as `.250000`, with nine digits where there are nanoseconds. */
function split(stored: number | bigint, unit: Unit): [seconds: bigint, fraction: string] {
  const [value, per] = [BigInt(stored), PER_SECOND[unit]];
  const rest = ((value % per) + per) % per;
  const nanoseconds = String(rest * (PER_SECOND.NANOS / per)).padStart(9, '0');
  return [(value - rest) / per, rest === 0n ? '' : `.${nanoseconds.replace(/000$/, '')}`];
}

function isoOf(milliseconds: number): string | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
