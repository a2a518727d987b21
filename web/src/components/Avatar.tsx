export const AVATARS = 8;

/** A profile's colour (0 to 7) with its initial. */
export function Avatar({ name, avatar, size = "small" }: { name: string; avatar: number; size?: "small" | "large" }) {
  return (
    <span className={`avatar ${size} avatar-${avatar % AVATARS}`} aria-hidden="true">
      {Array.from(name.trim())[0]?.toUpperCase() ?? "?"}
    </span>
  );
}
