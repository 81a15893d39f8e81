import type { Clock } from '../time/clock.js'
import type { Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import {
  type NamedPartition,
  type Remembered,
  SessionPartitions,
  type Told,
  type WantedPartition,
} from './session-partitions.js'

export interface SessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly usesTopicIds: boolean
  /** The partitions that the client wants. One that is named twice keeps its place and gets what was said last. */
  readonly wanted: readonly WantedPartition[]
  readonly forgotten: readonly NamedPartition[]
}

export interface Answered extends Told {
  readonly errorCode: number
  readonly bytes: number
  /** True where the answer has something else that the client must be told. */
  readonly diverged?: boolean
}

/** A fetch with all that its session adds to it. */
export interface SessionFetch {
  readonly partitions: readonly WantedPartition[]
  /**
   * Takes in the answer about the partition at this place; it is called in the order of the partitions. Returns whether
   * the client must be told of it.
   */
  tell(at: number, answer: Answered): boolean
  /** Ends the fetch, after the last `tell`. Returns the id of the session; 0 where there is none. */
  end(): number
  /**
   * Ends the fetch where its client gets nothing yet: no `tell` comes. Returns the id of the session; 0 where there is
   * none, and none begins.
   */
  throttle(): number
}

interface Session {
  readonly id: number
  readonly createdMs: number
  epoch: number
  lastUsedMs: number
  readonly partitions: SessionPartitions
}

const initialEpoch = 0
const finalEpoch = -1
const largestEpoch = 2 ** 31 - 1
/** A session is safe from eviction for so long (Kafka's MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS). */
const evictableAfterMs = 120_000
/**
 * Bounds the partitions that all sessions remember together. Kafka has no such bound: there, clients decide how much it
 * remembers.
 */
const partitionsPerSlot = 200

/**
 * Serves incremental fetches (KIP-227): the broker remembers what a client wants, so that a fetch names only what
 * changed, and its answer only what is new.
 */
export class FetchSessions {
  /** The sessions in the order of their last use. */
  readonly #sessions = new Map<number, Session>()
  #partitions = 0
  #lastId = 0

  constructor(
    private readonly most: number,
    private readonly clock: Clock,
  ) {}

  get count(): number {
    return this.#sessions.size
  }

