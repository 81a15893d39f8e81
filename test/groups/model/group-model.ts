import assert from 'node:assert/strict'
import { readAssignment } from '../../../src/groups/shared/embedded-protocol.js'
import type { Reply } from '../../../src/groups/shared/group-requests.js'
import type { Outcomes } from '../../../src/groups/shared/offset-requests.js'
import type { GroupOutcome } from '../../../src/groups/stored/group-facts.js'
import { KafkaError } from '../../../src/wire/errors.js'
import { caller } from '../coordinator-world.js'
import { Invariants } from './invariants.js'
import { LonePartition } from './lone-partition.js'
import { ModelClient } from './model-client.js'
import type { ClientName, Event, Move, Step } from './steps.js'

/** The rounds that the sessions of clients that are gone take, and the rebalances after them. */
const settlingRounds = 22
const nothing: GroupOutcome = { facts: [] }

/** Groups, their clients, and everything that may happen; after each single thing that does, all invariants are looked at. */
export class GroupModel {
  readonly #lone = new LonePartition(act => this.#performed(act))
  readonly #clients = new Map<string, ModelClient>()
  readonly #invariants = new Invariants(this.#lone)
  #waiting = 0
  /** The number of things that have happened. */
  happened = 0

  play(step: Step): void {
    if (step.act === 'work') this.#work(step)
    else if ('client' in step) this.#move(step)
    else this.#event(step)
  }

  /** Lets the clients share out all there is; when time goes on no client waits for an answer any more. */
  end(): void {
    this.#lone.failing = false
    for (let round = 0; round < settlingRounds; round++) {
      for (const client of this.#clients.values()) if (client.memberId !== '') this.#doesWhatItShould(client)
      this.#lone.clock.advance(4000)
    }
    this.#invariants.settled(this.#clients)
    for (let i = 0; i < 20; i++) this.#lone.clock.advance(60_000)
    assert.equal(this.#waiting, 0, 'every request is answered')
  }

  #doesWhatItShould(each: ModelClient): void {
    each.notices(this.#lone.topics)
    const { needs, protocol, name: client, group } = each
    if (needs === 'beat') this.#move({ act: 'beat', holdingOn: false, client, group })
    else if (needs === 'sync') this.#move({ act: 'sync', client, group })
    else if (protocol === 'classic')
      this.#move({ act: 'join classically', cooperative: false, client, group })
    else this.#move({ act: 'join', matching: false, reading: 'orders', client, group })
  }

  #performed(act: () => void, joining?: string): void {
    act()
    this.happened++
    this.#invariants.check(this.#clients, joining)
  }

  #client(group: string, name: ClientName): ModelClient {
    const key = `${group}/${name}`
    const known = this.#clients.get(key)
    if (known) return known
    const client = new ModelClient(group, name)
    this.#clients.set(key, client)
    return client
  }

