import { BrokerConfig } from '../../src/config/broker-config.js'
import type { Dispatch } from '../../src/dispatch/dispatch.js'
import type { Connection } from '../../src/handlers/shared/connection.js'
import { ReplyBudget } from '../../src/memory/reply-budget.js'
import { RequestBudget } from '../../src/memory/request-budget.js'
import { type Listener, listen } from '../../src/net/listener.js'
import { ManualClock } from '../support/manual-clock.js'
import { RawClient } from '../support/raw-client.js'

interface Given {
  readonly dispatch?: Dispatch
  readonly host?: string
  readonly settings?: Readonly<Record<string, string>>
}

const graceMs = 1000
const echo: Dispatch = async frame => [frame]

/** A port with a test's dispatch behind it, its clock, its log and its clients. */
export class ServedPort implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly logged: string[] = []
  readonly closed: Connection[] = []
  readonly #clients: RawClient[] = []
  #onClosed = () => {}
  replies!: ReplyBudget
  #listener!: Listener

  static async open({ dispatch = echo, host = '127.0.0.1', settings = {} }: Given = {}): Promise<ServedPort> {
    const port = new ServedPort()
    const log = (message: string) => void port.logged.push(message)
    const config = new BrokerConfig(new Map(Object.entries(settings)))
    const replies = new ReplyBudget(
      {
        maxBytes: config.number('ottla.reply.memory.max.bytes'),
        patienceMs: config.number('ottla.reply.patience.ms'),
      },
      port.clock,
    )
    port.replies = replies
    port.#listener = await listen({
      host,
      port: 0,
      nodeId: 0,
      dispatch,
      closed: connection => {
        port.closed.push(connection)
        port.#onClosed()
      },
      config,
      replies,
      requests: new RequestBudget(config.number('ottla.request.memory.max.bytes'), port.clock),
      keepAlive: true,
      logger: { debug() {}, info: log, warn: log, error: log },
      clock: port.clock,
    })
    return port
  }

  get number(): number {
    return this.#listener.address.port
  }

  async client(host = '127.0.0.1'): Promise<RawClient> {
    const client = await RawClient.connect(this.number, { host })
    this.#clients.push(client)
    return client
  }

  /** Waits until the broker's side of so many connections is gone. */
  async untilClosed(count: number): Promise<void> {
    while (this.closed.length < count) {
      await new Promise<void>(resolve => {
        this.#onClosed = resolve
      })
    }
  }

  /** Lets the sockets move for a good while, measured in exchanges of another client. */
  async settle(): Promise<void> {
    const other = await this.client()
    for (let i = 0; i < 30; i++) {
      other.send(request(`settle ${i}`))
      await other.frame()
    }
    other.destroy()
  }

  close(): Promise<void> {
    return this.#listener.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy()
    const closed = this.close()
    this.clock.advance(graceMs) // nobody answers what a test left open
    await closed
  }
}

const [metadataKey, fetchKey] = [3, 1]

/** A frame that is no fetch, as far as the network can tell. */
export const request = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0, metadataKey]), Buffer.from(text)])
export const fetchRequest = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0, fetchKey]), Buffer.from(text)])
export const textOf = (frame: Buffer | null): string | null => frame?.toString('utf8', 2) ?? null
