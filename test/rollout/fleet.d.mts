interface App {
  /** The built package. */
  readonly dist: string
  readonly store: { readonly kind: string; readonly options: object }
  readonly fault?: string
}

interface Answer {
  readonly status: number
  readonly cookies: readonly string[]
  readonly report: { readonly seen: { readonly user?: number; readonly name?: string } }
}

interface Fleet {
  bulk(
    slot: number,
    asked: readonly {
      readonly cookie?: string
      readonly op: { readonly kind: string; readonly user?: number; readonly value?: string }
    }[],
  ): Promise<readonly Answer[]>
  stop(): Promise<void>
}

/** What the servers and the tools of a release run with. */
export function environmentOf(app: App, release: string): NodeJS.ProcessEnv

export function startFleet(
  app: App,
  options: {
    readonly release: string
    readonly size: number
    readonly onError: (release: string, line: string) => void
  },
): Promise<Fleet>
