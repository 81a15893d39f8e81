import type { Parameters } from 'fast-check'

const { OTTLA_TEST_LONG: long, OTTLA_TEST_SEED: given } = process.env
const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given)

console.error(`seed ${seed} (repeat with OTTLA_TEST_SEED=${seed})`)

/** The number of runs of a random test, few or, in `npm run test:long`, many; with the seed that was printed. */
export const randomRuns = (short: number, many: number): Parameters<unknown> => ({
  seed,
  numRuns: long === undefined ? short : many,
})

/** Numbers from 0 to below 1, evenly spread, and the same ones for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
}
