// Sends a file by tus-js-client: node tus_client.mjs URL TOKEN FILE STORE STOP_AT OPTIONS
// Stops by itself when STOP_AT bytes are there (0: never), as a client that dies would. Says what happened in one line of JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const tus = createRequire(new URL("../../web/package.json", import.meta.url))("tus-js-client");
const [endpoint, token, file, store, stopAt, more] = process.argv.slice(2);
const requests = [];

const upload = new tus.Upload(readFileSync(file), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: "night & day 🎬.mkv", sidecars: "1" },
  chunkSize: 400_000,
  retryDelays: [0, 300, 600, 1000, 2000, 3000, 5000],
  urlStorage: new tus.FileUrlStorage(store),
  fingerprint: async () => "the file",
  removeFingerprintOnSuccess: false,
  onAfterResponse: (request, response) => requests.push([request.getMethod(), response.getStatus()]),
  onChunkComplete: (_, sent) => {
    if (Number(stopAt) > 0 && sent >= Number(stopAt)) end("stopped");
  },
  onSuccess: () => end("done"),
  onError: (error) => end(String(error)),
  ...JSON.parse(more),
});

function end(how) {
  console.log(JSON.stringify({ how, url: upload.url, requests }));
  process.exit(0);
}

const [previous] = await upload.findPreviousUploads();
if (previous) upload.resumeFromPreviousUpload(previous);
upload.start();
