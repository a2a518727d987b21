/** A rising sun over a horizon that plays: the show in the afternoon. */
export function Mark({ size = 32 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d="M6 23a10 10 0 0 1 20 0z" fill="currentColor" />
      <path
        d="M16 5v4M7.2 9.2l2.4 3.2M24.8 9.2l-2.4 3.2"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
        fill="none"
      />
      <path d="M14 16.2v5.6l5-2.8z" className="mark-play" />
      <path d="M4 26.5h24" className="mark-horizon" strokeWidth="2.4" strokeLinecap="round" />
    </svg>
  );
}

export function Logo() {
  return (
    <span className="logo">
      <Mark />
      <span className="logo-word">Matinee</span>
    </span>
  );
}
