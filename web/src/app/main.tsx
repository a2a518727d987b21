import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { Problem } from "../lib/problem";
import { noticeSessionEnd } from "../lib/session";
import { App } from "./App";
import { ErrorBoundary } from "./ErrorBoundary";
import "./theme.css";
import "../components/components.css";

/** A broken line or a server in trouble is worth another try; a refusal is not. */
function worthAnotherTry(failures: number, error: unknown): boolean {
  return failures < 2 && error instanceof Problem && (error.status === 0 || error.status >= 500);
}

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => noticeSessionEnd(queries, error) }),
  mutationCache: new MutationCache({ onError: (error) => noticeSessionEnd(queries, error) }),
  defaultOptions: { queries: { retry: worthAnotherTry, staleTime: 15_000 } },
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <ErrorBoundary>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </ErrorBoundary>,
  );
}
