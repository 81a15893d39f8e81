import { setTimeout as sleep } from 'node:timers/promises'
import { decodeResponse } from '../../src/wire/message-frame.js'
import type { Api, Decoded, Draft, Fields } from '../../src/wire/schema.js'
import { RawClient } from '../../test/support/raw-client.js'
import type { Exchange } from './transcript.js'

const closed = 'the connection is closed'

/** One connection of a scenario. Answers stand in the transcript in the order in which they were asked for. */
export class Caller {
  /** The time that an answer may take before it counts as missing. */
  patienceMs = 20_000

  private constructor(
    private readonly client: RawClient,
    private readonly transcript: Exchange[],
  ) {}

  static async connect(port: number, clientId: string | null, transcript: Exchange[]): Promise<Caller> {
    return new Caller(await RawClient.connect(port, { clientId }), transcript)
  }

  async ask<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    const keep = this.keep(api, version)
    try {
      const answer = await this.quietly(api, version, request)
      keep(answer)
      return answer
    } catch (thrown) {
      keep((thrown as Error).message)
      throw thrown
    }
  }

  async quietly<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    this.client.tell(api, version, request)
    const frame = await this.#frame(`${api.name} v${version}`)
    if (!frame) throw new Error(closed)
    return decodeResponse(api, version, frame).response
  }

  /** Asks a request that the broker may answer by closing the connection, which then is the answer. */
  async dare<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<void> {
    await this.ask(api, version, request).catch(() => {})
  }

  /** Sends a request that has no answer; the transcript says so. */
  tell<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): void {
    this.client.tell(api, version, request)
  }

  /** Sends a frame as it is and keeps the bytes of the answer, or that there is none. */
  async send(what: string, frame: Buffer): Promise<void> {
    const exchange: Exchange = { asked: what, answered: undefined }
    this.transcript.push(exchange)
    this.client.send(frame)
    exchange.answered = (await this.#frame(what)) ?? closed
  }

  /** Sends bytes without a length before them, and keeps the answer. */
  async write(what: string, bytes: Buffer): Promise<void> {
    const exchange: Exchange = { asked: what, answered: undefined }
    this.transcript.push(exchange)
    this.client.write(bytes)
    exchange.answered = (await this.#frame(what)) ?? closed
  }

  /** Notes that the broker ends the connection without another answer. */
  async ends(): Promise<void> {
    const exchange: Exchange = { asked: 'nothing more', answered: undefined }
    this.transcript.push(exchange)
    exchange.answered = (await this.#frame('the end')) ?? closed
  }

  /** A place in the transcript, to be filled with the answer. */
  keep(api: Api, version: number): (answer: unknown) => void {
    const exchange: Exchange = { asked: `${api.name} v${version}`, answered: undefined }
    this.transcript.push(exchange)
    return answer => {
      exchange.answered = answer
    }
  }

  close(): void {
    this.client.destroy()
  }

  async #frame(what: string): Promise<Buffer | null> {
    const giveUp = new AbortController()
    const late = sleep(this.patienceMs, 'late' as const, { signal: giveUp.signal }).catch(
      () => 'late' as const,
    )
    const frame = await Promise.race([this.client.frame(), late])
    giveUp.abort()
    if (frame === 'late') throw new Error(`no answer to ${what} within ${this.patienceMs} ms`)
    return frame
  }
}
