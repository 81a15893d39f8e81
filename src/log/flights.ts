import { lacksDescriptor } from './storage-fault.js'

/**
 * Calls on files that other threads are at. Each holds a descriptor until it is over, whether or not its file was closed
 * meanwhile. One that lacks a descriptor waits until another is over, and is made again then: so with a single descriptor
 * that is free they come off one after the other.
 */
export class Flights {
  #underWay = 0
  #waiting: (() => void)[] = []

  begin(): void {
    this.#underWay += 1
  }

  /** A call is over; `waits` where it is to be made again once it has a descriptor. */
  end(waits: boolean): void {
    this.#underWay -= 1
    if (waits || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }

  /** Asked by a call that is under way and has failed. Null where no other could give a descriptor back, or none was lacking. */
  descriptorAfter(thrown: unknown): Promise<void> | null {
    if (this.#underWay <= 1 || !lacksDescriptor(thrown)) return null
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}
