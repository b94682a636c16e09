import type { NuxtApp, Ref } from '#imports'
import type { SessionView } from '../../file-types.js'
import { API } from '../../names.js'
import { browser } from './browser.js'
import { parse, stringify } from './wire.js'

/** How old what a page knows may be when somebody returns to it, in milliseconds. */
const STALE = 60_000
/** The longest that a timer of a browser can wait. */
const LONGEST = 2 ** 31 - 1

/** What the server says about a page that is guarded. */
export interface Answer {
  readonly may: boolean
  /** Where the visitor is sent instead. */
  readonly wayTo?: string
  readonly view: SessionView
}

/** One session in one browser tab: what the page knows of it, and how it hears of changes. */
export class ClientSession {
  readonly #name: string
  readonly #state: Ref<SessionView>
  readonly #channel: InstanceType<typeof BroadcastChannel>
  readonly #onChange: (view: SessionView, before: SessionView) => void
  #refreshing: Promise<void> | undefined
  #isNoticed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  /** When the server was last heard of, and how far its clock is ahead. */
  #heardAt = Date.now()
  #ahead = 0

  constructor(name: string, state: Ref<SessionView>, onChange: (view: SessionView, before: SessionView) => void) {
    this.#name = name
    this.#state = state
    this.#onChange = onChange
    this.#channel = channelOf(name)
    this.#channel.onmessage = ({ data }) => this.#noticed(data as string)
    if (state.value.status !== 'unknown') {
      this.#heard(state.value)
      // A form may have logged in or out on the way to this page.
      this.#tellOthers()
    }
    browser.document.addEventListener('visibilitychange', () => {
      if (browser.document.visibilityState === 'visible' && Date.now() - this.#heardAt > STALE) this.#inBackground()
    })
    browser.addEventListener('online', () => this.#inBackground())
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

  /** A request of this page has changed the session: it asks what there is now, once for all responses of a moment. */
  changed(hash: string): void {
    if (this.#noticed(hash)) this.#channel.postMessage(hash)
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
  async may(path: string): Promise<Answer> {
    const answer = parse(await this.#send('POST', { path })) as Answer
    this.#heard(answer.view)
    return answer
  }

  async take(channel: string): Promise<unknown> {
    const { value, view } = parse(await this.#send('POST', { channel })) as { value: unknown; view: SessionView }
    this.#heard(view)
    return value
  }

  #noticed(hash: string): boolean {
    if (hash === this.#state.value.hash) return false
    if (!this.#isNoticed) {
      this.#isNoticed = true
      setTimeout(() => void this.#askAgain(hash), 0)
    }
    return true
  }

  async #askAgain(hash: string): Promise<void> {
    // What is on its way may have been asked before the change.
    await this.#refreshing?.catch(() => {})
    this.#isNoticed = false
    if (hash !== this.#state.value.hash) this.#inBackground()
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
    const before = this.#state.value
    const ended = view.status === 'anonymous' && (before.status === 'active' || before.status === 'ended')
    this.#state.value = ended ? { ...view, status: 'ended' } : view
    this.#heardAt = Date.now()
    this.#ahead = view.now - this.#heardAt
    clearTimeout(this.#timer)
    if (view.expiresAt !== undefined) {
      // A moment later, so that the server has no doubt.
      const wait = view.expiresAt - view.now + 1000
      this.#timer = setTimeout(() => this.#inBackground(), Math.min(wait, LONGEST))
    }
    if (view.hash !== before.hash) this.#onChange(this.#state.value, before)
  }

  #tellOthers(): void {
    this.#channel.postMessage(this.#state.value.hash)
  }
}

function channelOf(name: string): InstanceType<typeof BroadcastChannel> {
  return new BroadcastChannel(`zession:${name}`)
}

const sessions = new Map<string, ClientSession>()

/** What has changed by a request of this page, also where nothing on it shows that session. */
export function changedOnClient(name: string, hash: string): void {
  const session = sessions.get(name)
  if (session) return session.changed(hash)
  const channel = channelOf(name)
  channel.postMessage(hash)
  channel.close()
}

/** The session of this tab; made once. A page that was rendered for everybody asks when it is there. */
export function sessionOnClient(
  app: NuxtApp,
  name: string,
  state: () => Ref<SessionView>,
  onChange: (view: SessionView, before: SessionView) => void,
): ClientSession {
  let session = sessions.get(name)
  if (!session) {
    session = new ClientSession(name, state(), onChange)
    sessions.set(name, session)
    if (app.isHydrating) app.hook('app:suspense:resolve', session.askIfUnknown)
    else session.askIfUnknown()
  }
  return session
}
