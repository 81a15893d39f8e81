import { createRequire } from 'node:module'

/**
 * Loads a package when it is first needed: a broker that never meets a codec does not pay for it at its start. It uses
 * `require`, since `import()` fails in test runners that run files in a vm context.
 */
export function lazyPackage<T>(name: string): T {
  return createRequire(import.meta.url)(name) as T
}

/** Returns the file with which a package begins, for a thread that loads it itself. */
export const packageFile = (name: string): string => createRequire(import.meta.url).resolve(name)

/**
 * Returns a function that loads a package which makes Ottla faster, or gives null where it could not be installed. A
 * package that could not be loaded for want of a descriptor is tried again the next time.
 */
export function optionalPackage<T>(name: string): () => T | null {
  let found: { readonly value: T | null } | undefined
  return () => {
    if (found) return found.value
    try {
      found = { value: lazyPackage<T>(name) }
    } catch (thrown) {
      if (lacksDescriptor(thrown)) return null
      found = { value: null }
    }
    return found.value
  }
}

/**
 * Tells whether loading failed for want of a descriptor. Packages with native code wrap the operating system's error,
 * or put it into words.
 */
function lacksDescriptor(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (/EMFILE|ENFILE|too many open files/i.test(error.message)) return true
  }
  return false
}

/**
 * Returns a function that calls `load` once and keeps its result. A `load` that throws is called again the next time.
 */
export function once<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined
  return () => {
    loaded ??= { value: load() }
    return loaded.value
  }
}

/**
 * Returns a function that loads in the background: all its callers wait for one `load`, which is tried again when it
 * fails.
 */
export function onceLoaded<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null
  return () => {
    loading ??= load().catch(thrown => {
      loading = null
      throw thrown
    })
    return loading
  }
}
