/** The stops of brokers that stop by themselves when nothing else keeps the process alive. */
const waiting = new Set<() => Promise<void>>()

/**
 * Has `stop` called when the event loop has run empty, before the process ends: a broker that was forgotten then leaves
 * its directory as a stop does. Returns a function that calls this off. `stop` is not called where the process is ended
 * by force.
 */
export function whenIdle(stop: () => Promise<void>): () => void {
  if (waiting.size === 0) process.on('beforeExit', stopAll)
  waiting.add(stop)
  return () => {
    waiting.delete(stop)
    if (waiting.size === 0) process.off('beforeExit', stopAll)
  }
}

function stopAll(): void {
  for (const stop of [...waiting]) void stop()
}
