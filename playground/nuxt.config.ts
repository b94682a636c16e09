export default defineNuxtConfig({
  modules: ['zession/nuxt'],
  compatibilityDate: '2026-01-01',
  telemetry: false,
  devtools: { enabled: false },
  sourcemap: false,
  css: ['~/assets/main.css'],
  app: {
    head: {
      htmlAttrs: { lang: 'en' },
      titleTemplate: '%s · zession playground',
      link: [{ rel: 'icon', href: '/icon.svg' }],
    },
  },
  // What NUXT_ZESSION_STORE_URL replaces when the server starts: `file:` and a folder, or `memory:`.
  runtimeConfig: { zession: { storeUrl: 'file:.data/sessions' } },
  nitro: { experimental: { websocket: true } },
  routeRules: {
    '/cached': { swr: 60 },
    '/api/cached': { swr: 60 },
    '/prerendered': { prerender: true },
    '/account/**': { session: { require: 'userId', redirectTo: '/login' } },
    '/api/account/**': { session: { require: 'userId' } },
    '/api/account/password': { session: { require: 'userId', recent: 60 } },
  },
})
