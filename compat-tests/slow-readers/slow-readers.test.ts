import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { buildBatch } from '../../src/records/record-batch.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { produce } from '../../src/wire/apis/produce.js'
import { encodeRequest } from '../../src/wire/message-frame.js'
import { record } from '../../test/support/log-world.js'
import { RawClient } from '../../test/support/raw-client.js'
import { OttlaProcess } from '../support/ottla-process.js'

const isLong = process.env.OTTLA_TEST_LONG === '1'
const connections = isLong ? 10_000 : 300
const stuck = isLong ? 2000 : 60
const exchanges = isLong ? 3000 : 300
const mebibyte = 1024 * 1024
/** The default of ottla.reply.memory.max.bytes. */
const budgetMiB = 128
/** The first heap of a program that works, and what the kernel and the connections' objects take in the broker. */
const besidesMiB = 60 + connections / 100

const fetchOf = (maxBytes: number) => ({
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes,
  topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: maxBytes }] }],
})

/** Fills a partition with 54 MB in batches of 900 KB. */
async function fill(client: RawClient): Promise<void> {
  const topics = [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  await client.ask(createTopics, 7, { topics, timeoutMs: 10_000 })
  const records = await buildBatch({ records: [record('x'.repeat(900_000), Date.now())] })
  for (let i = 0; i < 60; i++) {
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
    await client.ask(produce, 9, { acks: -1, timeoutMs: 10_000, topicData })
  }
}

async function opened(count: number, port: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(200, count - sockets.length) }, async () => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.on('error', () => {})
      await once(socket, 'connect')
      return socket.pause()
    })
    sockets.push(...(await Promise.all(some)))
  }
  return sockets
}

/** Three fetches of 50 MiB behind each other: more than the kernel takes in for a reader that does not read. */
function threeFetches(): Buffer {
  const head = { correlationId: 1, clientId: 'stuck' }
  const frame = encodeRequest(fetch, 12, head, fetchOf(50 * mebibyte))
  const length = Buffer.alloc(4)
  length.writeInt32BE(frame.length)
  return Buffer.concat(Array.from({ length: 3 }, () => [length, frame]).flat())
}

/**
 * Fetches until a hundred fetches in a row bring records: while thousands of readers come at once, a fetch that waits
 * too long for its turn is answered without. Returns the time that it takes, in milliseconds.
 */
async function settled(client: RawClient): Promise<number> {
  const began = performance.now()
  for (let inRow = 0; inRow < 100; ) {
    const { responses } = await client.ask(fetch, 12, fetchOf(mebibyte))
    inRow = responses[0]?.partitions[0]?.records?.length ? inRow + 1 : 0
  }
  return performance.now() - began
}

/** The 99th percentile of how long a fetch of one batch takes, in milliseconds; each brings records. */
async function p99(client: RawClient): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < exchanges; i++) {
    const began = performance.now()
    const { responses } = await client.ask(fetch, 12, fetchOf(mebibyte))
    times.push(performance.now() - began)
    assert.ok((responses[0]?.partitions[0]?.records?.length ?? 0) >= 900_000)
  }
  return times.sort((a, b) => a - b)[Math.floor(exchanges * 0.99)] as number
}

/** A small network has no more than this many bytes of a connection in the kernel's buffers, in each direction. */
const smallBuffers = '4096 65536 262144'

/**
 * Runs this file once more in a network of its own, with small buffers: 2,000 readers that do not read would otherwise
 * hold several GiB in the kernel, which then slows down every connection of the machine, whatever the broker does.
 */
function inSmallNetwork(): void {
  const prepare = [
    'ip link set lo up',
    `echo ${smallBuffers} > /proc/sys/net/ipv4/tcp_rmem`,
    `echo ${smallBuffers} > /proc/sys/net/ipv4/tcp_wmem`,
    `ulimit -n ${connections + 5000}`,
    'exec "$@"',
  ]
  const again = [process.execPath, ...process.execArgv, import.meta.filename]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status } = spawnSync('unshare', ['-rn', 'bash', '-ec', prepare.join('\n'), 'bash', ...again], {
    stdio: 'inherit',
    env: { ...env, OTTLA_TEST_SMALL_NETWORK: '1' },
  })
  assert.equal(status, 0)
}

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const name = `${connections} connections of which ${stuck} do not read what they fetch stay within the memory for replies`
const skip = process.platform !== 'linux' && 'it looks into /proc'

if (isLong && process.env.OTTLA_TEST_SMALL_NETWORK === undefined) test(name, { skip }, inSmallNetwork)
else test(name, { skip }, slowReaders)

async function slowReaders(t: TestContext): Promise<void> {
  const broker = await OttlaProcess.start('--memory', '--port', '0')
  const port = Number(broker.bootstrap.split(':').at(-1))
  const working = await RawClient.connect(port)
  const sockets: Socket[] = []
  try {
    await fill(working)
    sockets.push(...(await opened(connections, port)))
    const before = await p99(working)
    const beforeMiB = residentMiB(broker.pid)
    let mostMiB = 0
    const sampler = setInterval(() => {
      mostMiB = Math.max(mostMiB, residentMiB(broker.pid) - beforeMiB)
    }, 20)
    const fetches = threeFetches()
    for (const socket of sockets.slice(0, stuck)) socket.write(fetches)
    const settledMs = await settled(working)
    const after = await p99(working)
    clearInterval(sampler)
    t.diagnostic(
      `${Math.round(mostMiB)} MiB more at most; p99 of a fetch of 1 MiB ${before.toFixed(1)} ms before, ` +
        `${after.toFixed(1)} ms with them, ${Math.round(settledMs)} ms after they came`,
    )
    assert.ok(mostMiB <= budgetMiB + besidesMiB, `${mostMiB} MiB more`)
    if (isLong) assert.ok(after <= 2 * before, `${after} ms instead of ${before} ms`)
  } finally {
    for (const socket of sockets) socket.destroy()
    working.destroy()
    await broker.stop()
  }
}
