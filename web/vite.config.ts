import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const backend = process.env.MATINEE_URL ?? "http://localhost:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the CSP allows no data: scripts or styles
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000, // scripts/budget.mjs holds the sizes, gzipped
    manifest: true,
  },
  server: { proxy: { "/api": backend } },
});
