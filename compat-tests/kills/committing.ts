import assert from 'node:assert/strict'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.js'
import type { Session } from './session.js'
import type { Work } from './work.js'

const topic = 'read-by-groups'
const groups = 5

/** Commits offsets, each greater than the one before. */
export class Committing implements Work {
  readonly name = 'committing offsets'
  readonly #acknowledged = Array.from({ length: groups }, () => -1n)
  readonly #sent = Array.from({ length: groups }, () => -1n)
  #next = 0n

  get summary(): string {
    return `${this.#next} commits of ${groups} groups`
  }

  async prepare(session: Session): Promise<void> {
    await session.create(topic, 1)
    const ask = () => session.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId(0)] })
    await session.patiently(ask, answer => answer.coordinators[0]?.errorCode ?? -1)
  }

  async step(session: Session): Promise<void> {
    const committedOffset = this.#next++
    const group = Number(committedOffset) % groups
    this.#sent[group] = committedOffset
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset }] }]
    const ask = () => session.ask(offsetCommit, 8, { groupId: groupId(group), memberId: '', topics })
    await session.patiently(ask, answer => answer.topics[0]?.partitions[0]?.errorCode ?? -1)
    this.#acknowledged[group] = committedOffset
  }

  async check(session: Session): Promise<void> {
    for (let group = 0; group < groups; group++) {
      const topics = [{ name: topic, partitionIndexes: [0] }]
      const ask = () => session.ask(offsetFetch, 8, { groups: [{ groupId: groupId(group), topics }] })
      const answer = await session.patiently(ask, ({ groups: [first] }) => first?.errorCode ?? -1)
      const found = answer.groups[0]?.topics[0]?.partitions[0]?.committedOffset
      const possible = [this.#acknowledged[group], this.#sent[group]]
      assert.ok(
        possible.includes(found),
        `${groupId(group)} is at ${found}, and not at ${possible.join(' or ')}`,
      )
    }
  }
}

const groupId = (group: number): string => `readers-${group}`
