import type { JoinAnswer, SyncAnswer } from '../../../src/groups/shared/group-requests.js'
import { KafkaError } from '../../../src/wire/errors.js'
import {
  CoordinatorWorld,
  caller,
  errorName,
  joinRequest,
  outcome,
  settle,
  subscription,
  syncRequest,
} from '../coordinator-world.js'

/** A client as scripts know it, by the last answers that it had. */
interface Client {
  readonly name: string
  connectionId: number
  memberId: string
  generation: number
  leads: boolean
  everybody: string[]
  held: string
}

/**
 * Plays a rebalance as it is written down. A line that begins with `>` is something that happens, the
 * lines after it are what it leads to:
 *
 *     > ann joins                          with [protocol], as [static name], speaking v[N], within [ms] of session
 *     > ann syncs                          the leader deals out one share per member
 *     > ann beats | leaves | dies | restarts | commits
 *     > 1000 ms pass
 *     > the group is described
 *     > the broker restarts
 *     > the next append fails
 */
export class RebalanceScript {
  readonly #world: CoordinatorWorld
  readonly #clients = new Map<string, Client>()
  #lines: string[] = []
  #connections = 0

  constructor(settings: Readonly<Record<string, string>>) {
    this.#world = new CoordinatorWorld(settings)
  }

  async play(step: string): Promise<string[]> {
    this.#lines = []
    const [who = '', what = ''] = step.split(' ')
    if (step === 'the group is described') await this.#describe()
    else if (step === 'the broker restarts') this.#world.restart()
    else if (step === 'the next append fails') this.#world.log.failures.push({ kind: 'unavailable' })
    else if (step.endsWith(' ms pass')) await this.#world.advance(Number(who))
    else await this.#act(this.#client(who), what, step)
    await settle()
    return this.#lines
  }

  #client(name: string): Client {
    const known = this.#clients.get(name)
    if (known) return known
    const connectionId = ++this.#connections
    const client: Client = {
      name,
      connectionId,
      memberId: '',
      generation: -1,
      leads: false,
      everybody: [],
      held: '',
    }
    this.#clients.set(name, client)
    return client
  }

  async #act(client: Client, what: string, step: string): Promise<void> {
    const { coordinator } = this.#world
    const me = caller(client.name, client.connectionId)
    switch (what) {
      case 'joins':
        return this.#join(client, step)
      case 'syncs':
        return this.#sync(client, step)
      case 'beats': {
        const beat = {
          groupId: 'shop',
          memberId: client.memberId,
          groupInstanceId: option(step, 'as') ?? null,
          generationId: client.generation,
        }
        return this.#told(client, coordinator.heartbeat(beat, me), () => `${client.name} is alive`)
      }
      case 'leaves': {
        const leaving = { memberId: client.memberId, groupInstanceId: null, reason: null }
        return this.#told(client, coordinator.leave('shop', [leaving], me), ([answer]) =>
          answer?.errorCode
            ? `${client.name} is told ${errorName(answer.errorCode)}`
            : `${client.name} has left`,
        )
      }
      case 'dies':
        coordinator.connectionClosed(client.connectionId)
        return
      case 'restarts':
        coordinator.connectionClosed(client.connectionId)
        client.connectionId = ++this.#connections
        client.memberId = ''
        return
      default:
        throw new Error(`no script knows how to '${step}'`)
    }
  }

  async #join(client: Client, step: string): Promise<void> {
    const protocols = (option(step, 'with') ?? 'range').split(',')
    const request = joinRequest({
      memberId: client.memberId,
      groupInstanceId: option(step, 'as') ?? null,
      sessionTimeoutMs: Number(option(step, 'within') ?? 10_000),
      protocols: protocols.map(name => ({ name, metadata: subscription('orders') })),
    })
    const version = Number(option(step, 'speaking')?.slice(1) ?? 9)
    const joining = this.#world.coordinator.join(request, caller(client.name, client.connectionId), version)
    await this.#told(client, joining, answer => this.#joined(client, answer))
    if (
      this.#lines.at(-1) === `${client.name} is asked to come back as ${client.memberId}` &&
      !step.endsWith('once')
    ) {
      await this.#join(client, step)
    }
  }

  #joined(client: Client, answer: JoinAnswer): string {
    client.memberId = answer.memberId
    if (answer.errorCode !== 0) return `${client.name} is asked to come back as ${answer.memberId}`
    client.generation = answer.generationId ?? -1
    client.leads = answer.leader === answer.memberId
    client.everybody = answer.members.map(({ memberId }) => memberId)
    const place = `${client.name} is ${answer.memberId} in generation ${answer.generationId} by ${answer.protocolName}`
    if (answer.skipAssignment) return `${place}, leads ${client.everybody.join(' and ')}, and need not assign`
    return client.leads ? `${place}, and leads ${client.everybody.join(' and ')}` : place
  }

  async #sync(client: Client, step: string): Promise<void> {
    const assignments = client.leads
      ? client.everybody.map((memberId, i) => ({
          memberId,
          assignment: Buffer.from(`share ${i + 1} of ${client.everybody.length}`),
        }))
      : []
    const request = syncRequest({
      memberId: client.memberId,
      generationId: client.generation,
      groupInstanceId: option(step, 'as') ?? null,
      assignments,
    })
    const syncing = this.#world.coordinator.sync(request, caller(client.name, client.connectionId))
    await this.#told(
      client,
      syncing,
      (answer: SyncAnswer) =>
        `${client.name} holds ${Buffer.from(answer.assignment).toString() || 'nothing'}`,
    )
  }

  async #describe(): Promise<void> {
    const group = await outcome(this.#world.coordinator.describe('shop', caller('admin', 0)))
    if (typeof group === 'string') {
      this.#lines.push('there is no group')
      return
    }
    const members = group.members.map(({ memberId, memberAssignment }) => {
      const held = Buffer.from(memberAssignment).toString()
      return held ? `${memberId} (${held})` : memberId
    })
    this.#lines.push(`the group is ${group.groupState}${members.length > 0 ? `: ${members.join(', ')}` : ''}`)
  }

  /** Writes down the outcome of a request, now or in a later step. */
  async #told<T>(client: Client, request: Promise<T>, say: (answer: T) => string): Promise<void> {
    let answered = false
    request.then(
      answer => {
        answered = true
        this.#lines.push(say(answer))
      },
      (thrown: unknown) => {
        answered = true
        this.#lines.push(
          thrown instanceof KafkaError ? `${client.name} is told ${thrown.errorName}` : String(thrown),
        )
      },
    )
    await settle()
    if (!answered) this.#lines.push(`${client.name} waits`)
  }
}

function option(step: string, word: string): string | undefined {
  const words = step.split(' ')
  const at = words.indexOf(word)
  return at < 0 ? undefined : words[at + 1]
}
