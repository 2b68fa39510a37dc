"""The random numbers of src/data/random.ts in Python, for what a peer must draw in the same order as we do."""

MASK = 0xFFFFFFFF
GOLDEN_RATIO = 0x9E3779B9


def mix(word: int) -> int:
    word = (word ^ (word >> 16)) * 0x85EBCA6B & MASK
    word = (word ^ (word >> 13)) * 0xC2B2AE35 & MASK
    return word ^ (word >> 16)


def rotate_left(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & MASK


def integers(seed: int, key: list):
    lanes = [mix(seed + lane * GOLDEN_RATIO & MASK) for lane in range(1, 5)]
    words = [word for part in map(str, key) for word in (len(part), *map(ord, part))]
    for word in words:
        lanes = [mix((state ^ word) + (lane + 1) * GOLDEN_RATIO & MASK) for lane, state in enumerate(lanes)]
    a, b, c, d = lanes if any(lanes) else (1, 0, 0, 0)
    while True:
        yield rotate_left(b * 5 & MASK, 7) * 9 & MASK
        shifted = b << 9 & MASK
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = rotate_left(d, 11)


def permutation(seed: int, key: list, count: int) -> list[int]:
    numbers = integers(seed, key)
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        pick = next(numbers) * (last + 1) >> 32
        order[last], order[pick] = order[pick], order[last]
    return order
