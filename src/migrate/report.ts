/** What a walk over a store has done so far. Counts of records. */
export interface MigrateReport {
  /** All that were met. */
  readonly scanned: number
  /** Written anew; in a dry run those that would be. */
  readonly rewritten: number
  /** Those that needed nothing. */
  readonly current: number
  /** Passed over: redirects of rotated ids, what has expired, and what only the cookie of its client opens. */
  readonly skipped: {
    /** Records that only say which id has replaced a rotated one: they hold no values to convert. */
    readonly redirects: number
    /** Records whose deadline had passed by the clock of the definition. */
    readonly expired: number
    /** Records that are encrypted with `holder`: without the id in the cookie, no secret opens them. */
    readonly holder: number
  }
  /** Changed or ended by the app's own requests meanwhile, once too often to follow. They are met again by the next run. */
  readonly busy: number
  /** How many could not be read or written. They are left as they were. */
  readonly failed: number
  /** The first hundred of those. */
  readonly failures: readonly MigrateFailure[]
  /**
   * How many records of each schema version were met, by its number. Redirects, expired records and those whose header
   * cannot be read are not among them.
   */
  readonly versions: Readonly<Record<string, number>>
  /** How many records each codec had written, by its name. Counted are the same records as in `versions`. */
  readonly codecs: Readonly<Record<string, number>>
  /**
   * How many of those records were encrypted with which secret: `newest` for the first of the list, `older` for another
   * of it, `unknown` for one that is not in it and for all where `encrypt` is off, `holder` for those that only the
   * cookie of their client opens. Records in clear are not among them.
   */
  readonly seals: Readonly<Record<string, number>>
  /** Whether nothing was written: then `rewritten` counts what would be. */
  readonly dryRun: boolean
  /** Milliseconds since the beginning. */
  readonly elapsed: number
}

/** A record that was left as it was. */
export interface MigrateFailure {
  /** Its name for logs. */
  readonly ref: string
  /** The code of the error: `ERR_SESSION_MIGRATION`, for instance. */
  readonly code: string
  /** What went wrong, without a value. */
  readonly message: string
}

const MAX_LISTED = 100

/** A report that grows. */
export class Tally {
  scanned = 0
  rewritten = 0
  current = 0
  busy = 0
  failed = 0
  readonly skipped = { redirects: 0, expired: 0, holder: 0 }
  readonly failures: MigrateFailure[] = []
  readonly #counts = {
    versions: new Map<string, number>(),
    codecs: new Map<string, number>(),
    seals: new Map<string, number>(),
  }
  readonly #began = performance.now()
  readonly #dryRun: boolean

  constructor(dryRun: boolean) {
    this.#dryRun = dryRun
  }

  count(what: 'versions' | 'codecs' | 'seals', name: string): void {
    this.#counts[what].set(name, (this.#counts[what].get(name) ?? 0) + 1)
  }

  fail(failure: MigrateFailure): void {
    this.failed++
    if (this.failures.length < MAX_LISTED) this.failures.push(failure)
  }

  report(): MigrateReport {
    const { scanned, rewritten, current, busy, failed } = this
    const counts = (what: 'versions' | 'codecs' | 'seals') =>
      Object.fromEntries([...this.#counts[what]].sort(([a], [b]) => (a < b ? -1 : 1)))
    return {
      scanned,
      rewritten,
      current,
      skipped: { ...this.skipped },
      busy,
      failed,
      failures: [...this.failures],
      versions: counts('versions'),
      codecs: counts('codecs'),
      seals: counts('seals'),
      dryRun: this.#dryRun,
      elapsed: Math.round(performance.now() - this.#began),
    }
  }
}
