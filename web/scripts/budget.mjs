// Fails when the client grows past what a first visit or a first play may cost, in kB after gzip.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const budgets = [
  { name: "first visit", entry: "index.html", limit: 180 },
  { name: "player", entry: "src/features/player/PlayerPage.tsx", limit: 290 },
];
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

/** The JavaScript files that an entry loads, without those of `loaded`. */
function files(entry, loaded = new Set()) {
  if (loaded.has(entry)) return [];
  loaded.add(entry);
  const { file, imports = [] } = manifest[entry];
  return [file, ...imports.flatMap((chunk) => files(chunk, loaded))];
}

const gzipped = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1000;
const seen = new Set();
let failed = false;
for (const { name, entry, limit } of budgets) {
  const size = files(entry, seen).reduce((sum, file) => sum + gzipped(file), 0);
  failed ||= size > limit;
  console.log(`${name}: ${size.toFixed(1)} kB of ${limit} kB${size > limit ? "  TOO LARGE" : ""}`);
}
process.exit(failed ? 1 : 0);
