import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getTelemetrySubscriptions } from '../../src/wire/apis/get-telemetry-subscriptions.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

test('no metric of any client is wanted, and a client without an id gets one', async () => {
  await using served = await ServedBroker.open()
  const ask = (clientInstanceId: string) => served.ask(getTelemetrySubscriptions, 0, { clientInstanceId })
  const first = await ask(noId)
  assert.deepEqual([errorName(first), first.requestedMetrics], ['NONE', []])
  assert.notEqual(first.clientInstanceId, noId)
  assert.notEqual((await ask(noId)).clientInstanceId, first.clientInstanceId)
  assert.equal((await ask(first.clientInstanceId)).clientInstanceId, first.clientInstanceId)
})
