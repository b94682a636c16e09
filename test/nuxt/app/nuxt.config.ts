export default defineNuxtConfig({
  modules: ['zession/nuxt'],
  compatibilityDate: '2026-01-01',
  telemetry: false,
  devtools: { enabled: false },
  sourcemap: false,
  routeRules: {
    '/swr': { swr: 60 },
    '/swr-writes': { swr: 60 },
    '/prerendered': { prerender: true },
    '/account/**': { session: { require: 'userId', redirectTo: '/login' } },
    '/api/account/**': { session: { require: 'userId' } },
    '/api/account/password': { session: { require: 'userId', recent: 0.2 } },
  },
})
