import { describe } from 'node:test'
import { missing } from '../support/tool.js'
import { copiers } from './clients.js'
import { exactlyOnce } from './scenarios.js'

describe('franz-go', { skip: missing('kcat', '-V') || missing('go', 'version') }, () => {
  exactlyOnce({ command: copiers.franzGo, shares: true })
})
