/** Small numbers either way, for matrices of models whose weights do not matter: the same each time. Norms, of one dimension, are 1. */
export class RandomValues {
  #state = 1;

  fill(values: Float32Array, dimensions: number): void {
    if (dimensions === 1) {
      values.fill(1);
      return;
    }
    for (let i = 0; i < values.length; i++) {
      this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
      values[i] = this.#state * (0.03 / 2 ** 31);
    }
  }
}
