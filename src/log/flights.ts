import { lacksDescriptor } from './storage-fault.js'

/**
 * The calls on files that run on other threads. Each holds a descriptor until it is over, even when its file is closed
 * meanwhile. A call that lacks a descriptor waits until another is over, and is made again then: so with a single free
 * descriptor the calls succeed one after the other.
 */
export class Flights {
  #underWay = 0
  #waiting: (() => void)[] = []

  begin(): void {
    this.#underWay += 1
  }

  /** Ends a call; `waits` where it is to be made again once it has a descriptor. */
  end(waits: boolean): void {
    this.#underWay -= 1
    if (waits || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }

  /**
   * Resolves when a call that failed may be made again; the call asks while it still counts as under way. Null where it
   * lacked no descriptor, or where no other call could give one back.
   */
  descriptorAfter(thrown: unknown): Promise<void> | null {
    if (this.#underWay <= 1 || !lacksDescriptor(thrown)) return null
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}
