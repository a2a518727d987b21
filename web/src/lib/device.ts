const BROWSERS: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "Mac"],
  [/CrOS/, "Chromebook"],
  [/Linux/, "Linux"],
];

const first = (names: [RegExp, string][], text: string) => names.find(([pattern]) => pattern.test(text))?.[1];

/** A device by a name that people know: "Firefox on Windows" for a browser's User-Agent, any other name as it is. */
export function deviceName(name: string = navigator.userAgent): string {
  if (!name) return "Unnamed device";
  if (!name.startsWith("Mozilla/")) return name;
  const browser = first(BROWSERS, name) ?? "Browser";
  const system = first(SYSTEMS, name);
  return system ? `${browser} on ${system}` : browser;
}
