import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Demo, startDemo } from './demo-process.js'
import { Visitor } from './visitor.js'

let demo: Demo
beforeAll(async () => {
  demo = await startDemo()
})
afterAll(() => demo?.stop())

async function loggedIn(name: string): Promise<Visitor> {
  const visitor = new Visitor(demo)
  expect(await visitor.submit('/login', { name })).toContain(`Hello, ${name}`)
  return visitor
}

describe('an anonymous visitor', () => {
  it('gets no cookie for merely looking', async () => {
    const visitor = new Visitor(demo)
    for (const path of ['/', '/shop', '/cart', '/session', '/login', '/get', '/get-simple']) {
      const response = await visitor.send(path)
      expect([path, response.status, response.headers.getSetCookie()]).toEqual([path, 200, []])
    }
  })

  it('switches the theme and stays on the page', async () => {
    const visitor = new Visitor(demo)
    expect(await visitor.read('/')).toContain('data-theme="light"')
    const response = await visitor.post('/theme', { theme: 'dark' }, { referer: `${demo.url}/shop` })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/shop'])
    expect(await visitor.read('/')).toContain('data-theme="dark"')
    expect((await visitor.post('/theme', { theme: 'pink' })).status).toBe(400)
  })
})

describe('logging in', () => {
  it('changes the id, keeps the cart, and ends the id that was known before', async () => {
    const visitor = new Visitor(demo)
    await visitor.submit('/cart/add', { sku: 'A-1' })
    const before = visitor.cookie
    expect(await visitor.submit('/login', { name: 'Ada' })).toContain('Welcome, Ada.')
    expect(visitor.cookie).not.toBe(before)
    expect(await visitor.read('/cart')).toContain('Tea tin')

    const old = await fetch(demo.url, { headers: { cookie: before } })
    expect(await old.text()).toContain('Hello, visitor')
  })

  it('says what is wrong with a name, once, and gives it back escaped', async () => {
    const visitor = new Visitor(demo)
    const page = await visitor.submit('/login', { name: '<' })
    expect(page).toContain('2 to 40 characters')
    expect(page).toContain('Use letters')
    expect(page).toContain('value="&lt;"')
    expect(await visitor.read('/login')).not.toContain('Please check')
  })

  it('sends no name unescaped', async () => {
    const visitor = await loggedIn('Zoë')
    expect(await visitor.read('/')).toContain('Hello, Zoë')
    const hostile = await new Visitor(demo).submit('/login', { name: '"><script>alert(1)</script>' })
    expect(hostile).not.toContain('<script')
  })
})

describe('the cart', () => {
  // One process alone answers requests on a local file nearly one after the other; three on the same file do not.
  it('loses no parallel click that three processes answer', async () => {
    const others = [await startDemo(demo), await startDemo(demo)]
    try {
      const visitor = await loggedIn('Sixty')
      const visitors = [visitor, ...others.map((other) => visitor.at(other))]
      await Promise.all(visitors.map((each) => each.read('/'))) // opens their databases
      const clicks = Array.from({ length: 20 }, () => visitors.map((each) => each.post('/cart/add', { sku: 'B-2' })))
      const answers = await Promise.all(clicks.flat())
      const stored = answers.filter(({ status }) => status === 303)
      expect(stored.length).toBeGreaterThan(0)
      expect(answers.filter(({ status }) => status !== 303 && status !== 409)).toEqual([])
      expect(await visitor.read('/shop')).toContain(`${stored.length} in cart`)
    } finally {
      await Promise.all(others.map((other) => other.stop()))
    }
  })

  it('loses none of 20 parallel clicks', async () => {
    const visitor = await loggedIn('Twenty')
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.post('/cart/add', { sku: 'B-2' })))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 303))
    expect(await visitor.read('/shop')).toContain('20 in cart')
  })

  it('changes quantities, removes and empties', async () => {
    const visitor = new Visitor(demo)
    await visitor.submit('/cart/add', { sku: 'A-1' })
    await visitor.submit('/cart/add', { sku: 'C-3' })
    expect(await visitor.submit('/cart/change', { sku: 'A-1', by: 'more' })).toContain('€ 66.80')
    expect(await visitor.submit('/cart/change', { sku: 'C-3', by: 'less' })).not.toContain('Desk lamp')
    expect(await visitor.submit('/cart/remove', { sku: 'A-1' })).toContain('Tea tin was removed.')
    await visitor.submit('/cart/add', { sku: 'D-4' })
    expect(await visitor.submit('/cart/empty')).toContain('There is nothing in it yet')
    expect((await visitor.post('/cart/add', { sku: 'none' })).status).toBe(400)
  })
})

describe('a flash', () => {
  it('is shown by exactly one of ten parallel requests', async () => {
    const visitor = await loggedIn('Flash')
    await visitor.post('/cart/add', { sku: 'A-1' })
    const pages = await Promise.all(Array.from({ length: 10 }, () => visitor.read('/shop')))
    expect(pages.filter((page) => page.includes('Tea tin is in your cart.'))).toHaveLength(1)
    expect(await visitor.read('/shop')).not.toContain('is in your cart.')
  })
})

describe('a restart', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s keeps login, theme, cart and a waiting flash', async (signal) => {
    const visitor = await loggedIn(`Stays ${signal}`)
    await visitor.post('/theme', { theme: 'dark' })
    await visitor.post('/cart/add', { sku: 'C-3' })
    await demo.restart(signal)
    const page = await visitor.read('/shop')
    expect(page).toContain(`Stays ${signal}`)
    expect(page).toContain('data-theme="dark"')
    expect(page).toContain('1 in cart')
    expect(page).toContain('Desk lamp is in your cart.')
  })
})

describe('logging out', () => {
  it('ends the session and says bye in a fresh one', async () => {
    const visitor = await loggedIn('Leaver')
    const before = visitor.cookie
    const page = await visitor.submit('/logout')
    expect(page).toContain('Bye')
    expect(page).toContain('Hello, visitor')
    const old = await fetch(demo.url, { headers: { cookie: before } })
    expect(await old.text()).toContain('Hello, visitor')
    expect(await visitor.read('/')).not.toContain('Bye')
  })

  it('from afar ends one login of the list, and nobody ends that of another user', async () => {
    const [first, second, other] = [await loggedIn('Afar'), await loggedIn('Afar'), await loggedIn('Elsewhere')]
    const refsOn = (page: string) => [...page.matchAll(/name="ref" value="([^"]+)"/g)].map(([, ref]) => ref ?? '')
    const [ref = '', ...more] = refsOn(await first.read('/logins'))
    expect(more).toEqual([])
    expect(await other.submit('/logins/end', { ref })).toContain('had ended already')
    expect(await second.read('/')).toContain('Hello, Afar')
    expect(await first.submit('/logins/end', { ref })).toContain('That login was ended.')
    expect(await second.read('/')).toContain('Hello, visitor')
    expect(refsOn(await first.read('/logins'))).toEqual([])
    expect(await second.read('/logins')).toContain('Log in')
  })

  it('everywhere reaches every browser of that user and no other, also over a restart', async () => {
    const [first, second, other] = [await loggedIn('Everywhere'), await loggedIn('Everywhere'), await loggedIn('Other')]
    expect(await first.submit('/logout-everywhere')).toContain('logged out in every browser')
    await demo.restart()
    const page = await second.read('/')
    expect(page).toContain('Hello, visitor')
    expect(await other.read('/')).toContain('Hello, Other')
    expect(await second.submit('/login', { name: 'Everywhere' })).toContain('Hello, Everywhere')
    expect(await second.read('/')).toContain('Hello, Everywhere')
  })
})
