import { after, before, describe, test } from 'node:test'
import type { OttlaProcess } from '../support/ottla-process.js'
import { startBroker } from './broker.js'
import { type Client, missingFor } from './client.js'
import { NotExpressible } from './driver.js'
import { Drivers } from './drivers.js'
import { keep, type Outcome } from './results.js'
import { scenarios } from './scenarios/index.js'
import { World } from './world.js'

const timeout = 120_000

/** Runs every scenario with one client against a broker of its own and keeps the outcomes as the client's column. */
export function run(client: Client): void {
  describe(client.name, { skip: missingFor(client) }, () => {
    const outcomes: Record<string, Outcome> = {}
    let broker: OttlaProcess
    let drivers: Drivers
    let version = ''

    before(async () => {
      const command = client.prepare()
      broker = await startBroker()
      drivers = new Drivers(command, broker.bootstrap)
    })
    after(async () => {
      await drivers?.end()
      await broker?.stop()
      const { name, language, folder } = client
      if (Object.keys(outcomes).length === scenarios.length)
        keep(folder, { client: name, language, version, outcomes })
    })

    for (const [number, { name, run }] of scenarios.entries()) {
      test(name, { timeout }, async t => {
        const world = new World(`scenario-${number + 1}`, drivers)
        outcomes[name] = 'failed'
        try {
          await run(world)
          outcomes[name] = 'passed'
        } catch (error) {
          if (!(error instanceof NotExpressible)) throw error
          outcomes[name] = { cannot: error.message }
          t.skip(error.message)
        } finally {
          version ||= world.version
          await world.close(outcomes[name] === 'passed')
        }
      })
    }
  })
}
