/** 32 hex digits. (crypto.randomUUID needs https; a house's own network often has none.) */
export function randomHex(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
