import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { apiOfKey } from '../../src/wire/apis/index.js'
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  readRequestHeader,
  responseHeaderVersion,
} from '../../src/wire/message-frame.js'
import { MalformedMessage } from '../../src/wire/reader.js'

const request = { groupId: 'g', generationId: 5, memberId: 'm' }

describe('request header', () => {
  test('in a version that is not flexible ends after the client id', () => {
    const frame = encodeRequest(heartbeat, 3, { correlationId: 7, clientId: 'me' }, request)
    assert.equal(frame.subarray(0, 12).toString('hex'), '000c00030000000700026d65')
    const head = readRequestHeader(frame, apiOfKey)
    assert.deepEqual(head, { apiKey: 12, apiVersion: 3, correlationId: 7, clientId: 'me', bodyOffset: 12 })
    assert.deepEqual(decodeRequest(heartbeat, head, frame), { ...request, groupInstanceId: null })
  })

  test('in a flexible version has tags, and a client id of plain length all the same', () => {
    const frame = encodeRequest(heartbeat, 4, { correlationId: 7, clientId: 'me' }, request)
    assert.equal(frame.subarray(0, 13).toString('hex'), '000c00040000000700026d6500')
    assert.equal(readRequestHeader(frame, apiOfKey).bodyOffset, 13)
  })

  test('may lack a client id', () => {
    const frame = encodeRequest(heartbeat, 0, { correlationId: 7, clientId: null }, request)
    assert.equal(readRequestHeader(frame, apiOfKey).clientId, null)
  })

  test('of an unknown API is read as far as the client id', () => {
    const head = readRequestHeader(Buffer.from('7fff0000000000010001780909', 'hex'), apiOfKey)
    assert.deepEqual(head, { apiKey: 32767, apiVersion: 0, correlationId: 1, clientId: 'x', bodyOffset: 11 })
  })

  test('that is cut off is refused', () => {
    const frame = encodeRequest(heartbeat, 4, { correlationId: 7, clientId: 'me' }, request)
    for (let length = 0; length < 13; length++) {
      assert.throws(() => readRequestHeader(frame.subarray(0, length), apiOfKey), MalformedMessage)
    }
  })
})

describe('response header', () => {
  test('has tags in flexible versions', () => {
    assert.equal(responseHeaderVersion(heartbeat, 3), 0)
    assert.equal(responseHeaderVersion(heartbeat, 4), 1)
    const frame = Buffer.concat(encodeResponse(heartbeat, 4, 7, { errorCode: 27 }))
    assert.equal(frame.toString('hex'), `00000007${'00'}00000000${'001b'}${'00'}`)
    const decoded = decodeResponse(heartbeat, 4, frame)
    assert.deepEqual(decoded, { correlationId: 7, response: { throttleTimeMs: 0, errorCode: 27 } })
  })

  test('of ApiVersions never has tags (KIP-511)', () => {
    for (let version = 0; version <= 5; version++) {
      assert.equal(responseHeaderVersion(apiVersions, version), 0)
    }
  })
})
