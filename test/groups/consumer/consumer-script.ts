import { consumerGroupDescribe } from '../../../src/wire/apis/consumer-group-describe.js'
import { consumerGroupHeartbeat } from '../../../src/wire/apis/consumer-group-heartbeat.js'
import { offsetCommit } from '../../../src/wire/apis/offset-commit.js'
import { offsetFetch } from '../../../src/wire/apis/offset-fetch.js'
import type { ResponseOf } from '../../../src/wire/schema.js'
import { errorName } from '../coordinator-world.js'
import type { Stage } from './stage.js'

type Heartbeat = Parameters<typeof consumerGroupHeartbeat.request.write>[1]
type Answer = ResponseOf<typeof consumerGroupHeartbeat>
type TopicPartitions = { readonly topicId: string; readonly partitions: readonly number[] }[]

/** A client as scripts know it: what it was told last. */
interface Client {
  readonly name: string
  lives: number
  epoch: number
  seat: string | null
  /** What it was told to have, and whether it has said that it has that. */
  owned: TopicPartitions
  confirmed: boolean
}

/**
 * Plays what happens to a group of KIP-848 as it is written down. A line that begins with `>` is something
 * that happens, the lines after it are what it leads to. There is a topic orders with 4 partitions.
 *
 *     > ann joins                          reading [topics], matching [expression], as [static name], by [assignor], within [ms]
 *     > ann beats                          says what it owns when that is new, and perhaps reading or matching something else
 *     > ann beats holding on               says nothing of what it owns
 *     > ann beats in epoch 3               as if it were its own
 *     > ann leaves | leaves for a while | restarts
 *     > ann commits orders 0               in epoch [n], speaking [version]
 *     > ann asks for offsets               in epoch [n]
 *     > payments is made with 2 partitions
 *     > orders grows to 6 partitions
 *     > 1000 ms pass
 *     > the group is described
 *     > the broker restarts
 */
export class ConsumerScript {
  readonly #clients = new Map<string, Client>()

  constructor(private readonly stage: Stage) {}

  async play(step: string): Promise<string[]> {
    const [who = '', what = '', ...rest] = step.split(' ')
    if (step === 'the group is described') return this.#describe()
    if (step === 'the broker restarts') return silently(this.stage.restart())
    if (step.endsWith(' ms pass')) return silently(this.stage.pass(Number(who)))
    if (rest[0] === 'made') return silently(this.stage.createTopic(who, Number(option(step, 'with'))))
    if (what === 'grows') return silently(this.stage.growTopic(who, Number(option(step, 'to'))))
    const client = this.#client(who)
    switch (what) {
      case 'joins':
        return this.#join(client, step)
      case 'beats':
        return this.#beat(client, step)
      case 'leaves':
        return this.#leave(client, step.endsWith('for a while') ? -2 : -1)
      case 'restarts':
        client.lives++
        return []
      case 'commits':
        return this.#commit(client, step, rest)
      case 'asks':
        return this.#fetch(client, step)
      default:
        throw new Error(`nobody knows how to '${step}'`)
    }
  }

