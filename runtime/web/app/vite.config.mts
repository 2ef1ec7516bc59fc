import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // hls.js and livekit-client are loaded only by who plays that way.
    chunkSizeWarningLimit: 600,
    assetsInlineLimit: 0,
  },
});
