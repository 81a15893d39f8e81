import type { Scenario } from '../scenario.js'
import { groups } from './groups.js'
import { records } from './records.js'
import { topics } from './topics.js'

/** The rows of the table, in its order. */
export const scenarios: readonly Scenario[] = [...topics, ...records, ...groups]
