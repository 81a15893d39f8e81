import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ServedPort } from './served-port.js'

const burst = 1500
/** The length that the system allows the queue of connections to have. */
const somaxconn = '/proc/sys/net/core/somaxconn'
const longestQueue = existsSync(somaxconn) ? Number(readFileSync(somaxconn, 'utf8')) : 0

/** Opens as many connections at once, and says when all are open. */
const client = `
  const { connect } = require('node:net')
  const { workerData: { port, burst, done } } = require('node:worker_threads')
  let open = 0
  for (let i = 0; i < burst; i++) connect(port, '127.0.0.1', () => {
    if (++open < burst) return
    Atomics.store(done, 0, 1)
    Atomics.notify(done, 0)
  })
`

test('a burst of connections is taken while the event loop is busy, none is dropped', {
  skip: longestQueue < burst && `the system lets ${longestQueue} connections wait`,
}, async () => {
  await using port = await ServedPort.open()
  const done = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(client, { eval: true, workerData: { port: port.number, burst, done } })
  const waited = Atomics.wait(done, 0, 0, 20_000) // nothing is accepted meanwhile
  await worker.terminate()
  assert.notEqual(waited, 'timed-out')
})
