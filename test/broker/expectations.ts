import assert from 'node:assert/strict'

/** The content that a broker has shown. */
export interface Seen {
  /** The id of each topic and the number of its partitions, as `id:3`, by the topic's name. */
  readonly topics: ReadonlyMap<string, string>
  /** Settings and committed offsets, by their own names. */
  readonly values: ReadonlyMap<string, string>
  /** The values of records, by topic id and partition, as `id/0`. */
  readonly records: ReadonlyMap<string, readonly string[]>
}

/** The circumstances under which the content was seen. */
export interface Moment {
  /** True where the client has asked for nothing since the start. */
  readonly isAtStart: boolean
  /**
   * True where the disk has no room, or the process no descriptor, to keep the leftovers of a crash: then readers wait.
   */
  readonly mayHide: boolean
}

/** Stands for a topic whose id the client does not know, since its creation was answered with an error. */
const newTopic = '?'
const gone = '-'

interface Sent {
  readonly value: string
  readonly isAcknowledged: boolean
}

/**
 * The content that a broker may hold by the answers that its client had. An acknowledged change must be there; one that
 * was answered with an error may be there or not. A change that was seen once counts as acknowledged. One that is not
 * seen after a start does not come later.
 */
export class Expectations {
  readonly #topics = new Map<string, Set<string>>()
  readonly #values = new Map<string, Set<string>>()
  readonly #sent = new Map<string, Sent[]>()
  readonly #ids = new Set<string>()

  /** A topic is to be as `id:partitions` says, or null for not at all. */
  topic(name: string, state: string | null, isAcknowledged: boolean): void {
    if (state !== null) this.#ids.add(idOf(state))
    note(this.#topics, name, state ?? gone, isAcknowledged)
  }

  /** Notes that a client asked for a topic, and does not know whether the broker made it. */
  maybeCreated(name: string): void {
    note(this.#topics, name, newTopic, false)
  }

  value(name: string, value: string, isAcknowledged: boolean): void {
    note(this.#values, name, value, isAcknowledged)
  }

  record(topicId: string, partition: number, value: string, isAcknowledged: boolean): void {
    const key = `${topicId}/${partition}`
    this.#sent.set(key, [...(this.#sent.get(key) ?? []), { value, isAcknowledged }])
  }

  /** Fails for content that the answers rule out. */
  check({ topics, values, records }: Seen, moment: Moment): void {
    const { isAtStart } = moment
    for (const name of new Set([...this.#topics.keys(), ...topics.keys()])) {
      const found = topics.get(name) ?? gone
      const allowed = this.#topics.get(name) ?? new Set([gone])
      const isNew = allowed.has(newTopic) && found !== gone && !this.#ids.has(idOf(found))
      assert.ok(
        allowed.has(found) || isNew,
        `topic ${name} is ${found} instead of ${[...allowed].join(' or ')}`,
      )
      if (isNew || isAtStart || isNewest(allowed, found))
        this.topic(name, found === gone ? null : found, true)
    }
    for (const [name, value] of values) {
      const allowed = this.#values.get(name) ?? new Set([value])
      assert.ok(allowed.has(value), `${name} is ${value} instead of ${[...allowed].join(' or ')}`)
      // A coordinator that was in doubt tells of what its log holds before it is kept.
      if (isAtStart || (name !== 'committed' && isNewest(allowed, value))) this.value(name, value, true)
    }
    for (const [key, found] of records) this.#checkRecords(key, found, moment)
  }

  #checkRecords(key: string, found: readonly string[], { isAtStart, mayHide }: Moment): void {
    const sent = this.#sent.get(key) ?? []
    for (const { value, isAcknowledged } of sent) {
      const isThere = !isAcknowledged || mayHide || found.includes(value)
      assert.ok(isThere, `${key} lost ${value}, and has ${found.join()}`)
    }
    const inOrder = sent.filter(({ value }) => found.includes(value)).map(({ value }) => value)
    assert.deepEqual(found, inOrder, `${key} holds something else than what was sent, in its order and once`)
    const left = sent.filter(({ value }) => !isAtStart || mayHide || found.includes(value))
    this.#sent.set(
      key,
      left.map(({ value, isAcknowledged }) => ({
        value,
        isAcknowledged: isAcknowledged || found.includes(value),
      })),
    )
  }
}

const idOf = (state: string): string => state.slice(0, state.lastIndexOf(':'))

const isNewest = (allowed: ReadonlySet<string>, found: string): boolean => [...allowed].at(-1) === found

function note(all: Map<string, Set<string>>, name: string, value: string, isAcknowledged: boolean): void {
  const before = new Set(isAcknowledged ? [] : (all.get(name) ?? [gone]))
  before.delete(value)
  all.set(name, before.add(value))
}
