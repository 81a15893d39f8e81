/**
 * Joins classic groups with a connection for each member and prints a line; for each line that it reads all
 * members send heartbeats, one after another, and it prints a line again.
 */
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { findCoordinator } from '../../../src/wire/apis/find-coordinator.js'
import { heartbeat } from '../../../src/wire/apis/heartbeat.js'
import { joinGroup } from '../../../src/wire/apis/join-group.js'
import { syncGroup } from '../../../src/wire/apis/sync-group.js'
import { RawClient } from '../../../test/support/raw-client.js'

const { bootstrap, groups, members, heartbeats } = JSON.parse(process.argv[2] as string) as {
  bootstrap: string
  groups: number
  members: number
  heartbeats: number
}
const port = Number(bootstrap.split(':').at(-1))
const sessionTimeoutMs = 300_000
/** The errors of coordinators that load, are not there yet or have not taken the group over yet. */
const notYet = [14, 15, 16]
const rebalancing = 27
const groupsAtOnce = 400

class Member {
  memberId = ''
  generationId = -1

  constructor(
    readonly client: RawClient,
    readonly groupId: string,
  ) {}

  /** Joins, and again while others join, until all of them are of one generation. */
  async settle(all: readonly Member[]): Promise<void> {
    let isMember = false
    while (!isMember || all.some(each => each.generationId !== this.generationId)) {
      if (!isMember) isMember = await this.#join()
      else if (await this.beat()) await pause(50)
      else isMember = false
    }
  }

  /** False where the group wants its members to join again. */
  async beat(): Promise<boolean> {
    const { groupId, generationId, memberId } = this
    return this.#isSettled(
      await asked(() => this.client.ask(heartbeat, 2, { groupId, generationId, memberId })),
    )
  }

  /** Joins in the version where a member id is given at once. */
  async #join(): Promise<boolean> {
    const { client, groupId } = this
    const { errorCode, ...joined } = await asked(() =>
      client.ask(joinGroup, 3, {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs: sessionTimeoutMs,
        memberId: this.memberId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(20) }],
      }),
    )
    if (!this.#isSettled({ errorCode })) return false
    const { memberId, generationId, leader } = joined
    Object.assign(this, { memberId, generationId })
    const all = leader === memberId ? joined.members : []
    const assignments = all.map(each => ({ memberId: each.memberId, assignment: Buffer.alloc(20) }))
    const sync = { groupId, generationId, memberId, assignments }
    return this.#isSettled(await asked(() => client.ask(syncGroup, 2, sync)))
  }

  #isSettled({ errorCode }: Answer): boolean {
    if (errorCode !== 0 && errorCode !== rebalancing) throw new Error(`A request failed with ${errorCode}`)
    return errorCode === 0
  }
}

interface Answer {
  readonly errorCode: number
}

/** Asks again until there is a coordinator. */
async function asked<T extends Answer>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (!notYet.includes(answer.errorCode)) return answer
    await pause(200)
  }
}

async function joinAll(groupId: string): Promise<Member[]> {
  const clients = await Promise.all(Array.from({ length: members }, () => RawClient.connect(port)))
  const all = clients.map(client => new Member(client, groupId))
  await Promise.all(all.map(each => each.settle(all)))
  return all
}

/** The first answer may take a while: the topic of all groups is made for it. */
async function untilThereIsACoordinator(): Promise<void> {
  const client = await RawClient.connect(port)
  await asked(() => client.ask(findCoordinator, 1, { key: 'group-0', keyType: 0 }))
  client.destroy()
}

await untilThereIsACoordinator()
const joined: Member[] = []
const names = Array.from({ length: groups }, (_, i) => `group-${i}`)
await Promise.all(
  Array.from({ length: groupsAtOnce }, async () => {
    for (let name = names.pop(); name; name = names.pop()) joined.push(...(await joinAll(name)))
  }),
)
console.log('joined')
for await (const _ of createInterface({ input: process.stdin })) {
  for (let i = 0; i < heartbeats; i++) await Promise.all(joined.map(member => member.beat()))
  console.log('beaten')
}
