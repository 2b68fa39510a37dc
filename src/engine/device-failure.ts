/** A GPU failed while it computed; `cause` is what the runtime said. */
export class DeviceFailure extends Error {
  override name = 'DeviceFailure';
  /** `lost`: its driver was reset, or the machine slept. `out-of-memory`: it refused memory. */
  readonly kind: 'lost' | 'out-of-memory';
  /** What it refused in one piece, where the runtime tells. */
  readonly refusedBytes: number | undefined;

  constructor(kind: DeviceFailure['kind'], { cause, refusedBytes }: { cause: unknown; refusedBytes?: number }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.kind = kind;
    this.refusedBytes = refusedBytes;
  }
}
