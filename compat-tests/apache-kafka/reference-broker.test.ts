import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { RawClient } from '../../test/support/raw-client.js'
import { missingKafka } from './jars.js'
import { ReferenceBroker } from './reference-broker.js'

const skip = missingKafka()

test('Apache Kafka starts, answers, and leaves nothing behind', { skip }, async () => {
  const kafka = await ReferenceBroker.start({ 'num.partitions': '3' })
  try {
    const client = await RawClient.connect(kafka.port)
    const { errorCode, apiKeys } = await client.ask(apiVersions, 0, {})
    assert.equal(errorCode, 0)
    assert.ok(apiKeys.length > 40)
    const { brokers } = await client.ask(metadata, 12, { topics: [] })
    assert.deepEqual(
      brokers.map(({ nodeId, host, port }) => [nodeId, host, port]),
      [[0, '127.0.0.1', kafka.port]],
    )
    client.destroy()
  } finally {
    await kafka.stop()
  }
  assert.equal(existsSync(kafka.folder), false)
  assert.throws(() => process.kill(kafka.pid, 0), { code: 'ESRCH' })
})
