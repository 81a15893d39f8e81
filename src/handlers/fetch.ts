import type { ReadRequest, ReadResult, TopicPartition } from '../engine/log-engine.js'
import type { SessionFetch, SessionRequest } from '../fetch/fetch-sessions.js'
import { heldBy, longPoll } from '../fetch/long-poll.js'
import type { NamedPartition, WantedPartition } from '../fetch/session-partitions.js'
import { inTurns, Turns } from '../time/turns.js'
import { fetch } from '../wire/apis/fetch.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { choosesByRack, closestReplica, readablePartition } from './shared/closest-replica.js'
import {
  type Answer,
  answeredOf,
  answerOf,
  bytesIn,
  isRead,
  TopicAnswers,
  unread,
  withoutRecords,
} from './shared/fetch-answers.js'
import { callerOf } from './shared/group-caller.js'
import { handler, type RequestContext } from './shared/handler.js'
import { isolationOf } from './shared/isolation.js'
import {
  checkLeaderEpoch,
  endsOfEpochs,
  hintedNodes,
  leaderHint,
  type SoughtEpoch,
} from './shared/leadership.js'

type Request = RequestOf<typeof fetch>
type RequestedPartition = Request['topics'][number]['partitions'][number]
type Response = ResponseOf<typeof fetch>

/** A fetch of more partitions is handled in turns of the event loop. */
const manyPartitions = 1000
/** From this version on topics are named by their ids. */
const topicIdsSince = 13
/** From this version on a client that asked the wrong node is told the right one (KIP-951). */
const hintsSince = 16

/** Gives a consumer the batches from its offsets on, waiting for more where there are too few (KIP-227, KIP-516). */
export const fetchHandler = handler({
  api: fetch,
  replyLength: 'measured',

  async handle(request, context): Promise<Response> {
    let turns = isLong(request) ? new Turns() : null
    const wanted: WantedPartition[] = []
    for (const topic of request.topics) {
      const name = nameOf(topic, context)
      for (const partition of topic.partitions) {
        wanted.push(wantedPartition(name, topic.topicId, partition))
        const pause = turns?.pause()
        if (pause) await pause
      }
    }
    const forgotten: NamedPartition[] = []
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const partition of partitions) {
        forgotten.push({ topic, topicId, partition })
        const pause = turns?.pause()
        if (pause) await pause
      }
    }
    const { sessionId, sessionEpoch } = request
    const asked = {
      sessionId,
      sessionEpoch,
      usesTopicIds: context.version >= topicIdsSince,
      wanted,
      forgotten,
    }
    const session = turns ? await begunInTurns(asked, turns, context) : begun(asked, context)
    if (session instanceof KafkaError)
      return { throttleTimeMs: 0, errorCode: session.code, sessionId: 0, responses: [] }
    if (session.partitions.length > manyPartitions) turns ??= new Turns()
    const answers = await read(session.partitions, request, context)
    if (context.quota?.fetched(bytesIn(answers)) === false)
      return { throttleTimeMs: 0, errorCode: errorCodes.NONE, sessionId: session.throttle(), responses: [] }
    const told: boolean[] = []
    for (const [at, answer] of answers.entries()) {
      told.push(session.tell(at, answeredOf(answer)))
      const pause = turns?.pause()
      if (pause) await pause
    }
    const responses = new TopicAnswers()
    for (const isReadNow of [true, false]) {
      for (const [i, partition] of session.partitions.entries()) {
        const answer = answers[i] as Answer
        if (told[i] && isRead(answer) === isReadNow) responses.add(partition, answer)
        const pause = turns?.pause()
        if (pause) await pause
      }
    }
    const nodeEndpoints = isReplica(request) ? [] : hintedNodes(answers, context)
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      sessionId: session.end(),
      responses: responses.topics,
      nodeEndpoints,
    }
  },

  /** Before version 7 there is no error but those of the partitions; from 13 on the topics have no names to list. */
  refuse: ({ topics }, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    responses: topics
      .filter(({ topic }) => topic !== '')
      .map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => unread(partition, error.code)),
      })),
  }),
})

function isLong({ topics, forgottenTopicsData }: Request): boolean {
  let partitions = 0
  for (const each of topics) partitions += each.partitions.length
  for (const each of forgottenTopicsData) partitions += each.partitions.length
  return partitions > manyPartitions
}

/** Returns the name of a topic; it is empty where no topic has the id. */
const nameOf = (
  { topic, topicId }: Request['topics'][number],
  { broker, version }: RequestContext,
): string => (version >= topicIdsSince ? (broker.metadata.topicById(topicId)?.name ?? '') : topic)