  /** Begins a fetch. Throws FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH or FETCH_SESSION_TOPIC_ID_ERROR. */
  begin(request: SessionRequest): SessionFetch {
    const beginning = this.#beginning(request)
    if (beginning) return beginning(partitionsOf(request))
    const session = this.#continued(request)
    this.#change(session, partitions => {
      for (const each of request.wanted) partitions.want(each)
      for (const each of request.forgotten) partitions.forget(each)
    })
    return this.#next(session, request)
  }

  /** Begins a fetch of many partitions, and lets other work run in between. */
  async beginInTurns(request: SessionRequest, turns: Turns): Promise<SessionFetch> {
    const beginning = this.#beginning(request)
    if (beginning) return beginning(await partitionsInTurns(request, turns))
    const session = this.#continued(request)
    for (const some of slices(request.wanted)) {
      this.#change(session, partitions => {
        for (const each of some) partitions.want(each)
      })
      const pause = turns.pause()
      if (pause) await pause
    }
    for (const some of slices(request.forgotten)) {
      this.#change(session, partitions => {
        for (const each of some) partitions.forget(each)
      })
      const pause = turns.pause()
      if (pause) await pause
    }
    return this.#next(session, request)
  }

  /**
   * Returns the function that makes a fetch of its partitions, for one that begins or ends a session; null where a
   * session goes on.
   */
  #beginning({
    sessionId,
    sessionEpoch,
  }: SessionRequest): ((partitions: SessionPartitions) => SessionFetch) | null {
    if (sessionEpoch !== finalEpoch && sessionEpoch !== initialEpoch) return null
    this.#drop(this.#sessions.get(sessionId))
    return sessionEpoch === initialEpoch ? partitions => this.#first(partitions) : whole
  }

  #first(partitions: SessionPartitions): SessionFetch {
    const remembered = [...partitions]
    return {
      partitions: wantedOf(remembered),
      tell: (at, answer) => {
        ;(remembered[at] as Remembered).told = answer
        return true
      },
      end: () => this.#remember(partitions),
      throttle: () => 0,
    }
  }

  /** Remembers a new session. Returns its id, 0 when there is no room for one. */
  #remember(partitions: SessionPartitions): number {
    const createdMs = this.clock.now()
    if (this.#partitions + partitions.size > this.#mostPartitions) return 0
    if (this.#sessions.size >= this.most && !this.#evict(partitions.size)) return 0
    const id = this.#unusedId()
    this.#sessions.set(id, { id, createdMs, epoch: 1, lastUsedMs: createdMs, partitions })
    this.#partitions += partitions.size
    return id
  }

  /**
   * Returns the session of a fetch that goes on with it. It is in its next epoch from here on, so that a second fetch
   * of this epoch is refused.
   */
  #continued(request: SessionRequest): Session {
    const session = this.#sessions.get(request.sessionId)
    if (!session) throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND')
    if (session.epoch !== request.sessionEpoch) throw new KafkaError('INVALID_FETCH_SESSION_EPOCH')
    if (session.partitions.usesTopicIds !== request.usesTopicIds)
      throw new KafkaError('FETCH_SESSION_TOPIC_ID_ERROR')
    session.epoch = session.epoch === largestEpoch ? 1 : session.epoch + 1
    this.#touch(session)
    return session
  }

  #next(session: Session, request: SessionRequest): SessionFetch {
    if (session.partitions.size === 0) {
      this.#drop(session)
      return whole(partitionsOf(request))
    }
    const partitions = [...session.partitions]
    return {
      partitions: wantedOf(partitions),
      tell: (at, answer) => tell(session, partitions[at] as Remembered, answer),
      end: () => session.id,
      throttle: () => session.id,
    }
  }

  /**
   * Changes the partitions of a session. Throws where the session has gone meanwhile, as it may between two turns. A
   * session that would grow past the bound is dropped, too: its client asks for everything again.
   */
  #change(session: Session, act: (partitions: SessionPartitions) => void): void {
    const { id, partitions } = session
    if (this.#sessions.get(id) !== session) throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND')
    const before = partitions.size
    act(partitions)
    this.#partitions += partitions.size - before
    if (this.#partitions <= this.#mostPartitions) return
    this.#drop(session)
    throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND')
  }

  get #mostPartitions(): number {
    return this.most * partitionsPerSlot
  }

  #unusedId(): number {
    do this.#lastId = (this.#lastId % largestEpoch) + 1
    while (this.#sessions.has(this.#lastId))
    return this.#lastId
  }

  #touch(session: Session): void {
    session.lastUsedMs = this.clock.now()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  #drop(session: Session | undefined): void {
    if (!session || !this.#sessions.delete(session.id)) return
    this.#partitions -= session.partitions.size
  }

  /**
   * Makes room as Kafka does: a stale session goes, else the smallest of those that have lived long enough, if it is
   * smaller than the new one.
   */
  #evict(newSize: number): boolean {
    const before = this.clock.now() - evictableAfterMs
    const [stalest] = this.#sessions.values()
    let victim = stalest && stalest.lastUsedMs < before ? stalest : undefined
    if (!victim) {
      for (const each of this.#sessions.values()) {
        if (each.createdMs >= before || each.partitions.size >= newSize) continue
        if (!victim || each.partitions.size < victim.partitions.size) victim = each
      }
    }
    this.#drop(victim)
    return victim !== undefined
  }
}

/**
 * Returns whether the client must be told of the answer. A partition that gave records goes to the end, so that none
 * starves the others.
 */
function tell({ partitions }: Session, partition: Remembered, answer: Answered): boolean {
  if (!partitions.has(partition)) return true
  const { told } = partition
  const news =
    answer.errorCode !== 0 ||
    answer.bytes > 0 ||
    answer.diverged === true ||
    told === null ||
    told.highWatermark !== answer.highWatermark ||
    told.logStartOffset !== answer.logStartOffset
  partition.told = answer.errorCode === 0 ? answer : null
  if (answer.bytes > 0) partitions.moveToEnd(partition)
  return news
}

const whole = (partitions: SessionPartitions): SessionFetch => ({
  partitions: wantedOf([...partitions]),
  tell: () => true,
  end: () => 0,
  throttle: () => 0,
})

function partitionsOf({ usesTopicIds, wanted }: SessionRequest): SessionPartitions {
  const partitions = new SessionPartitions(usesTopicIds)
  for (const each of wanted) partitions.want(each)
  return partitions
}

async function partitionsInTurns(
  { usesTopicIds, wanted }: SessionRequest,
  turns: Turns,
): Promise<SessionPartitions> {
  const partitions = new SessionPartitions(usesTopicIds)
  for (const each of wanted) {
    partitions.want(each)
    const pause = turns.pause()
    if (pause) await pause
  }
  return partitions
}

/** A session makes so many changes at once. */
const changesAtOnce = 200

function* slices<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += changesAtOnce) yield all.slice(from, from + changesAtOnce)
}

const wantedOf = (partitions: readonly Remembered[]): WantedPartition[] =>
  partitions.map(({ wanted }) => wanted)
