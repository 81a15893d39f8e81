import type { World } from './world.js'

/** One thing that people do with Kafka, written once for all clients. Its name is its row in the table. */
export interface Scenario {
  readonly name: string
  readonly run: (world: World) => Promise<void>
}
