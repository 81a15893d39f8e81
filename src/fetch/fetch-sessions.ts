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
  /** Named twice, a partition keeps its place and gets what was said last. */
  readonly wanted: readonly WantedPartition[]
  readonly forgotten: readonly NamedPartition[]
  /** This is `wanted` put together already, where there was so much of it that it took turns. */
  readonly partitions?: SessionPartitions | null
}

export interface Answered extends Told {
  readonly errorCode: number
  readonly bytes: number
  /** There is something else that the client must hear of. */
  readonly diverged?: boolean
}

/** A fetch with all that its session adds to it. */
export interface SessionFetch {
  readonly partitions: readonly WantedPartition[]
  /** Given the answers in the order of `partitions`: the session's id, and which of them the client needs to hear. */
  finish(answers: readonly Answered[]): { readonly sessionId: number; readonly told: readonly boolean[] }
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
/** How long a session is safe from eviction (Kafka's MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS). */
const evictableAfterMs = 120_000
/** Bounds what all sessions remember together. Kafka has no such bound: there, clients decide how much it remembers. */
const partitionsPerSlot = 200

/**
 * Incremental fetches (KIP-227): the broker remembers what a client wants, so that a fetch names only
 * what changed, and its answer only what is new.
 */
export class FetchSessions {
  /** In order of their last use. */
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

  /** Throws FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH or FETCH_SESSION_TOPIC_ID_ERROR. */
  begin(request: SessionRequest): SessionFetch {
    if (request.sessionEpoch === finalEpoch || request.sessionEpoch === initialEpoch) {
      this.#drop(this.#sessions.get(request.sessionId))
      return request.sessionEpoch === initialEpoch ? this.#first(request) : whole(request)
    }
    return this.#next(request)
  }

  #first(request: SessionRequest): SessionFetch {
    const partitions = partitionsOf(request)
    return {
      partitions: wantedOf([...partitions]),
      finish: answers => ({ sessionId: this.#remember(partitions, answers), told: answers.map(() => true) }),
    }
  }

  /** The id of a new session, 0 when there is no room for one. */
  #remember(partitions: SessionPartitions, answers: readonly Answered[]): number {
    let i = 0
    for (const each of partitions) each.told = answers[i++] ?? null
    const createdMs = this.clock.now()
    if (this.#partitions + partitions.size > this.#mostPartitions) return 0
    if (this.#sessions.size >= this.most && !this.#evict(partitions.size)) return 0
    const id = this.#unusedId()
    this.#sessions.set(id, { id, createdMs, epoch: 1, lastUsedMs: createdMs, partitions })
    this.#partitions += partitions.size
    return id
  }

  #next(request: SessionRequest): SessionFetch {
    const session = this.#sessions.get(request.sessionId)
    if (!session) throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND')
    if (session.epoch !== request.sessionEpoch) throw new KafkaError('INVALID_FETCH_SESSION_EPOCH')
    if (session.partitions.usesTopicIds !== request.usesTopicIds)
      throw new KafkaError('FETCH_SESSION_TOPIC_ID_ERROR')
    this.#change(session, request)
    if (session.partitions.size === 0) {
      this.#drop(session)
      return whole(request)
    }
    session.epoch = session.epoch === largestEpoch ? 1 : session.epoch + 1
    this.#touch(session)
    const partitions = [...session.partitions]
    return {
      partitions: wantedOf(partitions),
      finish: answers => ({
        sessionId: session.id,
        told: answers.map((answer, i) => tell(session, partitions[i] as Remembered, answer)),
      }),
    }
  }

  /** A session that would grow past the bound is gone: its client asks for everything again. */
  #change(session: Session, { wanted, forgotten }: SessionRequest): void {
    const { id, partitions } = session
    const before = partitions.size
    for (const each of wanted) partitions.want(each)
    for (const each of forgotten) partitions.forget(each)
    this.#partitions += partitions.size - before
    if (this.#partitions <= this.#mostPartitions) return
    this.#drop(this.#sessions.get(id))
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

  /** Makes room as Kafka does: a stale session goes, else the smallest of those that have lived long enough, if smaller. */
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

/** Whether the client needs to hear of it; a partition that gave records goes to the end, so that none starves the others. */
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

function whole(request: SessionRequest): SessionFetch {
  return {
    partitions: wantedOf([...partitionsOf(request)]),
    finish: answers => ({ sessionId: 0, told: answers.map(() => true) }),
  }
}

function partitionsOf({ usesTopicIds, wanted, partitions: ready }: SessionRequest): SessionPartitions {
  if (ready) return ready
  const partitions = new SessionPartitions(usesTopicIds)
  for (const each of wanted) partitions.want(each)
  return partitions
}

/** Puts together, in turns, what a session remembers that begins with a long request. */
export async function wantedInTurns(
  usesTopicIds: boolean,
  wanted: readonly WantedPartition[],
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

const wantedOf = (partitions: readonly Remembered[]): WantedPartition[] =>
  partitions.map(({ wanted }) => wanted)
