import type { Family } from '../scenario.js'
import { produceFamily } from './produce.js'

export const families: readonly Family[] = [produceFamily]
