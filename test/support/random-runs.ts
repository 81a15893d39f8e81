import type { Parameters } from 'fast-check'

const { OTTLA_TEST_LONG: long, OTTLA_TEST_SEED: given } = process.env
const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given)

console.error(`seed ${seed} (repeat with OTTLA_TEST_SEED=${seed})`)

/** How often a random test runs: shortly, or long in `npm run test:long`; with the seed that was printed. */
export const randomRuns = (short: number, many: number): Parameters<unknown> => ({
  seed,
  numRuns: long === undefined ? short : many,
})
