import { fileURLToPath } from 'node:url'

const at = (name) => fileURLToPath(new URL(name, import.meta.url))

export default {
  compatibilityDate: '2026-01-01',
  serverDir: false,
  plugins: [at('./plugin.mjs')],
  handlers: [
    { route: '/**', middleware: true, handler: at('./middleware.mjs') },
    { route: '/cached/:how/:n', handler: at('./cached.mjs') },
    ...['swr', 'isr', 'cache'].map((rule) => ({ route: `/${rule}/:how/:n`, handler: at('./look.mjs') })),
    { route: '/:what', handler: at('./plain.mjs') },
    { route: '/:what/:how/:n', handler: at('./plain.mjs') },
  ],
  routeRules: {
    '/swr/**': { swr: 60 },
    '/isr/**': { isr: 60 },
    '/cache/**': { cache: { maxAge: 60, varies: ['cookie'] } },
  },
}
