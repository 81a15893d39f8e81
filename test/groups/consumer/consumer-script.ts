import * as admin from './administrator.js'
import * as classic from './classic-client.js'
import * as consumer from './consumer-client.js'
import { newClient, option, type ScriptClient } from './script-client.js'
import type { Stage } from './stage.js'

/**
 * Plays what happens to a group of either protocol as it is written down. A line that begins with `>` is
 * something that happens, the lines after it are what it leads to. There is a topic orders with 4 partitions.
 *
 *     > ann joins                          reading [topics], matching [expression], as [static name], by [assignor], within [ms]
 *     > ann beats                          says what it owns when that is new, and perhaps reading or matching something else
 *     > ann beats holding on               says nothing of what it owns
 *     > ann beats in epoch 3               as if it were its own
 *     > ann leaves | leaves for a while | restarts
 *     > ann commits orders 0               in epoch [n], speaking [version]
 *     > ann asks for offsets               in epoch [n]
 *
 *     > bob joins classically              with [protocols], reading [topics], as [static name], within [ms] of session, rebalancing [ms]
 *     > bob syncs | beats | leaves | restarts | commits orders 0
 *
 *     > the group is described | deleted
 *     > groups are listed                  in states [states] of types [types]
 *     > ann,bob are removed
 *     > offset 0 of orders is deleted
 *     > payments is made with 2 partitions
 *     > orders grows to 6 partitions
 *     > 1000 ms pass
 *     > the broker restarts
 */
export class ConsumerScript {
  readonly #clients = new Map<string, ScriptClient>()
  /** The names of clients, by the ids that they have or had as members of the classic protocol. */
  readonly #names = new Map<string, string>()
  /** The answers since the step began to clients that had to wait. */
  #late: string[] = []

  constructor(private readonly stage: Stage) {}

  async play(step: string): Promise<string[]> {
    this.#late = []
    const lines = await this.#act(step)
    if ([...this.#clients.values()].some(({ waits }) => waits)) await this.stage.settle()
    return [...lines, ...this.#late.sort()]
  }

  async #act(step: string): Promise<string[]> {
    const { stage } = this
    const [who = '', what = '', ...rest] = step.split(' ')
    const nameOf = (memberId: string) => this.#names.get(memberId) ?? memberId
    if (step === 'the group is described') return admin.describe(stage, nameOf)
    if (step === 'the group is deleted') return [await admin.deleteGroup(stage)]
    if (step.startsWith('groups are listed')) return [await admin.list(step, stage)]
    if (step.endsWith(' are removed'))
      return admin.remove(
        who.split(',').map(each => this.#client(each)),
        stage,
      )
    if (who === 'offset') return [await admin.deleteOffset(option(step, 'of') ?? '', Number(what), stage)]
    if (step === 'the broker restarts') return silently(stage.restart())
    if (step.endsWith(' ms pass')) return silently(stage.pass(Number(who)))
    if (rest[0] === 'made') return silently(stage.createTopic(who, Number(option(step, 'with'))))
    if (what === 'grows') return silently(stage.growTopic(who, Number(option(step, 'to'))))
    const client = this.#client(who)
    if (what === 'restarts') {
      Object.assign(client, { lives: client.lives + 1, speaksClassic: false })
      return []
    }
    return this.#heard(client, this.#does(client, what, step, nameOf))
  }

  #does(client: ScriptClient, what: string, step: string, nameOf: (id: string) => string): Promise<string> {
    const { stage } = this
    if (what === 'joins') {
      return step.includes('classically')
        ? classic.join(client, step, stage)
        : consumer.join(client, step, stage)
    }
    if (what === 'beats') return (client.speaksClassic ? classic : consumer).beat(client, step, stage)
    if (what === 'leaves') {
      return client.speaksClassic ? classic.leave(client, stage) : consumer.leave(client, step, stage)
    }
    if (what === 'syncs') return classic.sync(client, stage, nameOf)
    if (what === 'commits') return consumer.commit(client, step, stage)
    if (what === 'asks') return consumer.fetchOffsets(client, step, stage)
    throw new Error(`no script knows how to '${step}'`)
  }

  /** Returns the answer to a client as lines: now, or in a later step. */
  async #heard(client: ScriptClient, telling: Promise<string>): Promise<string[]> {
    if (client.waits) throw new Error(`${client.name} still waits`)
    client.waits = true
    let now: string | null = null
    let isLate = false
    const heard = telling.then(line => {
      client.waits = false
      this.#named(client)
      if (isLate) this.#late.push(line)
      else now = line
    })
    await Promise.race([heard, this.stage.settle()])
    isLate = true
    this.#named(client)
    return [now ?? `${client.name} waits`]
  }

  #named({ speaksClassic, memberId, name }: ScriptClient): void {
    if (speaksClassic && memberId !== '') this.#names.set(memberId, name)
  }

  #client(name: string): ScriptClient {
    const known = this.#clients.get(name)
    if (known) return known
    const client = newClient(name)
    this.#clients.set(name, client)
    return client
  }
}

async function silently(done: Promise<void>): Promise<string[]> {
  await done
  return []
}
