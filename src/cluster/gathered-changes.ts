import { inTurns, Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import { encodeFact, type MetadataDraft } from './metadata-serde.js'

/**
 * The number of topics, partitions or settings that are changed in one append, so that none holds the others for long.
 */
const mostAtOnce = 250
/** The number of bytes in one append: more are appended in parts, unless they are one change. */
const mostBytesAtOnce = 4 * 1024 * 1024

/** A change that was checked against what is kept so far. */
export interface PlannedChange {
  /** The name of the change: of two changes with the same one the second is planned when the first is kept. */
  readonly about: string
  readonly facts: readonly MetadataDraft[]
  /** The number of facts that would make as much work; without it the number of its own facts. */
  readonly weight?: number
}

type Append = (values: readonly Buffer[], turns: Turns) => Promise<void>

/**
 * Changes that are asked for together. One append keeps as many of them as fit (group commit), each as a whole, and
 * each has an answer of its own: null once it is kept, or the reason why it is not.
 */
export class GatheredChanges {
  readonly #answers: (KafkaError | null)[] = []
  readonly #turns = new Turns()
  /** The next append keeps these: the values of the facts, and the changes by their names and places. */
  #values: Buffer[] = []
  #names = new Set<string>()
  #places: number[] = []
  #bytes = 0
  #weight = 0

  constructor(private readonly append: Append) {}

  /**
   * Plans each in turn. A KafkaError that a plan throws is its answer; any other error is a bug, and ends all of it.
   */
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

/** Splits facts that need not be kept together, as those of all partitions at a start, into parts of bounded size. */
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
