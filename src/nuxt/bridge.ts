import type { SessionView } from './file-types.js'

/** The session of a request as its page sees it. */
export interface PageSession {
  /** What is exposed of it now. */
  view(): SessionView
  /** Takes what waits in a flash channel. @throws StoreError */
  take(channel: string): Promise<unknown>
  /** Says on the response that this page is about one visitor. */
  seal(): void
}

/** What the page part gets of the server part, on `event.context`: the two are bundled apart. */
export interface PageBridge {
  /** The names of the app's definition files. */
  readonly names: readonly string[]
  /** Undefined where the page is rendered for everybody. @throws StoreError */
  open(event: object, name: string): Promise<PageSession | undefined>
}
