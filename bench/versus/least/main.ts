/**
 * The least that a program on Node does for a client, to know what of a broker's work is Node's and the kernel's. It
 * prints its address, passes requests on to a broker of ours in the same process, and passes the answers back. Of each
 * connection's requests to produce only the first goes that way, and fetches only until the first that brought
 * something: from then on no broker looks at them. A produced batch is written to a file and answered as the first was,
 * with the request's number; a fetch that waits gets the batch, and the offset is counted on. Reads and frames are
 * ours. It serves one batch a request to one partition, and fetches where a batch has one record.
 */
import { ftruncateSync, openSync, writeSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Broker } from '../../../src/index.js'
import { BufferPool } from '../../../src/memory/buffer-pool.js'
import { Frames } from '../../../src/net/frames.js'
import { sharingReads } from '../../../src/net/shared-reads.js'
import { fetch } from '../../../src/wire/apis/fetch.js'
import { decodeResponse } from '../../../src/wire/message-frame.js'

const folder = process.argv[2] as string
const [produceKey, fetchKey, createTopicsKey, deleteTopicsKey] = [0, 1, 19, 20]
/** The place of the correlation id in the header of a request. */
const correlationIdAt = 4
const mostBytes = 100 * 1024 * 1024
/** The bytes at the head of a batch that the broker writes; the rest is as the client sent it. */
const stampedBytes = 16
/** The bytes that follow the batch in a request for one partition. */
const tagBytes = 3

const pool = new BufferPool(8 * 1024 * 1024)
const log = openSync(join(folder, 'requests'), 'w')
let written = 0

/** An answer to a fetch, and the places in it of the batch and the offsets. */
interface Fetched {
  readonly answer: Buffer
  readonly batchAt: number
  readonly batchBytes: number
}

/** The offset in the topic that was made last. */
let offset = 0n
let fetched: Fetched | null = null
let parked: { readonly connection: Connection; readonly correlationId: number } | null = null
let fetches = false

class Connection {
  readonly #frames = new Frames(mostBytes, pool)
  readonly #socket: Socket
  #broker: Socket | null = null
  /** The requests that the broker has not answered yet, in order. */
  readonly #asked: { readonly key: number; readonly version: number }[] = []
  readonly #waiting: Buffer[] = []
  /** The answer to the first request to produce. */
  #produced: Buffer | null = null

  constructor(accepted: Socket) {
    this.#socket = sharingReads(accepted, () => this.#frames.room)
    this.#socket.on('data', chunk => this.#frames.push(chunk, frame => this.#take(frame)))
    this.#socket.on('error', () => {})
    this.#socket.on('end', () => this.#socket.end())
    this.#socket.on('close', () => {
      this.#broker?.destroy()
      if (parked?.connection === this) parked = null
    })
  }

  /** Serves a frame; all frames wait behind those that the broker has not answered yet. */
  #take(frame: Buffer): void {
    if (this.#asked.length > 0) this.#waiting.push(frame)
    else this.#serve(frame)
  }

  #serve(frame: Buffer): void {
    const key = frame.readInt16BE(0)
    if (key === fetchKey && fetched !== null) {
      parked = { connection: this, correlationId: frame.readInt32BE(correlationIdAt) }
    } else if (key === produceKey && this.#produced !== null && (parked !== null || !fetches)) {
      this.#write(frame, this.#produced)
    } else {
      this.#pass(frame, key)
    }
  }

  #write(frame: Buffer, produced: Buffer): void {
    written += writeSync(log, frame, 0, frame.length, written)
    const answer = Buffer.from(produced)
    frame.copy(answer, 4, correlationIdAt, correlationIdAt + 4)
    this.#socket.write(answer)
    if (parked !== null) deliver(frame)
    else offset += 1n
    pool.give(frame)
  }

  send(answer: Buffer): void {
    this.#socket.write(answer)
  }

  #pass(frame: Buffer, key: number): void {
    if (key === produceKey) offset += 1n
    if (key === fetchKey) fetches = true
    if (key === createTopicsKey) {
      offset = 0n
      fetched = null
      parked = null
      fetches = false
    }
    if (key === deleteTopicsKey) {
      ftruncateSync(log)
      written = 0
    }
    this.#asked.push({ key, version: frame.readInt16BE(2) })
    this.#broker ??= this.#connected()
    const length = Buffer.alloc(4)
    length.writeInt32BE(frame.length)
    this.#broker.write(length)
    this.#broker.write(frame)
  }

  #connected(): Socket {
    const frames = new Frames(mostBytes, pool)
    const socket = connect(brokerPort, '127.0.0.1')
    socket.setNoDelay(true)
    socket.on('data', chunk => frames.push(chunk, frame => this.#passBack(frame)))
    socket.on('error', () => {})
    socket.on('close', () => this.#socket.destroy())
    return socket
  }

  #passBack(frame: Buffer): void {
    const { key, version } = this.#asked.shift() as { key: number; version: number }
    const answer = Buffer.alloc(4 + frame.length)
    answer.writeInt32BE(frame.length)
    frame.copy(answer, 4)
    this.#socket.write(answer)
    if (key === produceKey) this.#produced ??= answer
    if (key === fetchKey) fetched ??= fetchedOf(answer, version)
    while (this.#asked.length === 0 && this.#waiting.length > 0) this.#serve(this.#waiting.shift() as Buffer)
  }
}

function fetchedOf(answer: Buffer, version: number): Fetched | null {
  const { response } = decodeResponse(fetch, version, answer.subarray(4))
  const records = response.responses[0]?.partitions[0]?.records as Buffer | null | undefined
  if (!records || records.length === 0) return null
  return { answer, batchAt: records.byteOffset - answer.byteOffset, batchBytes: records.length }
}

/** Hands the batch of a request to the fetch that waits for it. */
function deliver(frame: Buffer): void {
  if (parked === null || fetched === null) return
  const { connection, correlationId } = parked
  const { batchAt, batchBytes } = fetched
  const answer = Buffer.from(fetched.answer)
  answer.writeInt32BE(correlationId, 4)
  frame.copy(answer, batchAt + stampedBytes, frame.length - tagBytes - batchBytes + stampedBytes)
  answer.writeBigInt64BE(offset, batchAt)
  offset += 1n
  const highWatermarkAt = batchAt - (batchBytes < 127 ? 1 : 2) - 4 - 1 - 24
  answer.writeBigInt64BE(offset, highWatermarkAt)
  answer.writeBigInt64BE(offset, highWatermarkAt + 8)
  parked = null
  connection.send(answer)
}

const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, socket => {
  new Connection(socket)
})
server.listen(0, '127.0.0.1')
await new Promise(resolve => server.once('listening', resolve))
const { port } = server.address() as AddressInfo
const broker = await Broker.create({
  dataDir: join(folder, 'data'),
  set: {
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.segment.delete.delay.ms': '100',
  },
})
const brokerPort = Number(broker.bootstrapServers.split(':').at(-1))
console.log(`127.0.0.1:${port}`)
process.once('SIGINT', () => broker.stop().then(() => process.exit()))
