import type { Files } from '../log/files.js'

const fileName = 'quorum-state'
const noVote = { votedId: -1, votedDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA' }

/**
 * The leader of the metadata journal and its epoch, as Kafka remembers them beside the journal (version 1 of its file).
 */
export interface QuorumState {
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** The last epoch that was begun, 0 where there was none; null where the file does not tell. */
export function readEpoch(files: Files, folder: string): number | null {
  const path = `${folder}/${fileName}`
  if (!files.exists(path)) return 0
  try {
    const state: Partial<QuorumState> | null = JSON.parse(files.readFile(path).toString('utf8'))
    const epoch = state?.leaderEpoch
    return isEpoch(epoch) ? epoch : null
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null
    throw thrown
  }
}

const isEpoch = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31 - 1

/** Saves an epoch before it begins, so that none begins twice, not even after a power failure. */
export function saveEpoch(files: Files, folder: string, { leaderId, leaderEpoch }: QuorumState): void {
  const state = { leaderId, leaderEpoch, ...noVote, data_version: 1 }
  files.makeFolder(folder)
  files.writeFileDurably(`${folder}/${fileName}`, Buffer.from(JSON.stringify(state)))
}
