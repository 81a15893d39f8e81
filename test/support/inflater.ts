import { Inflater } from '../../src/records/inflater.js'

/** An inflater with the limits that a broker has by default. */
export const inflater = (): Inflater =>
  new Inflater({ mostBatchBytes: 100 * 1024 * 1024, memoryBytes: 128 * 1024 * 1024 })
