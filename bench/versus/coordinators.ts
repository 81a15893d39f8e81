import { cpuSeconds } from './broker.js'
import { costOf } from './cost.js'
import { runDriver } from './drivers.js'
import { transactions } from './java-tools.js'
import { timeToAssignment } from './kafkajs-clients.js'
import type { VersusRow } from './row.js'
import { withTopic } from './topics.js'

const groups = 2000
const members = 3
const heartbeats = 5
/** The rounds before which neither broker's compiler is done. */
const roundsToWarmUp = 4

const heartbeating: VersusRow = {
  name: 'heartbeats-2000-groups',
  cold: true,
  targets: { cpuUsPerHeartbeat: 0.5 },
  measure: broker =>
    runDriver('groups', { bootstrap: broker.bootstrap, groups, members, heartbeats }, async driver => {
      for (let i = 0; i < roundsToWarmUp; i++) await driver.again()
      const before = cpuSeconds(broker)
      await driver.again()
      const spent = cpuSeconds(broker) - before
      return { cpuUsPerHeartbeat: (spent * 1e6) / (groups * members * heartbeats) }
    }),
}

const assigning: VersusRow = {
  name: 'kafkajs-assignment',
  limits: { assignmentMs: 25 },
  measure: broker => withTopic(broker, 3, topic => timeToAssignment(broker, topic)),
}

const committing: VersusRow = {
  name: 'transactions',
  targets: { transactionsPerSecond: 1.5 },
  measure(broker, share) {
    const amount = Math.round(2000 * share)
    const work = { records: amount * 10, recordBytes: 100 }
    return withTopic(broker, 3, topic => costOf(broker, work, () => transactions(broker, topic, amount)))
  },
}

/** Groups and transactions. */
export const coordinators: readonly VersusRow[] = [assigning, committing, heartbeating]
