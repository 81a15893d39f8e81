import { createRequire } from 'node:module'

/**
 * Loads a package when it is first needed: a broker that never meets a codec does not pay for it at
 * its start. By `require`, since `import()` fails in test runners that run files in a vm context.
 */
export function lazyPackage<T>(name: string): T {
  return createRequire(import.meta.url)(name) as T
}

/**
 * A package that makes Ottla faster where it could be installed; null where it could not. What could not be loaded for
 * want of a descriptor is tried again when it is next asked for.
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

/** Packages with native code wrap what the operating system says, or put it into words. */
function lacksDescriptor(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (/EMFILE|ENFILE|too many open files/i.test(error.message)) return true
  }
  return false
}

/** Calls `load` when first asked, and keeps what it returned. One that throws is called again the next time. */
export function once<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined
  return () => {
    loaded ??= { value: load() }
    return loaded.value
  }
}

/** The same for what is loaded in the background: all who ask meanwhile wait for one `load`, which is tried again when it fails. */
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
