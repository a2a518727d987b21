import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { StudioTitle } from "../../lib/shapes";

export const titleKey = (id: string) => ["studio-title", id];

/** Everything that may show a title, or its series, is asked for again. */
function refresh(queries: QueryClient): void {
  for (const key of ["studio-titles", "studio-episodes", "home", "title", "genres", "genre", "search"]) {
    void queries.invalidateQueries({ queryKey: [key] });
  }
}

/** What an answer says of a title counts at once, wherever it is shown. */
export function useAdopt(): (title: StudioTitle) => void {
  const queries = useQueryClient();
  return useCallback(
    (title) => {
      queries.setQueryData(titleKey(title.id), title);
      refresh(queries);
    },
    [queries],
  );
}

export function useForgetTitle(): (id: string) => void {
  const queries = useQueryClient();
  return useCallback(
    (id) => {
      queries.removeQueries({ queryKey: titleKey(id) });
      refresh(queries);
    },
    [queries],
  );
}
