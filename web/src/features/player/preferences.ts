// What a viewer chose once and wants again: loudness, subtitles, audio language. Kept in this browser alone.

const read = (name: string) => {
  try {
    return localStorage.getItem(`matinee.${name}`);
  } catch {
    return null;
  }
};
const write = (name: string, value: string) => {
  try {
    localStorage.setItem(`matinee.${name}`, value);
  } catch {
    // A browser that keeps nothing still plays.
  }
};

export const preferences = {
  get volume(): number {
    const stored = read("volume");
    const volume = stored === null ? 1 : Number(stored);
    return volume >= 0 && volume <= 1 ? volume : 1;
  },
  set volume(value: number) {
    write("volume", String(value));
  },
  get muted(): boolean {
    return read("muted") === "yes";
  },
  set muted(value: boolean) {
    write("muted", value ? "yes" : "no");
  },
  /** A language, or "off". */
  get subtitles(): string {
    return read("subtitles") ?? "off";
  },
  set subtitles(value: string) {
    write("subtitles", value);
  },
  get audio(): string {
    return read("audio") ?? "";
  },
  set audio(value: string) {
    write("audio", value);
  },
};
