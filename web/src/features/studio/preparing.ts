// What an editor reads of a film that is prepared, or was.

import type { Preparation } from "../../lib/shapes";

export const PHASES: Record<Preparation["phase"], string> = {
  uploading: "Uploading",
  preparing: "In preparation",
  improving: "Ready to play, better pictures follow",
  playable: "Ready to play",
  failed: "Failed",
  canceled: "Cancelled",
  known: "Here already",
};

export const plays = ({ phase }: Preparation) => phase === "playable" || phase === "improving";
export const runs = ({ phase }: Preparation) => phase === "uploading" || phase === "preparing" || phase === "improving";
