import { dirname } from 'node:path/posix'
import type { Offset } from '../engine/log-engine.js'
import type { Files } from './files.js'

/** Kafka's checkpoint files: a version (0), a count, then a line per entry, words between spaces. */
export function readCheckpoint(files: Files, path: string): string[][] {
  if (!files.exists(path)) return []
  const [version, , ...lines] = files.readFile(path).toString('utf8').split('\n')
  if (version !== '0') return []
  return lines.filter(line => line !== '').map(line => line.split(' '))
}

export function checkpoint(lines: readonly (readonly unknown[])[]): Buffer {
  const text = ['0', String(lines.length), ...lines.map(words => words.join(' '))].join('\n')
  return Buffer.from(`${text}\n`)
}

/** Offsets by partition folder, as the checkpoints of a whole data directory hold them. */
export const readOffsets = (files: Files, path: string): Map<string, Offset> =>
  new Map(
    readCheckpoint(files, path).map(([topic, partition, offset]) => [
      `${topic}-${partition}`,
      BigInt(offset as string),
    ]),
  )

export function writeOffsets(files: Files, path: string, offsets: ReadonlyMap<string, Offset>): void {
  files.writeFileDurably(path, offsetLines(offsets))
}

/** The same while everything else goes on; to be called again only when it is done. */
export async function writeOffsetsInBackground(
  files: Files,
  path: string,
  offsets: ReadonlyMap<string, Offset>,
): Promise<void> {
  const unfinished = `${path}.new`
  files.remove(unfinished)
  const file = files.open(unfinished)
  try {
    file.append([offsetLines(offsets)])
    await file.sync()
  } finally {
    file.close()
  }
  files.rename(unfinished, path)
  await files.syncFolder(dirname(path))
}

function offsetLines(offsets: ReadonlyMap<string, Offset>): Buffer {
  const lines = [...offsets].map(([folder, offset]) => {
    const at = folder.lastIndexOf('-')
    return [folder.slice(0, at), folder.slice(at + 1), offset]
  })
  return checkpoint(lines)
}
