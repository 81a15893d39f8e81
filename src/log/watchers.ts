import type { TopicPartition } from '../engine/log-engine.js'
import { PartitionMap } from './partition-map.js'

/** Those who wait for something new in partitions: records that become visible, or a beginning that moves. */
export class Watchers {
  readonly #waiting = new PartitionMap<Set<() => void>>()

  /** Has `changed` called whenever one of the partitions changes, until the returned function is called. */
  watch(targets: readonly TopicPartition[], changed: () => void): () => void {
    for (const target of targets) {
      const waiting = this.#waiting.get(target)
      if (waiting) waiting.add(changed)
      else this.#waiting.set(target, new Set([changed]))
    }
    return () => {
      for (const target of targets) {
        const waiting = this.#waiting.get(target)
        waiting?.delete(changed)
        if (waiting?.size === 0) this.#waiting.delete(target)
      }
    }
  }

  changed(target: TopicPartition): void {
    const waiting = this.#waiting.get(target)
    if (waiting) for (const changed of [...waiting]) changed()
  }
}
