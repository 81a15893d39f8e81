import { inTurns, Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import { encodeFact, type MetadataDraft } from './metadata-serde.js'

/** Of the topics, partitions or settings that are changed in one append, so that none holds the others for long. */
const mostAtOnce = 500
/** More is appended in parts, unless it is one change. */
const mostBytesAtOnce = 4 * 1024 * 1024

/** A change that was checked against what is kept so far. */
export interface PlannedChange {
  /** Its name: of two changes with the same one the second is planned when the first is kept. */
  readonly about: string
  readonly facts: readonly MetadataDraft[]
  /** To how many facts it compares in the work that it makes; without it to its own. */
  readonly weight?: number
}

type Append = (values: readonly Buffer[], turns: Turns) => Promise<void>

/**
 * Changes that are asked for together. As many of them as may be are kept by one append (group commit), each as a whole,
 * and each is answered for itself: with null once it is kept, or with why it is not.
 */
export class GatheredChanges {
  readonly #answers: (KafkaError | null)[] = []
  readonly #turns = new Turns()
  /** What the next append is to keep: the values of the facts, and the changes by their names and places. */
  #values: Buffer[] = []
  #names = new Set<string>()
  #places: number[] = []
  #bytes = 0
  #weight = 0

  constructor(private readonly append: Append) {}

  /** Plans each in turn. What a plan throws is its answer; anything but a KafkaError is a bug, and ends all of it. */
  async all(plans: Iterable<() => PlannedChange>): Promise<readonly (KafkaError | null)[]> {
    for (const plan of plans) {
      this.#answers.push(null)
      await this.#orRefusal([this.#answers.length - 1], () => this.#add(plan))
      const pause = this.#turns.pause()
      if (pause) await pause
    }
    await this.#flush()
    return this.#answers
  }

  async #add(plan: () => PlannedChange): Promise<void> {
    let change = plan()
    if (this.#names.has(change.about)) {
      await this.#flush()
      change = plan()
    }
    const { about, facts, weight = facts.length } = change
    const values = await inTurns(facts, fact => encodeFact(fact), this.#turns)
    const bytes = values.reduce((sum, { length }) => sum + length, 0)
    if (this.#weight + weight > mostAtOnce || this.#bytes + bytes > mostBytesAtOnce) await this.#flush()
    for (const value of values) this.#values.push(value)
    this.#names.add(about)
    this.#places.push(this.#answers.length - 1)
    this.#bytes += bytes
    this.#weight += weight
  }

  async #flush(): Promise<void> {
    const [values, places] = [this.#values, this.#places]
    this.#values = []
    this.#names = new Set()
    this.#places = []
    this.#bytes = 0
    this.#weight = 0
    if (values.length > 0) await this.#orRefusal(places, () => this.append(values, this.#turns))
  }

  async #orRefusal(places: readonly number[], work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
      for (const place of places) this.#answers[place] = thrown
    }
  }
}

/** Facts that are each for themselves, as what becomes of all partitions at a start, in parts that are not too large. */
export function* inParts(values: readonly Buffer[]): Generator<readonly Buffer[]> {
  let part: Buffer[] = []
  let bytes = 0
  for (const value of values) {
    if (part.length > 0 && bytes + value.length > mostBytesAtOnce) {
      yield part
      part = []
      bytes = 0
    }
    part.push(value)
    bytes += value.length
  }
  yield part
}
