import { describe } from 'node:test'
import { missingKafka } from '../apache-kafka/jars.js'
import { missing } from '../support/tool.js'
import { copiers } from './clients.js'
import { exactlyOnce } from './scenarios.js'

describe("Kafka's own clients", { skip: missing('kcat', '-V') || missingKafka() }, () => {
  exactlyOnce({ command: copiers.java, shares: true })
})
