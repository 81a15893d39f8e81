import assert from 'node:assert/strict'
import { buildBatch } from '../../src/records/record-batch.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import type { Session } from './session.js'
import { bytesOf, type Random, text, type Work } from './work.js'

const prefix = 'short-lived-'
const names = 6
const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Null while nothing is known: a request about it was not answered. */
type Known = { readonly id: string; readonly written: boolean } | 'gone' | null

/** Creates topics, writes to them, deletes them, and creates them again under the same names. */
export class TopicMaking implements Work {
  readonly name = 'making and deleting topics'
  readonly #known = new Map<string, Known>()
  #made = 0
  #deleted = 0

  constructor(private readonly random: Random) {}

  get summary(): string {
    return `${this.#made} topics made, ${this.#deleted} deleted`
  }

  async prepare(): Promise<void> {
    for (let i = 0; i < names; i++) this.#known.set(`${prefix}${i}`, 'gone')
  }

  async step(session: Session): Promise<void> {
    const name = `${prefix}${Math.floor(this.random() * names)}`
    const known = this.#known.get(name) as Known
    this.#known.set(name, null)
    if (known === 'gone') {
      const id = await session.create(name, 3)
      this.#made += 1
      const records = [{ timestampMs: BigInt(Date.now()), key: null, value: bytesOf(id) }]
      await session.append(name, 1, await buildBatch({ records }))
      this.#known.set(name, { id, written: true })
    } else {
      const ask = () => session.ask(deleteTopics, 6, { topics: [{ name, topicId: noId }], timeoutMs: 10_000 })
      await session.patiently(ask, ({ responses: [first] }) => first?.errorCode ?? -1)
      this.#deleted += 1
      this.#known.set(name, 'gone')
    }
  }

  async check(session: Session): Promise<void> {
    const { topics } = await session.ask(metadata, 12, { topics: null })
    for (const [name, known] of this.#known) {
      const found = topics.find(topic => topic.name === name)
      if (known === 'gone') assert.equal(found, undefined, `${name} was deleted`)
      else if (known) assert.equal(found?.topicId, known.id, `${name} was made`)
      this.#known.set(name, found ? await this.#seen(session, name, found.topicId, known) : 'gone')
    }
  }

  /** Nothing of an earlier topic of the same name shows through. */
  async #seen(session: Session, name: string, id: string, known: Known): Promise<Known> {
    const values = (await session.read(name, 1, 0n)).map(({ value }) => text(value))
    if (known !== null && known !== 'gone' && known.written) assert.deepEqual(values, [id])
    else assert.ok(values.length === 0 || values.join() === id, `${name} holds records of another topic`)
    return { id, written: values.length > 0 }
  }
}
