// Uploads that were begun in this browser, so that the same file chosen again goes on after the page was closed.

export type Begun = { url: string; name: string; size: number; modified: number; title: string };

const PREFIX = "matinee.upload:";
const nameOf = (file: File) => `${PREFIX}${file.name}:${file.size}:${file.lastModified}`;
const keyOf = ({ name, size, modified }: Begun) => `${PREFIX}${name}:${size}:${modified}`;

/** `title` is that of a film; what lies beside one has none, and is not listed. */
export function remember(file: File, url: string, title: string): void {
  const begun: Begun = { url, name: file.name, size: file.size, modified: file.lastModified, title };
  try {
    localStorage.setItem(nameOf(file), JSON.stringify(begun));
  } catch {
    // Without a memory the upload only has to finish in one go.
  }
}

function read(key: string): Begun | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return typeof found === "object" && found !== null && "url" in found ? (found as Begun) : null;
  } catch {
    return null;
  }
}

export function recall(file: File): string | null {
  return read(nameOf(file))?.url ?? null;
}

/** The films that were begun and not finished here. */
export function unfinished(): Begun[] {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    return keys.map(read).filter((begun): begun is Begun => begun !== null && begun.title !== "");
  } catch {
    return [];
  }
}

export function forgetUpload(file: File): void {
  try {
    localStorage.removeItem(nameOf(file));
  } catch {
    // Nothing was kept.
  }
}

export function forgetBegun(begun: Begun): void {
  try {
    localStorage.removeItem(keyOf(begun));
  } catch {
    // Nothing was kept.
  }
}