  #client(name: string): Client {
    const known = this.#clients.get(name)
    if (known) return known
    const client = { name, lives: 1, epoch: 0, seat: null, owned: [], confirmed: true }
    this.#clients.set(name, client)
    return client
  }

  async #join(client: Client, step: string): Promise<string[]> {
    client.seat = option(step, 'as') ?? null
    client.owned = []
    const reads = this.#subscription(step)
    const topics =
      reads.subscribedTopicNames ?? (reads.subscribedTopicRegex ? [] : [this.stage.nameOf('orders')])
    return this.#heartbeat(client, {
      memberEpoch: 0,
      topicPartitions: [],
      rebalanceTimeoutMs: Number(option(step, 'within') ?? 60_000),
      serverAssignor: option(step, 'by') ?? null,
      subscribedTopicRegex: reads.subscribedTopicRegex ?? null,
      subscribedTopicNames: topics,
    })
  }

  async #beat(client: Client, step: string): Promise<string[]> {
    const says = client.confirmed || step.includes('holding on') ? null : client.owned
    if (says) client.confirmed = true
    return this.#heartbeat(client, {
      memberEpoch: Number(option(step, 'epoch') ?? client.epoch),
      topicPartitions: says,
      subscribedTopicRegex: null,
      ...this.#subscription(step),
    })
  }

  #leave(client: Client, memberEpoch: number): Promise<string[]> {
    return this.#heartbeat(client, { memberEpoch, subscribedTopicRegex: null })
  }

  async #heartbeat(client: Client, says: Omit<Heartbeat, 'groupId' | 'memberId'>): Promise<string[]> {
    const { name, seat } = client
    const answer = await this.stage.ask(name, consumerGroupHeartbeat, 1, {
      groupId: this.stage.group,
      memberId: idOf(client),
      instanceId: seat,
      ...says,
    })
    if (answer.errorCode !== 0) return [`${name} is told ${errorName(answer.errorCode)}`]
    if (says.memberEpoch < 0) return [`${name} has left`]
    return [this.#told(client, answer)]
  }

  #told(client: Client, { memberEpoch, assignment }: Answer): string {
    client.epoch = memberEpoch
    const is = `${client.name} is in epoch ${memberEpoch}`
    if (!assignment) return is
    client.owned = assignment.topicPartitions.map(each => ({ ...each, partitions: [...each.partitions] }))
    client.confirmed = false
    return `${is} with ${this.#named(client.owned)}`
  }

  #subscription(step: string): { subscribedTopicNames?: string[]; subscribedTopicRegex?: string } {
    const [topics, expression] = [option(step, 'reading'), option(step, 'matching')]
    const names = topics === 'nothing' ? [] : topics?.split(',').map(each => this.stage.nameOf(each))
    return {
      ...(names ? { subscribedTopicNames: names } : {}),
      ...(expression
        ? { subscribedTopicRegex: expression === 'nothing' ? '' : this.stage.expressionOf(expression) }
        : {}),
    }
  }

  async #commit(
    client: Client,
    step: string,
    [topic = '', partition = '']: readonly string[],
  ): Promise<string[]> {
    const version = Number(option(step, 'speaking') ?? 10)
    const { stage } = this
    const offset = {
      partitionIndex: Number(partition),
      committedOffset: 7n,
      committedLeaderEpoch: 0,
      committedMetadata: '',
    }
    const which = version >= 10 ? { topicId: stage.idOf(topic) } : { name: stage.nameOf(topic) }
    const { topics } = await stage.ask(client.name, offsetCommit, version, {
      groupId: stage.group,
      memberId: idOf(client),
      generationIdOrMemberEpoch: Number(option(step, 'epoch') ?? client.epoch),
      groupInstanceId: client.seat,
      topics: [{ ...which, partitions: [offset] }],
    })
    const code = topics[0]?.partitions[0]?.errorCode ?? -1
    return [code === 0 ? `${client.name} has committed` : `${client.name} is told ${errorName(code)}`]
  }

  async #fetch(client: Client, step: string): Promise<string[]> {
    const { stage } = this
    const { groups } = await stage.ask(client.name, offsetFetch, 9, {
      groups: [
        {
          groupId: stage.group,
          memberId: idOf(client),
          memberEpoch: Number(option(step, 'epoch') ?? client.epoch),
          topics: null,
        },
      ],
      requireStable: true,
    })
    const [group] = groups
    if (group?.errorCode) return [`${client.name} is told ${errorName(group.errorCode)}`]
    const offsets = (group?.topics ?? []).flatMap(({ name, partitions }) =>
      partitions.map(
        each => `${stage.topicOf(name ?? '')} ${each.partitionIndex} at ${each.committedOffset}`,
      ),
    )
    return [`${client.name} finds ${offsets.sort().join(', ') || 'nothing'}`]
  }

  async #describe(): Promise<string[]> {
    const { stage } = this
    const { groups } = await stage.ask('admin', consumerGroupDescribe, 1, {
      groupIds: [stage.group],
      includeAuthorizedOperations: false,
    })
    const [group] = groups
    if (group?.errorCode !== 0) return [`the describer is told ${errorName(group?.errorCode ?? -1)}`]
    const members = [...group.members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
    return [
      `the group is ${group.groupState} in epoch ${group.groupEpoch}, assigned in epoch ${group.assignmentEpoch} by ${group.assignorName}`,
      ...members.map(({ memberId, memberEpoch, assignment, targetAssignment, memberType }) => {
        const [has, target] = [assignment, targetAssignment].map(each => this.#named(each.topicPartitions))
        const toHave = has === target ? '' : `, and is to have ${target}`
        return `${memberId} in epoch ${memberEpoch} has ${has}${toHave}${memberType === 0 ? ', by the classic protocol' : ''}`
      }),
    ]
  }

  #named(topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]): string {
    const known = ['orders', 'payments', 'orders-eu', 'orders-us']
    const lines = topics.map(({ topicId, partitions }) => {
      const name = known.find(each => this.stage.idOf(each) === topicId) ?? 'something'
      return `${name} ${[...partitions].sort((a, b) => a - b).join(' ')}`
    })
    return lines.sort().join(' and ') || 'nothing'
  }
}

const idOf = ({ name, lives }: Client): string => (lives > 1 ? `${name}-${lives}` : name)

async function silently(done: Promise<void>): Promise<string[]> {
  await done
  return []
}

function option(step: string, word: string): string | undefined {
  const words = step.split(' ')
  const at = words.indexOf(word)
  return at < 0 ? undefined : words[at + 1]
}
