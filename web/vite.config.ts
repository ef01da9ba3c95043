import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Two pages, each one HTML file and its hashed assets, fit for `default-src 'none'; script-src 'self'; style-src 'self'`:
// nothing is inlined.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['index.html', 'connect.html'] },
  },
})
