import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OttlaProcess } from '../compat-tests/support/ottla-process.js'
import { partitionOf } from '../src/coordinator/partition-of.js'
import { findCoordinator } from '../src/wire/apis/find-coordinator.js'
import { offsetCommit } from '../src/wire/apis/offset-commit.js'
import { offsetFetch } from '../src/wire/apis/offset-fetch.js'
import { RawClient } from '../test/support/raw-client.js'
import type { Row } from './row.js'

/** The way in which a million offsets were written to the journal. */
interface Journal {
  readonly groups: number
  /** Each group commits all of these at once, so often. */
  readonly partitions: number
  readonly commits: number
}

const manyOffsets: Journal = { groups: 10_000, partitions: 100, commits: 1 }
const manyCommits: Journal = { groups: 1000, partitions: 1, commits: 1000 }

const journalPartitions = 50
const clients = 16

/** A restart with a million committed offsets in the journal: after kill -9, until every partition of it answers. */
export const restarts: readonly Row[] = [
  row('restart-offsets', 'with 1,000,000 offsets of 10,000 groups', manyOffsets),
  row('restart-commits', 'with 1,000,000 commits of 1000 groups, one offset each', manyCommits),
]

function row(name: string, what: string, journal: Journal): Row {
  let folder: string | null = null
  return {
    name,
    unit: `ms from process start to all groups answered, after kill -9, ${what}`,
    target: 'under 5000',
    rounds: 3,
    async measure() {
      folder ??= await filled(journal)
      const startedAtMs = performance.now()
      const broker = await OttlaProcess.start('--port', '0', '--data-dir', folder)
      try {
        await readied(broker.port)
        const tookMs = performance.now() - startedAtMs
        await checked(broker.port, journal)
        return tookMs
      } finally {
        await broker.kill()
      }
    },
  }
}

async function filled({ groups, partitions, commits }: Journal): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const broker = await OttlaProcess.start(
    ...['--port', '0', '--data-dir', folder, '--topic', `orders:${partitions}`],
    ...['--set', `offsets.topic.num.partitions=${journalPartitions}`],
  )
  await foundCoordinator(broker.port)
  const fill = async (first: number) => {
    const client = await RawClient.connect(broker.port)
    for (let commit = 0; commit < commits; commit++) {
      for (let group = first; group < groups; group += clients) {
        await client.ask(offsetCommit, 8, commitOf(group, partitions, commit))
      }
    }
    client.socket.destroy()
  }
  await Promise.all(Array.from({ length: clients }, (_, i) => fill(i)))
  await broker.kill()
  return folder
}

const commitOf = (group: number, partitions: number, commit: number) => ({
  groupId: nameOf(group),
  memberId: '',
  groupInstanceId: null,
  topics: [
    {
      name: 'orders',
      partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
        partitionIndex,
        committedOffset: BigInt(commit),
      })),
    },
  ],
})

/** Asks one group of each partition of the journal for its committed offsets. */
async function readied(port: number): Promise<void> {
  const client = await RawClient.connect(port)
  const groups = new Map<number, number>()
  for (let group = 0; groups.size < journalPartitions; group++) {
    groups.set(partitionOf(nameOf(group), journalPartitions), group)
  }
  await committed(client, [...groups.values()])
  client.socket.destroy()
}

/** Checks that no committed offset is lost. */
async function checked(port: number, journal: Journal): Promise<void> {
  const client = await RawClient.connect(port)
  let found = 0
  for (let group = 0; group < journal.groups; group += 100) {
    const offsets = await committed(
      client,
      Array.from({ length: 100 }, (_, i) => group + i),
    )
    found += offsets.filter(offset => offset === BigInt(journal.commits - 1)).length
  }
  client.socket.destroy()
  if (found !== journal.groups * journal.partitions) throw new Error(`only ${found} offsets are there`)
}

async function committed(client: RawClient, groups: readonly number[]): Promise<bigint[]> {
  const asked = groups.map(group => ({ groupId: nameOf(group), memberId: null, topics: null }))
  const answer = await client.ask(offsetFetch, 9, { groups: asked, requireStable: false })
  return answer.groups.flatMap(({ errorCode, topics }) => {
    if (errorCode !== 0) throw new Error(`offsets are answered by error ${errorCode}`)
    return topics.flatMap(({ partitions }) => partitions.map(each => each.committedOffset))
  })
}

/** Asks for a coordinator, which makes the journal. */
async function foundCoordinator(port: number): Promise<void> {
  const client = await RawClient.connect(port)
  await client.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: [nameOf(0)] })
  client.socket.destroy()
}

const nameOf = (group: number): string => `group-${group}`
