import type { NuxtApp, Ref } from '#imports'
import { parse, stringify } from '#zession/devalue'
import type { SessionView } from '../../file-types.js'
import { API } from '../../names.js'

/** What is used of the browser and of Nuxt's `$fetch`. */
interface Browser {
  readonly $fetch: (
    url: string,
    options: { readonly method: string; readonly query: object; readonly body?: string; readonly responseType: 'text' },
  ) => Promise<string>
  readonly document: {
    readonly visibilityState: string
    addEventListener(event: 'visibilitychange', run: () => void): void
  }
  addEventListener(event: 'pageshow', run: (event: { readonly persisted: boolean }) => void): void
}

const browser = globalThis as unknown as Browser

/** How old what a page knows may be when somebody returns to it, in milliseconds. */
const STALE = 60_000
/** The longest that a timer of a browser can wait. */
const LONGEST = 2 ** 31 - 1

/** One session in one browser tab: what the page knows of it, and how it hears of changes. */
export class ClientSession {
  readonly #name: string
  readonly #state: Ref<SessionView>
  readonly #channel: InstanceType<typeof BroadcastChannel>
  #refreshing: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** When the server was last heard of, and how far its clock is ahead. */
  #heardAt = Date.now()
  #ahead = 0

  constructor(name: string, state: Ref<SessionView>) {
    this.#name = name
    this.#state = state
    this.#channel = new BroadcastChannel(`zession:${name}`)
    this.#channel.onmessage = () => this.#inBackground()
    if (state.value.status !== 'unknown') this.#heard(state.value)
    browser.document.addEventListener('visibilitychange', () => {
      if (browser.document.visibilityState === 'visible' && Date.now() - this.#heardAt > STALE) this.#inBackground()
    })
    // A page that the back button took out of the browser's memory shows what was true when it was left.
    browser.addEventListener('pageshow', ({ persisted }) => {
      if (persisted) this.#inBackground()
    })
  }

  get state(): Ref<SessionView> {
    return this.#state
  }

  /** Milliseconds since 1970 by the clock of the server. */
  now(): number {
    return Date.now() + this.#ahead
  }

  /** Asks the server; callers at the same time share one question. */
  refresh(): Promise<void> {
    return (this.#refreshing ??= this.#ask('GET').then(
      () => void (this.#refreshing = undefined),
      (error: unknown) => {
        this.#refreshing = undefined
        throw error
      },
    ))
  }

  readonly askIfUnknown = (): void => {
    if (this.#state.value.status === 'unknown') this.#inBackground()
  }

  async logout(): Promise<void> {
    await this.#ask('DELETE')
    this.#tellOthers()
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.#ask('PATCH', { key, value })
    this.#tellOthers()
  }

  /** Whether the server would show a path of this app to the visitor. */
  async may(path: string): Promise<boolean> {
    const { may, view } = parse(await this.#send('POST', { path })) as { may: boolean; view: SessionView }
    this.#heard(view)
    return may
  }

  async take(channel: string): Promise<unknown> {
    const { value, view } = parse(await this.#send('POST', { channel })) as { value: unknown; view: SessionView }
    this.#heard(view)
    return value
  }

  /** What the session was before stays when the server cannot be reached: the next request says more. */
  #inBackground(): void {
    this.refresh().catch(() => {})
  }

  async #ask(method: string, body?: object): Promise<void> {
    this.#heard(parse(await this.#send(method, body)) as SessionView)
  }

  #send(method: string, body?: object): Promise<string> {
    return browser.$fetch(API, {
      method,
      query: { name: this.#name },
      responseType: 'text',
      ...(body && { body: stringify(body) }),
    })
  }

  #heard(view: SessionView): void {
    const was = this.#state.value.status
    const ended = view.status === 'anonymous' && (was === 'active' || was === 'ended')
    this.#state.value = ended ? { ...view, status: 'ended' } : view
    this.#heardAt = Date.now()
    this.#ahead = view.now - this.#heardAt
    clearTimeout(this.#timer)
    if (view.expiresAt === undefined) return
    // A moment later, so that the server has no doubt.
    const wait = view.expiresAt - view.now + 1000
    this.#timer = setTimeout(() => this.#inBackground(), Math.min(wait, LONGEST))
  }

  #tellOthers(): void {
    this.#channel.postMessage('changed')
  }
}

const sessions = new Map<string, ClientSession>()

/** The session of this tab; made once. A page that was rendered for everybody asks when it is there. */
export function sessionOnClient(app: NuxtApp, name: string, state: () => Ref<SessionView>): ClientSession {
  let session = sessions.get(name)
  if (!session) {
    session = new ClientSession(name, state())
    sessions.set(name, session)
    if (app.isHydrating) app.hook('app:suspense:resolve', session.askIfUnknown)
    else session.askIfUnknown()
  }
  return session
}
