import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Complaints } from '../../src/net/complaints.js'
import { silent } from '../../src/telemetry/logger.js'
import { ManualClock } from '../support/manual-clock.js'

test('warnings are bounded in each minute, and the number left out is logged afterwards', () => {
  const said: string[] = []
  const clock = new ManualClock()
  const complaints = new Complaints({ ...silent, warn: message => said.push(message) }, clock)
  for (let i = 0; i < 1000; i++) complaints.warn('bad')
  assert.deepEqual(said, Array(20).fill('bad'))
  clock.advance(60_000)
  complaints.warn('bad again')
  assert.deepEqual(said.slice(20), ['980 more warnings about connections were left out.', 'bad again'])
})