/** Returns the session that goes on or begins, or its error, which is told without a word about partitions. */
function begun(asked: SessionRequest, { broker }: RequestContext): SessionFetch | KafkaError {
  try {
    return broker.fetchSessions.begin(asked)
  } catch (thrown) {
    return asKafkaError(thrown)
  }
}

const begunInTurns = (asked: SessionRequest, turns: Turns, { broker }: RequestContext) =>
  broker.fetchSessions.beginInTurns(asked, turns).catch(asKafkaError)

function asKafkaError(thrown: unknown): KafkaError {
  if (thrown instanceof KafkaError) return thrown
  throw thrown
}

const wantedPartition = (topic: string, topicId: string, each: RequestedPartition): WantedPartition => ({
  topic,
  topicId,
  partition: each.partition,
  currentLeaderEpoch: each.currentLeaderEpoch,
  fetchOffset: each.fetchOffset,
  lastFetchedEpoch: each.lastFetchedEpoch,
  partitionMaxBytes: each.partitionMaxBytes,
})

async function read(
  wanted: readonly WantedPartition[],
  request: Request,
  context: RequestContext,
): Promise<Answer[]> {
  const { broker, connection } = context
  const allowedBytes = Math.min(
    broker.config.number('fetch.max.bytes'),
    Math.floor(context.quota?.mostFetchBytes ?? Infinity),
  )
  const maxBytes = Math.max(0, Math.min(request.maxBytes, allowedBytes))
  const answers: Answer[] = []
  let requests: ReadRequest[] = []
  /** The indexes of the answers to `requests`. */
  let places: number[] = []
  const turns = wanted.length > manyPartitions ? new Turns() : null
  if (turns) await turns.next() // behind what it took to read the names
  for (const [at, partition] of wanted.entries()) {
    const pause = turns?.pause()
    if (pause) await pause
    const found = check(partition, request, maxBytes, context)
    if ('target' in found) {
      requests.push(found)
      places.push(at)
    } else answers[at] = found
  }
  if (wanted.some(({ lastFetchedEpoch }) => lastFetchedEpoch >= 0)) {
    const diverged = await divergedOf(wanted, requests, places, context)
    for (const [i, answer] of diverged) answers[places[i] as number] = answer
    requests = requests.filter((_, i) => !diverged.has(i))
    places = places.filter((_, i) => !diverged.has(i))
  }
  if (choosesByRack(request.rackId, context)) {
    const referred = await referredOf(requests, request.rackId, context)
    for (const [i, answer] of referred) answers[places[i] as number] = answer
    requests = requests.filter((_, i) => !referred.has(i))
    places = places.filter((_, i) => !referred.has(i))
  }
  const wait = {
    isolation: isolationOf(request.isolationLevel),
    maxBytes,
    minBytes: Math.min(request.minBytes, allowedBytes),
    maxWaitMs: requests.length < wanted.length ? 0 : longestWaitMs(request, context), // some are answered already
  }
  let hasWaited = false
  const results = await longPoll(broker, requests, wait, {
    timer: connection,
    park: hurry => {
      hasWaited = true
      return parked(hurry, context)
    },
  })
  connection.holds(heldBy(results))
  connection.onSent(() => broker.log.release(results))
  for (const [i, at] of places.entries()) {
    const partition = wanted[at] as WantedPartition
    // Another node may lead by now, as when a node stops: the client is to hear it before its connection closes.
    const result = results[i] as ReadResult
    const now = hasWaited && result.kind === 'read' ? check(partition, request, maxBytes, context) : null
    const moved = now !== null && !('target' in now) ? now : null
    answers[at] = moved ?? answerOf(partition, result, request)
    const pause = turns?.pause()
    if (pause) await pause
  }
  if (turns) await turns.next()
  return answers
}

/**
 * Returns answers, by their place in `requests`, for consumers that are sent to the replica in their rack (KIP-392).
 */
async function referredOf(
  requests: readonly ReadRequest[],
  rackId: string,
  context: RequestContext,
): Promise<Map<number, Answer>> {
  const { metadata, log } = context.broker
  const bounds = await log.bounds(requests.map(({ target }) => target))
  const referred = new Map<number, Answer>()
  for (const [i, { target, offset }] of requests.entries()) {
    const state = metadata.topicById(target.topicId)?.partitions[target.partition]
    const preferredReadReplica = state ? closestReplica(state, rackId, context) : null
    const known = bounds[i]
    if (preferredReadReplica === null || !known || known instanceof KafkaError) continue
    // The leader itself answers what is out of range.
    if (offset < known.logStartOffset || offset > known.highWatermark) continue
    referred.set(i, { ...withoutRecords(target.partition, errorCodes.NONE), ...known, preferredReadReplica })
  }
  return referred
}