  /** Has clients in no group join, by either protocol, and the others do their next step. */
  #work({ group, clients, classically }: Extract<Step, { act: 'work' }>): void {
    for (let round = 0; round < 4; round++) {
      for (const name of clients) {
        const client = this.#client(group, name)
        if (client.memberId === '') client.protocol = classically.includes(name) ? 'classic' : 'consumer'
        this.#doesWhatItShould(client)
      }
    }
  }

  #move(move: Move): void {
    const client = this.#client(move.group, move.client)
    if (client.waits && move.act !== 'restart' && move.act !== 'lose the connection') return
    if (move.act === 'beat' && !client.mayBeat) return
    const joins = move.act === 'join' || move.act === 'join classically'
    this.#performed(() => this.#run(() => this.#asked(client, move)), joins ? move.client : undefined)
  }

  /** Runs a command; an error that it throws is its answer. */
  #run(command: () => GroupOutcome): void {
    try {
      this.#lone.run(command)
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
    }
  }

  #asked(client: ModelClient, move: Move): GroupOutcome {
    const { working, topics } = this.#lone
    const from = caller(client.name)
    switch (move.act) {
      case 'join':
        return this.#asking(client, reply => working.beat(client.joining(move), from, reply), client.joined())
      case 'beat':
        if (client.protocol === 'classic') {
          return this.#asking(
            client,
            reply => {
              working.heartbeat(client.classicBeat(), from)
              reply('alive')
              return nothing
            },
            () => {},
          )
        }
        return this.#asking(client, reply => working.beat(client.beat(move), from, reply), client.heard(move))
      case 'join classically':
        return this.#asking(
          client,
          reply => working.join(client.joiningClassically(move, topics), from, 9, reply),
          client.joinedClassically(),
        )
      case 'sync':
        return this.#asking(
          client,
          reply => working.sync(client.syncing(topics), from, reply),
          client.synced(answer => readAssignment(Buffer.from(answer)), topics),
        )
      case 'leave':
      case 'leave for a while':
        return this.#leaves(client, move.act === 'leave for a while')
      case 'restart':
        client.restart()
        return nothing
      case 'lose the connection':
        return working.evict(client.group, client.memberId)
      case 'commit':
        return this.#commits(client, move)
    }
  }

  #leaves(client: ModelClient, forAWhile: boolean): GroupOutcome {
    const { working } = this.#lone
    const from = caller(client.name)
    const left = () => client.restart()
    if (client.protocol === 'classic') {
      const leaving = { memberId: client.memberId, groupInstanceId: client.seat, reason: null }
      return this.#asking(client, reply => working.leave(client.group, [leaving], reply), left)
    }
    return this.#asking(client, reply => working.beat(client.leaving(forAWhile), from, reply), left)
  }

  #commits(client: ModelClient, { partition, asNobody }: Extract<Move, { act: 'commit' }>): GroupOutcome {
    const { working, topics } = this.#lone
    const offset = BigInt(this.happened)
    const identity = asNobody
      ? { memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1 }
      : { memberId: client.memberId, groupInstanceId: client.seat, generationIdOrMemberEpoch: client.epoch }
    const topicId = topics.topic('orders')?.id as string
    const offsets = [{ topic: 'orders', topicId, partition, offset, leaderEpoch: 3, metadata: 'm' }]
    const request = { groupId: client.group, retentionTimeMs: -1n, offsets, ...identity }
    return this.#asking<Outcomes>(
      client,
      reply => working.commit(request, caller(client.name), 9, reply),
      ([outcome]) => {
        if (outcome !== 'NONE') return
        const members = this.#lone.membersOf(client.group)
        const { memberId, generationIdOrMemberEpoch: epoch } = identity
        assert.ok(epoch < 0 ? members.length === 0 : members.includes(memberId), 'only members commit')
        this.#invariants.committed(client.group, partition, offset)
      },
    )
  }

  /** Counts answers: each request gets exactly one. */
  #asking<T>(
    client: ModelClient,
    ask: (reply: Reply<T>) => GroupOutcome,
    answered: (answer: T) => void,
  ): GroupOutcome {
    const life = client.lives
    let answers = 0
    const done = () => {
      assert.equal(++answers, 1, 'a request is answered once')
      this.#waiting--
      if (client.lives === life) client.waits = false
    }
    this.#waiting++
    client.waits = true
    try {
      return ask(answer => {
        done()
        if (client.lives !== life) return
        if (answer instanceof KafkaError) client.refused(answer)
        else answered(answer)
      })
    } catch (thrown) {
      done()
      if (thrown instanceof KafkaError) client.refused(thrown)
      throw thrown
    }
  }

  #event(event: Event): void {
    const { topics, clock } = this.#lone
    if (event.act === 'time passes') {
      clock.advance(event.ms)
      return
    }
    this.#performed(() => {
      switch (event.act) {
        case 'delete the group':
          return this.#run(() =>
            this.#lone.working.delete(event.group, answer => {
              if (!(answer instanceof KafkaError)) this.#invariants.deleted(event.group)
            }),
          )
        case 'delete an offset': {
          const wanted = [{ topic: 'orders', partition: event.partition }]
          return this.#run(() =>
            this.#lone.working.deleteOffsets(event.group, wanted, answer => {
              if (answer instanceof KafkaError || answer[0] !== 'NONE') return
              this.#invariants.deleted(event.group, event.partition)
            }),
          )
        }
        case 'expire offsets':
          this.#invariants.mayExpire()
          for (const id of this.#lone.working.groupIds()) {
            this.#run(() => this.#lone.working.expireOffsets(id, 30_000))
          }
          return
        case 'orders grows': {
          const { length } = topics.topic('orders')?.partitions ?? []
          return length < 8 ? topics.grow('orders', [0]) : undefined
        }
        case 'payments comes':
          return topics.topic('payments') ? undefined : void topics.create('payments', [0, 0])
        case 'payments goes':
          return topics.topic('payments') ? void topics.delete('payments') : undefined
        case 'the next append fails':
          this.#lone.failing = true
          return
        case 'crash':
          return this.#lone.crash()
      }
    })
  }
}
