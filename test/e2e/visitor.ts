import type { Demo } from './demo-process.js'

/** A browser without a screen: a cookie jar, forms, and redirects that it follows as GET. */
export class Visitor {
  readonly #demo: Demo
  readonly #cookies: Map<string, string>

  constructor(demo: Demo, cookies = new Map<string, string>()) {
    this.#demo = demo
    this.#cookies = cookies
  }

  /** The same browser, sent to another process. */
  at(demo: Demo): Visitor {
    return new Visitor(demo, this.#cookies)
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** One request, redirects not followed. */
  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.#cookies.size > 0) headers.set('cookie', this.cookie)
    const response = await fetch(this.#demo.url + path, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  /** The text of a page, redirects followed. */
  async read(path: string): Promise<string> {
    const response = await this.send(path)
    const location = response.headers.get('location')
    return location === null ? response.text() : this.read(location)
  }

  async json(path: string): Promise<unknown> {
    const response = await this.send(path)
    return response.json()
  }

  /** Sends a form as this site's own page would. */
  post(path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.send(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { origin: this.#demo.url, 'sec-fetch-site': 'same-origin', ...headers },
    })
  }

  /** Sends a form and reads the page that it leads to. */
  async submit(path: string, fields: Record<string, string> = {}): Promise<string> {
    const response = await this.post(path, fields)
    const location = response.headers.get('location')
    if (response.status !== 303 || location === null) throw new Error(`POST ${path} answered ${response.status}.`)
    return this.read(location)
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';')
    const name = pair.slice(0, pair.indexOf('='))
    if (attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute))) this.#cookies.delete(name)
    else this.#cookies.set(name, pair.slice(name.length + 1))
  }
}
