import { answer, client } from "../client";

/** Zero: all films in preparation at once; else those that changed after the cursor. */
export const watchJobs = (after: number, wait_s: number, signal: AbortSignal) =>
  answer(client.GET("/api/studio/jobs", { params: { query: { after, wait_s } }, signal }));
export const pauseJob = (job_id: string) =>
  answer(client.POST("/api/studio/jobs/{job_id}/pause", { params: { path: { job_id } } }));
export const resumeJob = (job_id: string) =>
  answer(client.POST("/api/studio/jobs/{job_id}/resume", { params: { path: { job_id } } }));
export const retryStep = ({ job_id, step }: { job_id: string; step: string }) =>
  answer(client.POST("/api/studio/jobs/{job_id}/retry", { params: { path: { job_id }, query: { step } } }));
