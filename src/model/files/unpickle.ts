/** What a pickle of plain values is: dictionaries as maps, lists and tuples as arrays, and what the reader makes of calls. */
export type Pickled = unknown;

/** A class or function that a pickle names. It is never looked up in Python: it is what its name says here. */
export interface Named {
  named: string;
}

/** What may be in a pickle besides plain values. */
export interface PickleReader {
  /** Whether a class or function of this name (`torch.FloatStorage`) may be there. */
  knows(name: string): boolean;
  /** What such a function gives. */
  call(name: string, args: Pickled[]): Pickled;
  /** What is kept beside the pickle. */
  persistent(id: Pickled): Pickled;
}

/** It asks for what is not known here. */
export class UnknownName extends Error {
  readonly pickled: string;

  constructor(pickled: string) {
    super(`the pickle has a ${pickled}`);
    this.pickled = pickled;
  }
}

/** These bytes are no pickle, or one with instructions that plain values and tensors do without. */
export class NotAPickle extends Error {}

class Mark {}

/**
 * Reads a pickle of protocol 2, as `torch.save` writes it. Loading one in Python calls whatever functions it names; here none is but `reader`'s.
 *
 * Source: Lib/pickletools.py of Python; torch/_weights_only_unpickler.py, which allows the same.
 */
export function unpickle(bytes: Buffer, reader: PickleReader): Pickled {
  const stack: Pickled[] = [];
  const memo = new Map<number, Pickled>();
  let at = 0;
  const take = (count: number): number => {
    if (at + count > bytes.length) throw new NotAPickle('it ends too early');
    at += count;
    return at - count;
  };
  const pop = (): Pickled => {
    if (stack.length === 0) throw new NotAPickle('it takes what is not there');
    return stack.pop();
  };
  const sinceMark = (): Pickled[] => {
    const mark = stack.findLastIndex((item) => item instanceof Mark);
    if (mark < 0) throw new NotAPickle('a mark is missing');
    return stack.splice(mark).slice(1);
  };
  const top = <Kind extends Map<Pickled, Pickled> | Pickled[]>(is: (item: Pickled) => item is Kind): Kind => {
    const item = stack.at(-1);
    if (!is(item)) throw new NotAPickle('it fills what is neither a list nor a dictionary');
    return item;
  };
  const isMap = (item: Pickled): item is Map<Pickled, Pickled> => item instanceof Map;
  const isList = (item: Pickled): item is Pickled[] => Array.isArray(item);
  const line = (): string => {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw new NotAPickle('it ends too early');
    const text = bytes.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  const recall = (place: number): Pickled => {
    if (!memo.has(place)) throw new NotAPickle('it recalls what it has not kept');
    return memo.get(place);
  };
  const tuple = (count: number): void => {
    if (stack.length < count) throw new NotAPickle('it takes what is not there');
    stack.push(stack.splice(stack.length - count));
  };

  for (;;) {
    const code = bytes[take(1)]!;
    switch (String.fromCharCode(code)) {
      case '\x80': // PROTO
        if (bytes[take(1)]! !== 2) throw new NotAPickle('its protocol is not 2');
        break;
      case '.': // STOP
        return pop();
      case '(':
        stack.push(new Mark());
        break;
      case '}':
        stack.push(new Map());
        break;
      case ']':
      case ')':
        stack.push([]);
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'K':
        stack.push(bytes[take(1)]!);
        break;
      case 'M':
        stack.push(bytes.readUInt16LE(take(2)));
        break;
      case 'J':
        stack.push(bytes.readInt32LE(take(4)));
        break;
      case '\x8a': {
        const length = bytes[take(1)]!;
        const start = take(length);
        let value = 0n;
        for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[start + i]!);
        stack.push(Number(BigInt.asIntN(length * 8, value)));
        break;
      }
      case 'G':
        stack.push(bytes.readDoubleBE(take(8)));
        break;
      case 'X': {
        const length = bytes.readUInt32LE(take(4));
        const start = take(length);
        stack.push(bytes.toString('utf8', start, start + length));
        break;
      }
      case 'q':
        memo.set(bytes[take(1)]!, stack.at(-1));
        break;
      case 'r':
        memo.set(bytes.readUInt32LE(take(4)), stack.at(-1));
        break;
      case 'h':
        stack.push(recall(bytes[take(1)]!));
        break;
      case 'j':
        stack.push(recall(bytes.readUInt32LE(take(4))));
        break;
      case 't':
        stack.push(sinceMark());
        break;
      case '\x85':
        tuple(1);
        break;
      case '\x86':
        tuple(2);
        break;
      case '\x87':
        tuple(3);
        break;
      case 'a': {
        const item = pop();
        top(isList).push(item);
        break;
      }
      case 'e': {
        const items = sinceMark();
        const list = top(isList);
        for (const item of items) list.push(item);
        break;
      }
      case 's': {
        const value = pop();
        const key = pop();
        top(isMap).set(key, value);
        break;
      }
      case 'u': {
        const items = sinceMark();
        const map = top(isMap);
        for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
        break;
      }
      case 'c': {
        const name = `${line()}.${line()}`;
        if (!reader.knows(name)) throw new UnknownName(name);
        stack.push({ named: name } satisfies Named);
        break;
      }
      case 'R': {
        const args = pop();
        const { named } = pop() as Partial<Named>;
        if (!isList(args) || named === undefined) throw new NotAPickle('it calls what is no function');
        stack.push(reader.call(named, args));
        break;
      }
      case 'Q':
        stack.push(reader.persistent(pop()));
        break;
      default:
        throw new NotAPickle(`its instruction ${code} is not one of plain values`);
    }
  }
}
