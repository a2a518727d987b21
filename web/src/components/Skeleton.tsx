const many = (count: number) => Array.from({ length: count }, (_, index) => index);

export function SkeletonRows({ rows = 3 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading">
      {many(rows).map((row) => (
        <div key={row} className="row" aria-hidden="true">
          <div className="skeleton skeleton-title" />
          <div className="row-track">
            {many(6).map((card) => (
              <div key={card} className="card">
                <div className="skeleton poster" />
              </div>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

export function SkeletonGrid({ cards = 12 }: { cards?: number }) {
  return (
    <div className="poster-grid" role="status" aria-label="Loading">
      {many(cards).map((card) => (
        <div key={card} className="skeleton poster" />
      ))}
    </div>
  );
}

export function SkeletonLines({ lines = 4 }: { lines?: number }) {
  return (
    <div className="skeleton-lines" role="status" aria-label="Loading">
      {many(lines).map((line) => (
        <div key={line} className="skeleton skeleton-line" />
      ))}
    </div>
  );
}

export function Spinner({ label = "Loading" }: { label?: string }) {
  return (
    <div className="spinner-box" role="status" aria-label={label}>
      <div className="spinner" />
    </div>
  );
}
