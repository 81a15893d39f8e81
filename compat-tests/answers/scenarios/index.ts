import type { Family } from '../scenario.js'
import { fetchFamily } from './fetch.js'
import { fetchSessionsFamily } from './fetch-sessions.js'
import { listOffsetsFamily } from './list-offsets.js'
import { describeTopicPartitionsFamily, metadataFamily } from './metadata.js'
import { produceFamily } from './produce.js'

export const families: readonly Family[] = [
  produceFamily,
  fetchFamily,
  fetchSessionsFamily,
  listOffsetsFamily,
  metadataFamily,
  describeTopicPartitionsFamily,
]
