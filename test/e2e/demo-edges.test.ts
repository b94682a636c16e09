import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Demo, startDemo } from './demo-process.js'
import { Visitor } from './visitor.js'

let demo: Demo
beforeAll(async () => {
  demo = await startDemo()
})
afterAll(() => demo?.stop())

describe("the Go projects' routes", () => {
  it('set, get and clear user_id', async () => {
    const visitor = new Visitor(demo)
    expect(await visitor.json('/get')).toEqual({ user_id: null })
    expect(await visitor.read('/set')).toBe('Succeed')
    expect(await visitor.json('/get')).toEqual({ user_id: 123 })
    expect(await visitor.read('/clear')).toBe('Succeed')
    expect(await visitor.json('/get')).toEqual({ user_id: null })
  })

  it('deliver two flash channels of two types once each', async () => {
    const visitor = new Visitor(demo)
    await visitor.read('/set-simple')
    await visitor.read('/set-complex')
    expect(await visitor.json('/get-simple')).toEqual({ flash: 'This is a flash message' })
    expect(await visitor.json('/get-simple')).toEqual({ flash: null })
    expect(await visitor.json('/get-complex')).toEqual({ flash: { message: 'This is a flash message', level: 'info' } })
    expect(await visitor.json('/get-complex')).toEqual({ flash: null })
  })
})

describe('the session page', () => {
  it('shows the values with their types and the record, and never the id', async () => {
    const visitor = new Visitor(demo)
    await visitor.submit('/login', { name: 'Ada' })
    await visitor.submit('/cart/add', { sku: 'A-1' })
    const page = await visitor.read('/session')
    expect(page).toContain('since: Date ')
    expect(page).toContain('Array (1)')
    expect(page).toMatch(/^.*0000 {2}[0-9a-f]{2} /m)
    const id = visitor.cookie.split('=')[1] ?? ''
    expect(id.length).toBeGreaterThan(20)
    expect(page).not.toContain(id)
  })
})

describe('errors', () => {
  it('are friendly: 404 keeps the theme and escapes the path', async () => {
    const visitor = new Visitor(demo)
    await visitor.post('/theme', { theme: 'dark' })
    const response = await visitor.send('/none/<b>"here')
    expect(response.status).toBe(404)
    const page = await response.text()
    expect(page).toContain('Nothing here')
    expect(page).toContain('data-theme="dark"')
    expect(page).not.toContain('<b>')
  })

  it('of the server are a 500 page that tells nothing, and what the request changed is dropped', async () => {
    const visitor = new Visitor(demo)
    await visitor.post('/theme', { theme: 'dark' })
    const response = await visitor.send('/boom')
    expect(response.status).toBe(500)
    const page = await response.text()
    expect(page).toContain('Something broke')
    expect(page).toContain('data-theme="dark"')
    expect(page).not.toMatch(/asked to fail|\.js:\d/)
    expect(await visitor.read('/')).not.toContain('Nobody ever reads this')
  })

  it.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a sibling domain', { origin: 'https://other.example.com', 'sec-fetch-site': 'same-site' }],
    ['an opaque origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ])('refuse a form from %s', async (_, headers) => {
    const visitor = new Visitor(demo)
    await visitor.read('/set')
    const response = await visitor.post('/theme', { theme: 'dark' }, headers)
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('sent from another site')
    expect(await visitor.read('/')).toContain('data-theme="light"')
  })

  it('refuse by Origin alone where a browser sends no Sec-Fetch-Site', async () => {
    const visitor = new Visitor(demo)
    const body = new URLSearchParams({ theme: 'dark' })
    const send = (origin: string) => visitor.send('/theme', { method: 'POST', body, headers: { origin } })
    expect((await send('https://evil.example')).status).toBe(403)
    expect((await send('null')).status).toBe(403)
    expect((await send(demo.url)).status).toBe(303)
  })

  it('refuse a body that is no form, or too long', async () => {
    const visitor = new Visitor(demo)
    const headers = { 'content-type': 'text/plain' }
    expect((await visitor.send('/theme', { method: 'POST', body: 'theme=dark', headers })).status).toBe(415)
    expect((await visitor.post('/login', { name: 'x'.repeat(20_000) })).status).toBe(413)
  })
})
