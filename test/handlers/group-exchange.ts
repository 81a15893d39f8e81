import type { Handler, RequestContext } from '../../src/handlers/shared/handler.js'
import type { Parts } from '../../src/handlers/shared/parts.js'
import { KafkaError } from '../../src/wire/errors.js'
import { Reader } from '../../src/wire/reader.js'
import { type Api, dialectOf } from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'
import { CoordinatorWorld } from '../groups/coordinator-world.js'

/** A client that asks handlers through the wire, so that each version carries what it can and no more. */
export class GroupExchange {
  readonly world: CoordinatorWorld

  constructor(settings: Readonly<Record<string, string>> = {}, leaders: readonly number[] = [0, 0, 0]) {
    this.world = new CoordinatorWorld(settings, leaders)
  }

  /** The response as its bytes tell it, whatever type the test expects of it. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into responses of every API
  async ask(handler: Handler<any>, version: number, request: object, connectionId = 1): Promise<any> {
    const { api } = handler
    const context = this.#context(version, connectionId)
    const decoded = throughWire(api, version, api.request, request)
    const response = await this.#answer(handler, decoded, context)
    return throughWire(api, version, api.response, response)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async #answer(handler: Handler<any>, request: object, context: RequestContext): Promise<object> {
    try {
      return (await handler.handle(request, context)) as object
    } catch (thrown) {
      return handler.refuse(request, context.explain(thrown), context.version)
    }
  }

  #context(version: number, connectionId: number): RequestContext {
    const { world } = this
    const cluster = {
      clusterId: 'test',
      controllerId: () => 0,
      nodes: () => [0, 1].map(id => ({ id, rack: null, alive: true, addresses: [addressOf(9092 + id)] })),
    }
    const { config, clock, coordinator } = world
    const broker = { config, clock, cluster, metadata: world.topics.store, groups: coordinator }
    return {
      broker: broker as unknown as Parts,
      connection: {
        id: connectionId,
        nodeId: 0,
        localAddress: '127.0.0.1',
        localPort: 9092,
        remoteAddress: '10.0.0.7',
        remotePort: 50_000,
        isClosed: false,
        takenBytes: 0,
        onHurry: () => undefined,
        holds: () => undefined,
        onSent: () => undefined,
        mute: () => undefined,
        free: () => undefined,
      },
      version,
      quota: null,
      clientId: 'ann',
      explain(thrown) {
        if (thrown instanceof KafkaError) return thrown
        throw thrown
      },
    }
  }
}

const addressOf = (port: number) => ({
  listener: 'PLAINTEXT',
  localPort: port,
  host: 'elsewhere',
  port,
  fixed: false,
})

function throughWire(api: Api, version: number, type: Api['request'], value: object): object {
  const writer = new Writer()
  const dialect = dialectOf(api, version)
  type.write(writer, value as Parameters<typeof type.write>[1], dialect)
  return type.read(new Reader(writer.finish()), dialect)
}

export function versionsOf({ api }: { readonly api: Api }): number[] {
  const [oldest, newest] = api.versions
  return Array.from({ length: newest - oldest + 1 }, (_, i) => oldest + i)
}
