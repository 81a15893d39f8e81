import { decodeFact } from '../../src/cluster/metadata-serde.js'
import { groupFacts } from '../../src/groups/stored/group-facts.js'
import type { Record } from '../../src/records/record.js'
import { transactionFacts } from '../../src/transactions/transaction-facts.js'
import { inWords } from './words.js'

/** The words of a record of an internal topic; null for a record of any other topic. */
export function factIn(topic: string, { key, value }: Record): string | null {
  try {
    switch (topic) {
      case '__consumer_offsets':
        return key && inWords(groupFacts.decode(key, value))
      case '__transaction_state':
        return key && inWords(transactionFacts.decode(key, value))
      case '__cluster_metadata':
        return value && metadataInWords(value)
      default:
        return null
    }
  } catch {
    return null
  }
}

function metadataInWords(value: Buffer): string {
  const fact = decodeFact(value)
  if (fact?.kind === 'scramCredential') return inWords({ ...fact, value: { ...fact.value, ...hidden } })
  return fact ? inWords(fact) : 'a fact that is nothing to Ottla'
}

/** The parts of a password's credential that are not printed. */
const hidden = { salt: '[hidden]', storedKey: '[hidden]', serverKey: '[hidden]' }
