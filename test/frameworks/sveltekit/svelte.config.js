import adapter from '@sveltejs/adapter-node'

export default {
  kit: {
    adapter: adapter({ out: '.tmp/build' }),
    outDir: '.tmp/svelte-kit',
    // The test puts the hook of the examples there.
    files: { hooks: { server: '.tmp/hooks.server' } },
  },
}
