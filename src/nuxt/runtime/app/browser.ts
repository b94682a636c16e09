/** What is used of the browser and of Nuxt's `$fetch`. */
interface Browser {
  readonly $fetch: (
    url: string,
    options: { readonly method: string; readonly query: object; readonly body?: string; readonly responseType: 'text' },
  ) => Promise<string>
  fetch: (...args: never[]) => Promise<Response>
  readonly location: { readonly origin: string; reload(): void }
  readonly document: {
    readonly visibilityState: string
    readonly documentElement: { readonly style: { visibility: string } }
    addEventListener(event: 'visibilitychange', run: () => void): void
  }
  addEventListener(event: 'online', run: () => void): void
  addEventListener(event: 'pageshow', run: (event: { readonly persisted: boolean }) => void): void
}

export const browser = globalThis as unknown as Browser
