import { describe } from 'node:test'
import { missing } from '../support/tool.js'
import { copiers } from './clients.js'
import { exactlyOnce } from './scenarios.js'

describe('kafkajs', { skip: missing('kcat', '-V') }, () => {
  exactlyOnce({ command: copiers.kafkajs, shares: false })
})
