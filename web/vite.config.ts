import { defineConfig } from 'vite'

// Two pages and a script for other people's pages, each one HTML file and its hashed assets, fit for `default-src 'none'; script-src 'self'; style-src 'self'`:
// nothing is inlined. React is written and Preact is shipped, which makes the connect page a third smaller and the
// console a quarter of its size; the browser tests run what is shipped.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
      { find: /^react-dom\/client$/, replacement: 'preact/compat/client' },
      { find: /^react(-dom)?$/, replacement: 'preact/compat' },
    ],
  },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', connect: 'connect.html', embed: 'src/embed/connect.ts' },
      // Other people's pages import it, so its name stays.
      preserveEntrySignatures: 'strict',
      output: {
        entryFileNames: ({ name }) => (name === 'embed' ? 'connect.js' : 'assets/[name]-[hash].js'),
      },
      onLog(level, log, report) {
        // rjsf marks a file `use client` for frameworks that render on a server; here all is client.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log)
      },
    },
  },
})
