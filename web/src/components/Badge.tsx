import type { Maturity } from "../lib/shapes";

export const MATURITIES: readonly Maturity[] = [0, 7, 10, 13, 16, 18];

/** "All ages", "From 13". */
export function maturityName(maturity: number): string {
  return maturity === 0 ? "All ages" : `From ${maturity}`;
}

export function MaturityBadge({ maturity }: { maturity: number }) {
  return (
    <span className="badge" title={maturityName(maturity)}>
      <span aria-hidden="true">{maturity === 0 ? "All" : `${maturity}+`}</span>
      <span className="sr-only">{maturityName(maturity)}</span>
    </span>
  );
}
