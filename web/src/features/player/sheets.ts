// Pictures of a film's moments, cut out of the sheets that hold many of them.

/** Where in a sheet one picture stands, and the addresses at which the sheet is, the best first. */
export type Picture = { urls: string[]; x: number; y: number; width: number; height: number };

const KEPT = 8;
const AGAIN_MS = 10_000;

/** The path of a sheet is the same on every appliance; what stands before it is not. */
const nameOf = (url: string) => url.slice(url.indexOf("/URISigningPackage="));

async function load(urls: string[]): Promise<ImageBitmap | null> {
  for (const url of urls) {
    try {
      const response = await fetch(url, { referrerPolicy: "no-referrer", signal: AbortSignal.timeout(8000) });
      if (response.ok) return await createImageBitmap(await response.blob());
    } catch {
      // the next appliance has it too
    }
  }
  return null;
}

/** The sheets that were looked at last, decoded. One that is nowhere to be had is asked for again after a while. */
export class Sheets {
  readonly #loading = new Map<string, Promise<ImageBitmap | null>>();
  #closed = false;

  sheet({ urls }: Picture): Promise<ImageBitmap | null> {
    const name = nameOf(urls[0] ?? "");
    const known = this.#loading.get(name);
    const loading = known ?? load(urls);
    this.#loading.delete(name);
    this.#loading.set(name, loading); // the last used stands last
    if (!known) {
      void loading.then((sheet) => {
        if (this.#closed) sheet?.close();
        if (!sheet) setTimeout(() => this.#loading.delete(name), AGAIN_MS);
      });
      this.#drop();
    }
    return loading;
  }

  close(): void {
    this.#closed = true;
    for (const loading of this.#loading.values()) void loading.then((sheet) => sheet?.close());
    this.#loading.clear();
  }

  #drop(): void {
    const [oldest] = this.#loading;
    if (this.#loading.size <= KEPT || !oldest) return;
    this.#loading.delete(oldest[0]);
    void oldest[1].then((sheet) => sheet?.close());
  }
}
