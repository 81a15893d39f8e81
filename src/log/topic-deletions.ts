import type { DeletedTopic, TopicPartition } from '../engine/log-engine.js'
import { Turns } from '../time/turns.js'
import * as names from './file-names.js'
import type { LogDirectories } from './log-directories.js'
import type { LogDirectory } from './log-directory.js'
import type { PlacedPartitions } from './placed-partitions.js'
import { isFull } from './storage-fault.js'

/** A folder that belongs to no partition any more, and the directory where it is. */
interface LeftFolder {
  readonly home: LogDirectory
  readonly folder: string
}

interface TopicDeletionsOptions {
  readonly directories: LogDirectories
  readonly partitions: PlacedPartitions
  /** Called for each partition that is gone. */
  readonly changed: (target: TopicPartition) => void
}

/** The topics that are being deleted: their partitions are gone, and their folders are taken away. */
export class TopicDeletions {
  /** The folders of topics that are being deleted, by the ids of these. */
  readonly #left = new Map<string, readonly LeftFolder[]>()

  constructor(private readonly options: TopicDeletionsOptions) {}

  /**
   * Deletes a topic. It is gone at once; its files follow after file.delete.delay.ms. The renaming of a folder is work
   * for the disk, so many are cut into turns, and a new topic of the same name that comes in between takes what it
   * needs out of the way. Where it threw the caller repeats it: the folders that are left then are those of the first
   * time.
   */
  async delete(topic: DeletedTopic): Promise<void> {
    const left = this.#left.get(topic.id) ?? this.#leave(topic)
    this.#left.set(topic.id, left)
    await this.#clear(left)
    this.#left.delete(topic.id)
  }

  /** Takes away what can be taken away before a stop; the next start sets the rest aside. */
  async finish(): Promise<void> {
    for (const left of this.#left.values()) await this.#clear(left).catch(() => {})
  }

  #leave(topic: DeletedTopic): readonly LeftFolder[] {
    const left: LeftFolder[] = []
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      const target = { topicId: topic.id, partition }
      const folder = names.partitionFolder(topic.name, partition)
      const moved = this.options.partitions.forget(target)
      const homes = this.#leftBehind(folder, topic)
      for (const home of moved ? [...homes, moved] : homes) left.push({ home, folder })
      this.options.changed(target)
    }
    return left
  }

  /** Forgets a partition's folder. One of which nobody can tell whose it is stays for the next start to find. */
  #leftBehind(folder: string, topic: DeletedTopic): readonly LogDirectory[] {
    try {
      return this.options.directories.leaveBehind(folder, topic)
    } catch (thrown) {
      this.options.directories.failed(thrown)
      return []
    }
  }

  /** Takes the folders away; one that cannot be taken away holds up no other. Throws where there is no room. */
  async #clear(left: readonly LeftFolder[]): Promise<void> {
    const turns = new Turns()
    let passing: unknown = null
    for (const { home, folder } of left) {
      try {
        home.clear(folder)
      } catch (thrown) {
        this.options.directories.failed(thrown)
        if (isFull(thrown)) passing = thrown
      }
      const pause = turns.pause()
      if (pause) await pause
    }
    if (passing) throw passing
  }
}
