import { mix } from "./mix.ts";
import { requireInteger } from "./require-integer.ts";
import { MAX_ROUNDS } from "./round-keys.ts";

/** Names everything that decides an order. Another name is another order: a plan that states it is never re-shuffled. */
export const ALGORITHM = "sluice-feistel-1";

/** Both halves of a position stay below 2^26 then, and all arithmetic is exact in doubles. */
export const MAX_SIZE = 2 ** 52;

/**
 * Rounds for `size`: 8 make pairs of positions indistinguishable from random ones from about 32 on; below, where a
 * half has a few values only, more are needed until all permutations are equally likely (docs/decisions/0012).
 */
export function roundsFor(size: number): number {
  return size < 64 ? MAX_ROUNDS : 8;
}

/**
 * A keyed permutation of [0, size) in constant memory: a Feistel network on Z_a × Z_b with a · b ≥ size, whose rounds
 * change the two halves in turn, repeated until the value is below `size` ("generalized Feistel" with cycle walking;
 * Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002). It shuffles; it hides nothing.
 *
 * a is the even number next to √size. With both a and b odd every round would be an even permutation, and half of all
 * orders could not occur.
 */
export class Permutation {
  readonly size: number;
  readonly #a: number;
  readonly #b: number;
  readonly #keys: readonly number[];
  readonly #rounds: number;

  /**
   * @param keys at least `roundsFor(size)`
   * @throws RangeError when size is not an integer from 0 to 2^52.
   */
  constructor(size: number, keys: readonly number[]) {
    requireInteger("size", size, 0, MAX_SIZE);
    this.size = size;
    this.#a = 2 * Math.ceil(Math.sqrt(size) / 2);
    this.#b = Math.ceil(size / this.#a);
    this.#keys = keys;
    this.#rounds = roundsFor(size);
  }

  /**
   * The value at an index.
   * @throws RangeError when index is not an integer in [0, size).
   */
  at(index: number): number {
    requireInteger("index", index, 0, this.size - 1);
    let value = index;
    do value = this.#encipher(value);
    while (value >= this.size);
    return value;
  }

  /**
   * The index that has a value: the inverse of `at`.
   * @throws RangeError when value is not an integer in [0, size).
   */
  indexOf(value: number): number {
    requireInteger("value", value, 0, this.size - 1);
    let index = value;
    do index = this.#decipher(index);
    while (index >= this.size);
    return index;
  }

  #encipher(value: number): number {
    const a = this.#a | 0;
    const b = this.#b | 0;
    const keys = this.#keys;
    const quotient = Math.floor(value / a);
    let right = quotient | 0;
    let left = (value - quotient * a) | 0;
    for (let round = 0; round < this.#rounds; round += 2) {
      left = (left + shift(right, keys[round]!, a)) | 0;
      if (left >= a) left = (left - a) | 0;
      right = (right + shift(left, keys[round + 1]!, b)) | 0;
      if (right >= b) right = (right - b) | 0;
    }
    return right * a + left;
  }

  #decipher(value: number): number {
    const a = this.#a | 0;
    const b = this.#b | 0;
    const keys = this.#keys;
    const quotient = Math.floor(value / a);
    let right = quotient | 0;
    let left = (value - quotient * a) | 0;
    for (let round = this.#rounds - 2; round >= 0; round -= 2) {
      right = (right - shift(left, keys[round + 1]!, b)) | 0;
      if (right < 0) right = (right + b) | 0;
      left = (left - shift(right, keys[round]!, a)) | 0;
      if (left < 0) left = (left + a) | 0;
    }
    return right * a + left;
  }
}

/**
 * How far one half moves the other, in [0, modulus). 31 bits of the hash, since V8 divides signed integers several
 * times faster than what does not fit in them. Some shifts are more likely than others by modulus / 2^31 at most.
 */
function shift(half: number, key: number, modulus: number): number {
  return (mix(half ^ key) >>> 1) % modulus;
}
