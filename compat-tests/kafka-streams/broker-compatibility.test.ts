import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { missingMaven } from '../support/maven.js'
import { openStage, startProgram } from './programs.js'

describe('BrokerCompatibilityTest', { skip: missingMaven(), timeout: 120_000 }, () => {
  for (const guarantee of ['at_least_once', 'exactly_once_v2']) {
    test(`a record is counted ${guarantee}`, async t => {
      const stage = await openStage(t, {
        brokerCompatibilitySourceTopic: 1,
        brokerCompatibilitySinkTopic: 1,
      })
      const program = startProgram(stage, 'BrokerCompatibilityTest', {}, guarantee)
      assert.equal(await program.over(), 0)
      assert.ok(program.has('close Kafka Streams'), program.output)
      assert.doesNotMatch(program.output, /FATAL|Non-Streams exception/)
    })
  }
})
