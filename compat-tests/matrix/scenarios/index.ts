import type { Scenario } from '../scenario.js'
import { changes } from './changes.js'
import { errors } from './errors.js'
import { groups } from './groups.js'
import { networks } from './networks.js'
import { offsets } from './offsets.js'
import { producers } from './producers.js'
import { records } from './records.js'
import { topics } from './topics.js'

/** The rows of the table, in its order. */
export const scenarios: readonly Scenario[] = [
  ...topics,
  ...records,
  ...producers,
  ...offsets,
  ...groups,
  ...changes,
  ...networks,
  ...errors,
]