/** Lets the fetch be answered early: where its client leaves its group, and where another request waits behind it. */
function parked(hurry: () => void, context: RequestContext): () => void {
  const { broker, connection } = context
  if (broker.config.boolean('ottla.fetch.hurry')) connection.onHurry(hurry)
  const { clientId, clientHost } = callerOf(context)
  return broker.parkedFetches.park({ clientId, clientHost, hurry })
}

/**
 * Returns the longest time that a fetch may wait. kafkajs waits 5 s for a first byte, and until then neither notices a
 * rebalance nor stops: an empty answer after half a second, as long as most others wait, costs less. A client that
 * wants more than any byte waits for it.
 */
function longestWaitMs({ maxWaitMs, minBytes }: Request, { broker }: RequestContext): number {
  const most = broker.config.number('ottla.fetch.max.wait.ms')
  return most < 0 || minBytes > 1 ? maxWaitMs : Math.min(maxWaitMs, most)
}

/** Returns what to read of a partition, or the answer where there is nothing to read. */
function check(
  wanted: WantedPartition,
  request: Request,
  mostBytes: number,
  context: RequestContext,
): ReadRequest | Answer {
  const { broker, version } = context
  const { partition } = wanted
  const byId = version >= topicIdsSince
  const name = wanted.topic || broker.metadata.topicById(wanted.topicId)?.name
  if (byId && !name) return unread(partition, errorCodes.UNKNOWN_TOPIC_ID)
  const topic = broker.metadata.topic(name ?? '')
  if (!topic?.partitions[partition]) return unread(partition, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (byId && topic.id !== wanted.topicId) return withoutRecords(partition, errorCodes.INCONSISTENT_TOPIC_ID)
  try {
    const led = readablePartition(topic, partition, context, isReplica(request))
    checkLeaderEpoch(led.partition, Math.max(-1, wanted.currentLeaderEpoch))
    // All nodes share one storage: there are no replicas to fetch for.
    if (isReplica(request)) throw new KafkaError('NOT_LEADER_OR_FOLLOWER')
    const target = { topicId: led.topic.id, partition }
    const maxBytes = Math.max(0, Math.min(wanted.partitionMaxBytes, mostBytes))
    return { target, offset: wanted.fetchOffset, maxBytes }
  } catch (thrown) {
    const error = context.explain(thrown)
    const moved = error.errorName === 'NOT_LEADER_OR_FOLLOWER' || error.errorName === 'FENCED_LEADER_EPOCH'
    const hint = moved && version >= hintsSince ? leaderHint(topic, partition) : {}
    return { ...withoutRecords(partition, error.code), ...hint }
  }
}

const isReplica = ({ replicaId, replicaState }: Request): boolean =>
  replicaId >= 0 || replicaState.replicaId >= 0

/**
 * Returns answers, by their place in `requests`, for partitions whose log differs from what the client has read before
 * (KIP-595).
 */
async function divergedOf(
  wanted: readonly WantedPartition[],
  requests: readonly ReadRequest[],
  places: readonly number[],
  context: RequestContext,
): Promise<Map<number, Answer>> {
  const { metadata, log } = context.broker
  const suspects: (SoughtEpoch & { readonly i: number; readonly target: TopicPartition })[] = []
  await inTurns(requests.entries(), ([i, { target }]) => {
    const { lastFetchedEpoch } = wanted[places[i] as number] as WantedPartition
    if (lastFetchedEpoch < 0) return
    const topic = metadata.topicById(target.topicId)
    if (!topic) throw new KafkaError('UNKNOWN_TOPIC_ID')
    const led = readablePartition(topic, target.partition, context, false)
    suspects.push({ i, target, led, leaderEpoch: lastFetchedEpoch })
  })
  const ends = await endsOfEpochs(suspects, log)
  const bounds = await log.bounds(suspects.map(({ target }) => target))
  const diverged = new Map<number, Answer>()
  await inTurns(suspects.entries(), ([s, { i, target, leaderEpoch }]) => {
    const end = ends[s] ?? new KafkaError('OFFSET_OUT_OF_RANGE')
    const known = bounds[s]
    if (end instanceof KafkaError) diverged.set(i, withoutRecords(target.partition, end.code))
    else if (end.leaderEpoch < leaderEpoch || end.endOffset < (requests[i] as ReadRequest).offset) {
      const divergingEpoch = { epoch: end.leaderEpoch, endOffset: end.endOffset }
      const answer = withoutRecords(target.partition, errorCodes.NONE)
      diverged.set(i, { ...answer, ...(known instanceof KafkaError ? {} : known), divergingEpoch })
    }
  })
  return diverged
}
