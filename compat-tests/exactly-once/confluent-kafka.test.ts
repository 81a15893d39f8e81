import { describe } from 'node:test'
import { missing } from '../support/tool.js'
import { copiers } from './clients.js'
import { exactlyOnce } from './scenarios.js'

describe('confluent-kafka', { skip: missing('kcat', '-V') || missing('python3', '--version') }, () => {
  exactlyOnce({ command: copiers.confluentKafka, shares: true })
})
