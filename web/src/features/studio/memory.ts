// Uploads that were begun in this browser, so that the same file chosen again goes on after the page was closed.

const nameOf = (file: File) => `matinee.upload:${file.name}:${file.size}:${file.lastModified}`;

export function remember(file: File, url: string): void {
  try {
    localStorage.setItem(nameOf(file), url);
  } catch {
    // Without a memory the upload only has to finish in one go.
  }
}

export function recall(file: File): string | null {
  try {
    return localStorage.getItem(nameOf(file));
  } catch {
    return null;
  }
}

export function forgetUpload(file: File): void {
  try {
    localStorage.removeItem(nameOf(file));
  } catch {
    // Nothing was kept.
  }
}
