// What long polls share: how long the server may hold one, and a rest between two.
export const WAIT_S = 20;
export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
